"""Regular expressions that run in linear time (RE2), as the JSONata evaluator wants them.

One search is bounded by the length of the text times the size of the program; a search for every match may
take that for each match, so each match is a step that the clock sees.
"""

import re
from itertools import islice

import re2

from .evaluation_limits import TooMuch, current

# Characters times instructions of one search: RE2's slowest way takes some 10 ns for each.
MOST_STEPS = 10_000_000


class NotLinear(ValueError):
    """A regular expression that RE2 does not run."""


class LinearPattern:
    """A compiled pattern with the part of :class:`re.Pattern` that JSONata uses."""

    def __init__(self, compiled):
        self._compiled = compiled
        self._size = max(compiled.programsize, compiled.reverseprogramsize)

    def finditer(self, text):
        limits = current()
        limits.tick()
        if len(text) * self._size > MOST_STEPS:
            raise TooMuch("a regular expression may not be run over so long a text")
        for match in self._compiled.finditer(text):
            limits.tick()
            yield match

    def search(self, text):
        return next(self.finditer(text), None)

    def split(self, text, maxsplit=0):
        pieces, end = [], 0
        for match in islice(self.finditer(text), maxsplit or None):
            pieces += [text[end : match.start()], *match.groups()]
            end = match.end()
        return [*pieces, text[end:]]

    def sub(self, replacement, text, count=0):
        limits = current()
        pieces, end = [], 0
        for match in islice(self.finditer(text), count or None):
            made = replacement(match) if callable(replacement) else match.expand(replacement)
            limits.made_bytes(len(made))
            pieces += [text[end : match.start()], made]
            end = match.end()
        return "".join([*pieces, text[end:]])


def compile_linear(pattern, flags):
    """What JSONata's parser makes of ``/pattern/flags``.

    :raises NotLinear: RE2 does not run it; says why.
    """
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not flags.case_insensitive
    text = f"(?m){pattern}" if flags.multiline else pattern
    try:
        return LinearPattern(re2.compile(text, options))
    except re2.error as error:
        said = error.args[0]
        said = said.decode() if isinstance(said, bytes) else said
        raise NotLinear(
            f"the regular expression /{pattern}/ is not one that runs in linear time: {said}"
        ) from error


class LinearRe:
    """Stands for the module ``re`` where the library makes a pattern of a date's picture string.

    It takes the picture's own text into the pattern as it is, so that a picture could hold any pattern.
    """

    IGNORECASE = re.IGNORECASE
    split = staticmethod(re.split)

    @staticmethod
    def sub(pattern, replacement, text):
        return pattern.sub(replacement, text)

    @staticmethod
    def compile(pattern, flags=0):
        options = re2.Options()
        options.log_errors = False
        options.case_sensitive = not flags & re.IGNORECASE
        return re2.compile(pattern, options)
