"""JSONata with bounds: what admins and operators may type as a filter or a mapping.

An evaluation ends after ``TIMEOUT_MS``, at ``DEPTH`` nested calls, and cannot take or make a text, a list or
a structure of any length (``evaluation_limits.py``; why it is done in this process:
``docs/decisions/expressions.md``). Its regular expressions run in linear time (RE2). Language: docs.jsonata.org.
"""

import json
import threading
from contextlib import contextmanager

from .bounded_jsonata import BoundedJsonata
from .evaluation_limits import current
from .jsonata_functions import to_boolean
from .jsonata_library import Utils, jexception, jsonata
from .linear_regex import NotLinear

# Of an expression.
LONGEST_EXPRESSION = 10_000
LONGEST_RESULT = 1_000_000


class ExpressionFailed(Exception):
    """The expression could not be evaluated, or its result cannot be used. The text says why."""


class Expression:
    """One compiled expression; used in the thread that made it.

    :param functions: ``{name: callable}`` of what the expression may call besides JSONata's own.
    :raises ValueError: the text is no JSONata; says what and where.
    """

    def __init__(self, text, functions=None):
        self.text = text.strip()
        if len(self.text) > LONGEST_EXPRESSION:
            raise ValueError(f"it is longer than {LONGEST_EXPRESSION:,} characters.")
        if not self.text:
            raise ValueError("it is empty.")
        try:
            self._compiled = BoundedJsonata(self.text)
        except jexception.JException as error:
            raise ValueError(_sentence(error)) from error
        except NotLinear:
            raise
        except Exception as error:
            # The parser's own mistakes: a lone "~" is a KeyError, thousands of brackets a RecursionError.
            raise ValueError(f"it cannot be read ({type(error).__name__}).") from error
        for name, function in (functions or {}).items():
            self._compiled.environment.bind(name, jsonata.Jsonata.JLambda(function))

    def value_of(self, document, **variables):
        """What it yields for ``document``; ``None`` also when it yields nothing.

        :param variables: what the expression may name, ``headers`` as ``$headers``; a callable is a function.
        :raises ExpressionFailed: it fails for this document, or ran too long or too deep.
        """
        with _sentences():
            named = {n: jsonata.Jsonata.JLambda(v) if callable(v) else v for n, v in variables.items()}
            value = self._compiled.run(document, named)
            current().weigh(value)
            return Utils.convert_nulls(value)

    def is_true_of(self, document):
        """Whether a filter wants ``document``: JSONata's own idea of true (function ``$boolean``).

        :raises ExpressionFailed: see :meth:`value_of`.
        """
        with _sentences():
            return bool(to_boolean(self._compiled.run(document, {})))

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


@contextmanager
def _sentences():
    """Whatever an evaluation raises, as a sentence for whoever typed the expression."""
    try:
        yield
    except ExpressionFailed:  # of a function that was given
        raise
    except jexception.JException as error:
        raise ExpressionFailed(_sentence(error)) from error
    except RecursionError as error:
        raise ExpressionFailed("it calls itself too deeply") from error
    except Exception as error:
        # The library's own mistakes on unusual input.
        raise ExpressionFailed(f"it fails: {type(error).__name__}: {error}"[:300]) from error


def _sentence(error):
    where = error.get_location()
    place = f" (character {where})" if isinstance(where, int) and where > 0 else ""
    return f"{error.args[0] if error.args else error.get_error()}{place}"
