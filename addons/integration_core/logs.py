"""Loggers whose lines nobody can forge.

What a partner sent may be part of an error, and hold a line break with something behind it that looks like an
entry of the log (CWE-117). So every line of an entry but the first is marked.
"""

import logging
import traceback

MARK = "  | "


class Marked(logging.Filter):
    """Marks further lines of a message and of its traceback; control characters are escaped."""

    def filter(self, record):
        text = record.getMessage()
        if not text.isprintable():
            record.msg, record.args = marked(text), ()
        if record.exc_info and record.exc_info[0]:
            # Formatters print what stands here; the exception itself stays for those who report it elsewhere.
            trace = "".join(traceback.format_exception(*record.exc_info))
            record.exc_text = marked("\n" + trace).removeprefix("\n")
        return True


def marked(text):
    # splitlines() knows more line breaks than \n: a terminal or a viewer may, too.
    first, *further = [_printable(line) for line in text.splitlines()] or [""]
    return "\n".join([first, *(MARK + line for line in further if line.strip())])


def _printable(line):
    return "".join(c if c.isprintable() or c == "\t" else repr(c)[1:-1] for c in line)


def get_logger(name):
    """``logging.getLogger``, for entries that may hold what others wrote."""
    logger = logging.getLogger(name)
    if not any(isinstance(known, Marked) for known in logger.filters):
        logger.addFilter(Marked())
    return logger
