"""Event patterns: ``manufacturing.order.released``, ``manufacturing.*``, ``*``.

A star at the end stands for one or more of the dotted parts that follow; nowhere else is one allowed,
so that a pattern reads like the catalog's tree.
"""

import re

PART = r"[a-z][a-z0-9_]*"
PATTERN = re.compile(rf"^(\*|{PART}(\.{PART})*(\.\*)?)$")


def split(text):
    """The patterns of a text with one per line, or separated by commas or blanks."""
    return [part for part in re.split(r"[\s,]+", text or "") if part]


def mistake(text):
    """The first pattern that is not one, or ``None``."""
    return next((part for part in split(text) if not PATTERN.match(part)), None)


def fits(patterns, name):
    """Whether one of ``patterns`` (a list) covers the event type ``name``."""
    for pattern in patterns:
        if pattern == "*" or pattern == name:
            return True
        if pattern.endswith(".*") and name.startswith(pattern[:-1]):
            return True
    return False
