"""The JSONata evaluator, with its work counted.

The library looks at its clock between two nodes of an expression only, and not even there inside a list or
an object. Here it is looked at before every node and in each loop over nested values; what runs between two
looks has a bound on its size. So a regular expression, a sort or a text of the C library is never long.
"""

from . import jsonata_functions
from .evaluation_limits import LONGEST_LIST, TooMuch, begin, current
from .jsonata_library import Utils, datetimeutils, functions, jsonata
from .linear_regex import LinearRe, compile_linear

# Of a lambda's own signature, from which the library makes a regular expression that backtracks.
MOST_PARAMETERS = 8
MOST_ARGUMENTS = 50

# Not to be reached by inheritance. Nothing else in an Odoo process uses the library.
functions.Functions.to_boolean = staticmethod(jsonata_functions.to_boolean)
datetimeutils.re = LinearRe

FRAME = jsonata_functions.bounded_frame()

# How each type of node is evaluated; every one that the library knows.
NODES = {
    "path": lambda own, node, value, frame: own.evaluate_path(node, value, frame),
    "binary": lambda own, node, value, frame: own.evaluate_binary(node, value, frame),
    "unary": lambda own, node, value, frame: own.evaluate_unary(node, value, frame),
    "name": lambda own, node, value, frame: jsonata_functions.lookup(value, str(node.value)),
    "string": lambda own, node, value, frame: own.evaluate_literal(node),
    "number": lambda own, node, value, frame: own.evaluate_literal(node),
    "value": lambda own, node, value, frame: own.evaluate_literal(node),
    "wildcard": lambda own, node, value, frame: own.evaluate_wildcard(node, value),
    "descendant": lambda own, node, value, frame: own.evaluate_descendants(node, value),
    "parent": lambda own, node, value, frame: frame.lookup(node.slot.label),
    "condition": lambda own, node, value, frame: own.evaluate_condition(node, value, frame),
    "block": lambda own, node, value, frame: own.evaluate_block(node, value, frame),
    "bind": lambda own, node, value, frame: own.evaluate_bind_expression(node, value, frame),
    "regex": lambda own, node, value, frame: own.evaluate_regex(node),
    "function": lambda own, node, value, frame: own.evaluate_function(node, value, frame, Utils.NONE),
    "variable": lambda own, node, value, frame: own.evaluate_variable(node, value, frame),
    "lambda": lambda own, node, value, frame: own.evaluate_lambda(node, value, frame),
    "partial": lambda own, node, value, frame: own.evaluate_partial_application(node, value, frame),
    "apply": lambda own, node, value, frame: own.evaluate_apply_expression(node, value, frame),
    "transform": lambda own, node, value, frame: own.evaluate_transform_expression(node, value, frame),
}


class _Transformer(jsonata.Jsonata.Transformer):
    def call(self, input, args):
        current().weigh(args[0])
        return super().call(input, args)


class BoundedJsonata(jsonata.Jsonata):
    """One compiled expression. Evaluated by one thread at a time, the one that made it.

    :raises JException: the text is no JSONata. :raises NotLinear: a regular expression in it.
    """

    def __init__(self, text):
        super().__init__(text, compile_linear)
        self.environment = self.create_frame(FRAME)
        # What it is evaluated for was parsed from JSON.
        self.set_validate_input(False)
        self.set_output_convert_nulls(False)
        self.limits = None

    def run(self, document, variables):
        """What it yields, not yet looked through."""
        jsonata.Jsonata.CURRENT.jsonata = self  # whose functions are called, in this thread
        self.limits = begin()
        return self.evaluate(document, variables)

    def eval(self, expr, input, environment):
        limits = self.limits
        limits.enter()
        evaluate = NODES.get(expr.type)
        result = evaluate(self, expr, input, environment) if evaluate else None
        if expr.predicate is not None:
            for item in expr.predicate:
                result = self.evaluate_filter(item.expr, result, environment)
        if expr.group is not None and expr.type != "path":
            result = self.evaluate_group_expression(expr.group, result, environment)
        # Not where it failed: the evaluation has ended then.
        limits.depth -= 1
        if isinstance(result, list):
            if len(result) > LONGEST_LIST:
                limits.made(result)
            if isinstance(result, Utils.JList) and result.sequence and not result.tuple_stream:
                if expr.keep_array:
                    result.keep_singleton = True
                if not result:
                    return None
                if len(result) == 1 and not result.keep_singleton:
                    return result[0]
        return result

    # -- paths -------------------------------------------------------------------------------------

    def evaluate_step(self, expr, input, environment, last_step):
        if expr.type == "sort":
            return super().evaluate_step(expr, input, environment, last_step)
        results = []
        for value in input:
            result = self.eval(expr, value, environment)
            if expr.stages is not None:
                for stage in expr.stages:
                    result = self.evaluate_filter(stage.expr, result, environment)
            if result is not None:
                results.append(result)
        if (
            last_step
            and len(results) == 1
            and isinstance(results[0], list)
            and not Utils.is_sequence(results[0])
        ):
            return results[0]
        flat = Utils.create_sequence()
        for result in results:
            if not isinstance(result, list) or (isinstance(result, Utils.JList) and result.cons):
                flat.append(result)
            else:
                self.limits.made_bytes(8 * len(result))
                flat.extend(result)
        return self.limits.made(flat)

    def evaluate_tuple_step(self, expr, input, tuple_bindings, environment):
        if expr.type == "sort":
            return super().evaluate_tuple_step(expr, input, tuple_bindings, environment)
        result = Utils.create_sequence()
        result.tuple_stream = True
        if tuple_bindings is None:
            tuple_bindings = [{"@": item} for item in input]
        for bound in tuple_bindings:
            found = self.eval(expr, bound["@"], self.create_frame_from_tuple(environment, bound))
            if found is None:
                continue
            found = found if isinstance(found, list) else [found]
            for position, item in enumerate(found):
                self.limits.tick()
                result.append(self._tuple(expr, bound, found, position, item))
        if expr.stages is not None:
            result = self.evaluate_stages(expr.stages, result, environment)
        return result

    def _tuple(self, expr, bound, found, position, item):
        """What is bound after this step: what was, and the item under the names of the step."""
        made = dict(bound)
        if isinstance(found, Utils.JList) and found.tuple_stream:
            made.update(item)
        else:
            if expr.focus is not None:
                made[expr.focus] = item
            else:
                made["@"] = item
            if expr.index is not None:
                made[expr.index] = position
            if expr.ancestor is not None:
                made[expr.ancestor.label] = bound["@"]
        return self.limits.made(made)

    def reduce_tuple_stream(self, tuple_stream):
        if not isinstance(tuple_stream, list):
            return tuple_stream
        result = dict(tuple_stream[0])
        own = set()
        for one in tuple_stream[1:]:
            self.limits.tick()
            for name, value in one.items():
                if name in own and value is not None:
                    more = value if isinstance(value, list) else (value,)
                    self.limits.made_bytes(8 * len(more))
                    result[name].extend(more)
                else:
                    is_new = result[name] is not None and value is not None
                    result[name] = functions.Functions.append(result[name], value)
                    self.limits.made(result[name])
                    if is_new:
                        own.add(name)
        return result

    def evaluate_wildcard(self, expr, input):
        if isinstance(input, Utils.JList) and input.outer_wrapper and input:
            input = input[0]
        members = input.values() if isinstance(input, dict) else input if isinstance(input, list) else ()
        results = Utils.create_sequence()
        for member in members:
            if isinstance(member, list):
                results.extend(self._nested(member, within=list))
            else:
                results.append(member)
        return self.limits.made(results)

    def evaluate_descendants(self, expr, input):
        if input is None:
            return None
        results = Utils.create_sequence_from_iter(self._nested(input, within=(list, dict)))
        return results[0] if len(results) == 1 else results

    def _nested(self, value, within):
        """What is in a value, however deep, in its order: everything but the lists."""
        found, open_ = [], [value]
        while open_:
            self.limits.tick()
            one = open_.pop()
            if not isinstance(one, list):
                found.append(one)
            if isinstance(one, within):
                inner = list(one.values() if isinstance(one, dict) else one)
                self.limits.made_bytes(8 * len(inner))
                inner.reverse()
                open_.extend(inner)
        return found

    # -- operators ---------------------------------------------------------------------------------

    def evaluate_equality_expression(self, lhs, rhs, op):
        if isinstance(lhs, (list, dict)) and isinstance(rhs, (list, dict)):
            # Two structures are gone through together: it is as long as the smaller.
            self.limits.weigh(lhs)
            self.limits.weigh(rhs)
        return super().evaluate_equality_expression(lhs, rhs, op)

    def evaluate_includes_expression(self, lhs, rhs):
        if isinstance(lhs, (list, dict)):
            self.limits.weigh(lhs)
            self.limits.weigh(rhs)
        return super().evaluate_includes_expression(lhs, rhs)

    def evaluate_string_concat(self, lhs, rhs):
        self.limits.weigh(lhs)
        self.limits.weigh(rhs)
        return self.limits.made(super().evaluate_string_concat(lhs, rhs))

    def evaluate_range_expression(self, lhs, rhs):
        numbers = isinstance(lhs, (int, float)) and isinstance(rhs, (int, float))
        if numbers and rhs - lhs >= LONGEST_LIST:
            raise TooMuch(f"a range may have {LONGEST_LIST:,} members at most")
        return super().evaluate_range_expression(lhs, rhs)

    def evaluate_transform_expression(self, expr, input, environment):
        transformer = _Transformer(self, expr, environment)
        return jsonata.Jsonata.JFunction(transformer, "<(oa):o>")

    def validate_arguments(self, signature, args, context):
        own = functions.Functions.is_lambda(signature) and signature.signature
        if own and (len(args) > MOST_ARGUMENTS or own.get_number_of_args() > MOST_PARAMETERS):
            raise TooMuch(f"a function with a signature may have {MOST_PARAMETERS} parameters at most")
        return super().validate_arguments(signature, args, context)
