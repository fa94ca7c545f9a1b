"""What a credential or a token may do: scopes, as OAuth 2.0 names them (RFC 6749, section 3.3).

``send:execution.*``        send events of these types to our endpoints
``read:maintenance.order``  read such resources over an API
``write:*``                 create and change any

An action, a colon, and a pattern as in subscriptions.
"""

from . import patterns

ACTIONS = ("send", "read", "write")
# Of a credential that names none: what its endpoints accept, and no API.
DEFAULT = ("send:*",)


def split(text):
    """The scopes of a text with one per line, or separated by blanks; without any, :data:`DEFAULT`."""
    return tuple(patterns.split(text)) or DEFAULT


def mistake(text):
    """The first scope that is not one, or ``None``."""
    return next((scope for scope in patterns.split(text) if not _is_scope(scope)), None)


def allows(scopes, action, name):
    """Whether one of ``scopes`` lets its holder do that with this event type or resource."""
    wanted = (scope.partition(":") for scope in scopes)
    return patterns.fits([pattern for of, _, pattern in wanted if of == action], name)


def covers(scopes, asked):
    """Whether all that ``asked`` (one scope) allows is allowed by ``scopes``, too."""
    action, _, pattern = asked.partition(":")
    if pattern == "*":
        return f"{action}:*" in scopes
    # Whatever begins with ``a.b.`` fits ``a.b.*`` or a shorter star; the star itself stands for all of them.
    return allows(scopes, action, pattern)


def _is_scope(scope):
    action, colon, pattern = scope.partition(":")
    return bool(colon) and action in ACTIONS and patterns.mistake(pattern) is None and bool(pattern)
