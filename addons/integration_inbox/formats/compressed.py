"""Compressed bodies: gzip (RFC 1952), opened within a bound."""

import zlib

from ..refusal import Refused, too_large, unsupported

_GZIP = 16 + zlib.MAX_WBITS


def opened(body, encoding, largest):
    """The body without its ``Content-Encoding``.

    :param largest: bytes that it may have when it is opened.
    :raises Refused: an encoding that is not known, more than ``largest``, or broken.
    """
    names = [name.strip() for name in (encoding or "").lower().split(",") if name.strip()]
    if not names or names == ["identity"]:
        return body
    if names not in (["gzip"], ["x-gzip"]):
        raise unsupported("Send the body as it is, or with gzip.", [("Accept-Encoding", "gzip")])
    opener = zlib.decompressobj(_GZIP)
    try:
        plain = opener.decompress(body, largest + 1)
    except zlib.error as error:
        raise _broken() from error
    if len(plain) > largest:
        raise too_large(largest)
    if not opener.eof or opener.unused_data:
        raise _broken()
    return plain


def _broken():
    return Refused(
        400, "not-gzip", "Not gzip", "The body is not the gzip that its Content-Encoding promises."
    )
