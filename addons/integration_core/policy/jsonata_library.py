"""The JSONata library as this process can bear it; everything else imports it from here."""

import sys

_recursion_limit = sys.getrecursionlimit()
# Raises Python's recursion limit for the whole process, which is not its business.
from jsonata import datetimeutils, functions, jexception, jsonata, signature  # noqa: E402
from jsonata.utils import Utils  # noqa: E402

sys.setrecursionlimit(_recursion_limit)

__all__ = ["Utils", "datetimeutils", "functions", "jexception", "jsonata", "signature"]

_message_of = jexception.JException.msg


def _message(error, location, *args, details=False):
    """The library's sentence, with values as short as a sentence can bear."""
    return _message_of(error, location, *map(_brief, args), details=details)


def _brief(value):
    """What stands in it twice would be written twice, and so on: no text could hold it."""
    if isinstance(value, (list, dict)):
        return "an array" if isinstance(value, list) else "an object"
    return str(value)[:100]


# Not to be reached by inheritance.
jexception.JException.msg = staticmethod(_message)
