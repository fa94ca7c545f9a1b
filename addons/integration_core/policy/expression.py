"""JSONata with bounds: what admins and operators may type as a filter or a mapping.

An evaluation ends after ``TIMEOUT_MS``, at ``DEPTH`` nested calls, and cannot make a text or a list of
any length in one call. Its regular expressions run in linear time (RE2): one that backtracks would not
be stopped by any of the other bounds. Language: docs.jsonata.org.
"""

import json
import sys
import threading

import re2

_recursion_limit = sys.getrecursionlimit()
# Raises Python's recursion limit for the whole process, which is not its business.
from jsonata import jexception, jsonata  # noqa: E402

sys.setrecursionlimit(_recursion_limit)

TIMEOUT_MS = 100
DEPTH = 100
LONGEST_TEXT = 10_000
LONGEST_LIST = 100_000
LONGEST_RESULT = 1_000_000


class ExpressionFailed(Exception):
    """The expression could not be evaluated, or its result cannot be used. The text says why."""


class NotLinear(ValueError):
    """A regular expression that RE2 does not run."""


def _linear_time(pattern, flags):
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not flags.case_insensitive
    text = f"(?m){pattern}" if flags.multiline else pattern
    try:
        return re2.compile(text, options)
    except re2.error as error:
        said = error.args[0]
        said = said.decode() if isinstance(said, bytes) else said
        raise NotLinear(
            f"the regular expression /{pattern}/ is not one that runs in linear time: {said}"
        ) from error


class _Bounded(jsonata.Jsonata):
    def evaluate_range_expression(self, lhs, rhs):
        numbers = isinstance(lhs, (int, float)) and isinstance(rhs, (int, float))
        if numbers and rhs - lhs >= LONGEST_LIST:
            raise ExpressionFailed(f"a range may have {LONGEST_LIST:,} members at most")
        return super().evaluate_range_expression(lhs, rhs)


def _pad(text, width, char=None):
    if isinstance(width, (int, float)) and abs(width) > LONGEST_TEXT:
        raise ExpressionFailed(f"$pad may make a text of {LONGEST_TEXT:,} characters at most")
    return jsonata.functions.Functions.pad(text, width, char)


def _no_eval(*_arguments):
    raise ExpressionFailed("$eval is not available here")


class Expression:
    """One compiled expression; used in the thread that made it.

    :raises ValueError: the text is no JSONata; says what and where.
    """

    def __init__(self, text):
        self.text = text.strip()
        if len(self.text) > LONGEST_TEXT:
            raise ValueError(f"it is longer than {LONGEST_TEXT:,} characters.")
        if not self.text:
            raise ValueError("it is empty.")
        try:
            self._compiled = _Bounded(self.text, _linear_time)
        except jexception.JException as error:
            raise ValueError(_sentence(error)) from error
        except NotLinear:
            raise
        except Exception as error:
            # The parser's own mistakes: a lone "~" is a KeyError, thousands of brackets a RecursionError.
            raise ValueError(f"it cannot be read ({type(error).__name__}).") from error
        self._compiled.environment.bind("pad", jsonata.Jsonata.JLambda(_pad))
        self._compiled.environment.bind("eval", jsonata.Jsonata.JLambda(_no_eval))

    def value_of(self, document, **variables):
        """What it yields for ``document``; ``None`` also when it yields nothing.

        :param variables: what the expression may name, ``headers`` as ``$headers``.
        :raises ExpressionFailed: it fails for this document, or ran too long or too deep.
        """
        compiled = self._compiled
        compiled.environment.set_runtime_bounds(TIMEOUT_MS, DEPTH)
        jsonata.Jsonata.CURRENT.jsonata = compiled  # whose functions are called, in this thread
        try:
            return compiled.evaluate(document, variables)
        except ExpressionFailed:
            raise
        except jexception.JException as error:
            raise ExpressionFailed(_sentence(error)) from error
        except RecursionError as error:
            raise ExpressionFailed("it calls itself too deeply") from error
        except Exception as error:
            # The library's own mistakes on unusual input; the sentence goes to whoever typed it.
            raise ExpressionFailed(f"it fails: {type(error).__name__}: {error}"[:300]) from error

    def is_true_of(self, document):
        """Whether a filter wants ``document``: JSONata's own idea of true (function ``$boolean``).

        :raises ExpressionFailed: see :meth:`value_of`.
        """
        return bool(jsonata.functions.Functions.to_boolean(self.value_of(document)))

    def json_of(self, document):
        """What a mapping makes of ``document``, as JSON text.

        :raises ExpressionFailed: see :meth:`value_of`; or it yields nothing, or no JSON.
        """
        value = self.value_of(document)
        if value is None:
            raise ExpressionFailed("it yields nothing")
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ExpressionFailed("what it yields is not JSON") from error
        if len(text) > LONGEST_RESULT:
            raise ExpressionFailed(f"it yields more than {LONGEST_RESULT:,} characters")
        return text


_local = threading.local()
# Compiled expressions that one thread keeps.
MOST_KEPT = 200


def compiled(text):
    """The :class:`Expression` of ``text``, compiled once for each thread.

    :raises ValueError: the text is no JSONata; says what and where.
    """
    kept = _local.__dict__.setdefault("kept", {})
    if text not in kept:
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[text] = Expression(text)
    return kept[text]


def _sentence(error):
    code = error.get_error()
    if code == "D1012":
        return f"it ran longer than {TIMEOUT_MS} milliseconds and was stopped."
    if code == "D1011":
        return f"it calls itself more than {DEPTH} times and was stopped."
    where = error.get_location()
    place = f" (character {where})" if isinstance(where, int) and where > 0 else ""
    return f"{error.args[0] if error.args else code}{place}"
