"""JSONata's functions, each with a bound on what it takes.

A function that is not in ``FUNCTIONS`` is not available: the library's next version may bring one that
nobody has thought about.
"""

import re

from .evaluation_limits import LONGEST_LIST, TooMuch, check_list, check_text, current
from .jsonata_library import Utils, functions, jsonata, signature

LIBRARY = functions.Functions

# Of a text that one function makes with a given width.
LONGEST_PADDING = 10_000
# Of what is read as a number or a date, and of a picture string.
LONGEST_NUMBER = 1_000
LONGEST_PICTURE = 100
# Python loops over each character of it.
LONGEST_URL = 200_000
WIDTH = re.compile(r"\s*(\d{1,3}|\*)?\s*(-\s*(\d{1,3}|\*)\s*)?")


# -- what a call takes -------------------------------------------------------------------------------


def _lengths(limits, args):
    """A list goes to a function of the expression, member by member, or is copied as it is."""
    check_list(sum(len(arg) for arg in args if isinstance(arg, (list, dict))))


def _flat(limits, args):
    for arg in args:
        limits.weigh_flat(arg)


def _deep(limits, args):
    for arg in args:
        limits.weigh(arg)


def _number(limits, args):
    for arg in args:
        limits.weigh_flat(arg, LONGEST_NUMBER)


def _picture(limits, args):
    """A number or a date, and the picture string of it."""
    _number(limits, args)
    for picture in args[1:]:
        limits.weigh(picture, LONGEST_PICTURE)


def _date_picture(limits, args):
    _picture(limits, args)
    for marker in re.findall(r"\[([^\]]*)", args[1] or "" if len(args) > 1 else ""):
        if "," in marker and not WIDTH.fullmatch(marker.rpartition(",")[2]):
            raise TooMuch("a width in a picture string may have 3 digits at most")


def _integer_picture(limits, args):
    _picture(limits, args)
    value, picture = args
    roman = isinstance(picture, str) and picture[:1] in ("i", "I")
    if value is not None and abs(value) > (10_000 if roman else 1e15):
        raise TooMuch("$formatInteger takes no number so large")


def _number_picture(limits, args):
    _picture(limits, args)
    for name, sign in (args[2] or {}).items() if len(args) > 2 else ():
        # The library puts some of them into a regular expression.
        if name not in ("infinity", "NaN") and isinstance(sign, str) and len(sign) > 1:
            raise TooMuch(f"{name} may have one character")


def _url(limits, args):
    limits.weigh_flat(args[0], LONGEST_URL)


def _merged(limits, args):
    check_list(sum(len(one) for one in args[0] or () if isinstance(one, (list, dict))))
    _lengths(limits, args)


# -- functions whose loops are our own ---------------------------------------------------------------


def to_boolean(arg):
    """JSONata's idea of true: of a list, whether one of its members is true, however deep."""
    if arg is None:
        return None
    if not isinstance(arg, list):
        return isinstance(arg, (bool, int, float, str, dict)) and bool(arg)
    limits, open_ = current(), [iter(arg)]
    while open_:
        limits.tick()
        for member in open_[-1]:
            if isinstance(member, list):
                open_.append(iter(member))
                break
            if to_boolean(member):
                return True
        else:
            open_.pop()
    return False


def lookup(value, key):
    """The member ``key`` of an object, or of each object in a list, however deep."""
    if isinstance(value, dict):
        found = value.get(key, Utils.NONE)
        if found is None:
            return Utils.NULL_VALUE
        return None if found is Utils.NONE else found
    if not isinstance(value, list):
        return None
    limits, found, open_ = current(), Utils.create_sequence(), [iter(value)]
    while open_:
        limits.tick()
        for member in open_[-1]:
            if isinstance(member, list):
                open_.append(iter(member))
                break
            one = lookup(member, key)
            if isinstance(one, list):
                limits.made_bytes(8 * len(one))
                found.extend(one)
            elif one is not None:
                found.append(one)
        else:
            open_.pop()
    return limits.made(found)


def distinct(values):
    """A list without what stands in it before; equal is what Python calls equal, as in the library."""
    if not isinstance(values, list) or len(values) <= 1:
        return values
    limits = current()
    results = Utils.create_sequence() if isinstance(values, Utils.JList) else []
    seen = set()
    for value in values:
        limits.tick()
        key = _hashable(value)
        if key not in seen:
            seen.add(key)
            results.append(value)
    return results


def _hashable(value):
    if isinstance(value, list):
        return ("list", *map(_hashable, value))
    if isinstance(value, dict):
        return frozenset((name, _hashable(member)) for name, member in value.items())
    return value


def spread(value):
    """Each member of an object, or of the objects in a list, as an object of its own."""
    if isinstance(value, dict):
        return Utils.create_sequence_from_iter({name: member} for name, member in value.items())
    if not isinstance(value, list):
        return value
    limits, found = current(), Utils.create_sequence()
    for member in value:
        limits.tick()
        one = spread(member)
        many = one if isinstance(one, list) else () if one is None else (one,)
        limits.made_bytes(300 * len(many))
        found.extend(many)
    return found


def keys(value):
    """The names in an object, or in the objects of a list, however deep."""
    limits, found, open_ = current(), {}, [value]
    while open_:
        limits.tick()
        one = open_.pop()
        if isinstance(one, dict):
            check_list(len(one))
            found.update(dict.fromkeys(one))
        elif isinstance(one, list):
            check_list(len(open_) + len(one))
            open_.extend(reversed(list(one)))
    return Utils.create_sequence_from_iter(found)


def join(texts, separator):
    if texts:
        check_text(sum(map(len, texts)) + len(separator or "") * len(texts))
    return LIBRARY.join(texts, separator)


def pad(text, width, char):
    if isinstance(width, (int, float)) and abs(width) > LONGEST_PADDING:
        raise TooMuch(f"$pad may make a text of {LONGEST_PADDING:,} characters at most")
    return LIBRARY.pad(text, width, char)


def split(text, separator, limit):
    if separator == "" and isinstance(text, str):
        check_list(len(text) if limit is None else min(len(text), limit))
    return LIBRARY.split(text, separator, limit)


def replace(text, pattern, replacement, limit):
    if not isinstance(text, str) or not pattern or (limit is not None and limit < 0):
        return LIBRARY.replace(text, pattern, replacement, limit)
    if isinstance(pattern, str):
        made = LIBRARY.replace(pattern, pattern, replacement, None)
        most = -1 if limit is None else -int(-limit // 1)
        count = text.count(pattern)
        count = count if limit is None else min(count, most)
        check_text(len(text) + count * (len(made) - len(pattern)))
        return text.replace(pattern, made, most)
    if limit is None:
        return LIBRARY.replace(text, pattern, replacement, None)
    for _time in range(min(-int(-limit // 1), LONGEST_LIST)):
        before, text = text, LIBRARY.safe_replace_first(text, pattern, str(replacement))
        current().made(text)
        if text == before:
            break
    return text


def evaluate(_text, _focus):
    raise TooMuch("$eval is not available here")


# How each function of the library is bounded: what it may take, and what runs in its place, if not its own.
FUNCTIONS = {
    # they look at each member of a list, or each character of a text, once
    **dict.fromkeys(("sum", "count", "max", "min", "average"), (_flat, None)),
    **dict.fromkeys(("substring", "substringBefore", "substringAfter", "length", "contains"), (_flat, None)),
    **dict.fromkeys(("lowercase", "uppercase", "trim", "match"), (_flat, None)),
    **dict.fromkeys(("base64encode", "base64decode"), (_flat, None)),
    **dict.fromkeys(("encodeUrl", "encodeUrlComponent", "decodeUrl", "decodeUrlComponent"), (_url, None)),
    **dict.fromkeys(("error", "assert"), (_flat, None)),
    "sort": (_flat, None),
    "join": (_flat, join),
    "pad": (_flat, pad),
    "split": (_flat, split),
    "replace": (_flat, replace),
    # they call a function of the expression for each member, or copy a list as it is
    **dict.fromkeys(("map", "filter", "single", "reduce", "sift", "each"), (_lengths, None)),
    **dict.fromkeys(("zip", "append", "reverse", "shuffle", "exists", "type"), (_lengths, None)),
    "merge": (_merged, None),
    # they go through everything that is nested
    **dict.fromkeys(("string", "clone"), (_deep, None)),
    "distinct": (_deep, distinct),
    "boolean": (_lengths, to_boolean),
    "not": (_lengths, None),
    "keys": (_lengths, keys),
    "lookup": (_lengths, lookup),
    "spread": (_lengths, spread),
    # they read or write one number or date
    **dict.fromkeys(
        ("number", "floor", "ceil", "round", "abs", "sqrt", "power", "formatBase"), (_number, None)
    ),
    "formatNumber": (_number_picture, None),
    "formatInteger": (_integer_picture, None),
    "parseInteger": (_picture, None),
    "toMillis": (_date_picture, None),
    "fromMillis": (_date_picture, None),
    "now": (lambda limits, args: _date_picture(limits, (None, *args)), None),
    **dict.fromkeys(("millis", "random"), (_number, None)),
    "eval": (_lengths, evaluate),
}


class Signature(signature.Signature):
    """The library's, which asks each value four questions before it sees that it is a number."""

    SYMBOLS = {str: "s", bool: "b", int: "n", float: "n", list: "a", Utils.JList: "a", dict: "o"}

    def get_symbol(self, value):
        return self.SYMBOLS.get(type(value)) or super().get_symbol(value)


class BoundedFunction(jsonata.Jsonata.JNativeFunction):
    """A function of the library, with a look at the clock and at what it takes and makes."""

    def __init__(self, native, check, method):
        self.__dict__.update(native.__dict__)
        self.signature = Signature.__new__(Signature)
        self.signature.__dict__.update(native.signature.__dict__)
        self._check = check
        if method:
            self.method = method

    def call(self, input, args):
        limits = current()
        limits.tick()
        self._check(limits, args)
        return limits.made(super().call(input, args))


def bounded_frame():
    """The names that every expression knows."""
    frame = jsonata.Jsonata.Frame(None)
    for name, native in jsonata.Jsonata.static_frame.bindings.items():
        if name in FUNCTIONS:
            frame.bindings[name] = BoundedFunction(native, *FUNCTIONS[name])
    return frame
