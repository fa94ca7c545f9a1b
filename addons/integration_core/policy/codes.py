"""``$code(list, value)`` in filters and mappings: what a system calls a value, or what we call it.

It reads a snapshot of the code lists: a look-up is a dictionary's, however often a mapping asks.
"""

from collections import OrderedDict
from threading import Lock

from .expression import ExpressionFailed

LONGEST_VALUE = 200
# Unmapped values that wait to be written down, of each database.
MOST_NOTED = 500

_noted = {}
_lock = Lock()


class CodeUnmapped(ExpressionFailed):
    """A list has no value for this one. :ivar list_code: of which list. :ivar value: which."""

    def __init__(self, list_code, value):
        super().__init__(sentence(list_code, value))
        self.list_code, self.value = list_code, value


def sentence(list_code, value):
    return f"code list {list_code} has no value for {value}"


class CodeFunction:
    """The function ``$code``, of one system and direction.

    :param lists: ``{code of a list: {value: what it stands for}}``, or a callable that gives the inner one.
    :param note: called with ``(list_code, value)`` for each value that has none.
    """

    def __init__(self, lists, note=None):
        self._values_of = lists if callable(lists) else lists.get
        self._note = note

    def __call__(self, list_code=None, value=None, *default):
        """``default``: what is meant where the list has no value."""
        if value is None:
            return None
        text = text_of(value)
        values = self._values_of(list_code) if isinstance(list_code, str) else None
        if values is None:
            raise ExpressionFailed(f"there is no code list {list_code}")
        if text in values:
            return values[text]
        if default:
            return default[0]
        if self._note:
            self._note(list_code, text)
        raise CodeUnmapped(list_code, text)


def text_of(value):
    """A value as code lists keep it.

    :raises ExpressionFailed: it is no text and no number, or too long to be a code.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, (str, int, float)):
        raise ExpressionFailed("$code takes a text or a number")
    text = str(value).strip()
    if len(text) > LONGEST_VALUE or not text.isprintable():
        raise ExpressionFailed(f"a code has {LONGEST_VALUE} printable characters at most")
    return text


def note(dbname, system_id, list_code, value):
    """Remember an unmapped value until somebody with a connection takes it; the oldest give way."""
    with _lock:
        noted = _noted.setdefault(dbname, OrderedDict())
        key = (system_id, list_code, value)
        noted[key] = noted.get(key, 0) + 1
        if len(noted) > MOST_NOTED:
            noted.popitem(last=False)


def take(dbname):
    """What was noted since: ``{(system id, list, value): times}``."""
    with _lock:
        return _noted.pop(dbname, {})
