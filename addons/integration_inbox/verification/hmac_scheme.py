"""HMAC signatures of the body, in the formats of different partners."""

import base64
import binascii
import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from functools import lru_cache

from odoo.addons.integration_core.wire.standard_webhooks import MOST_SIGNATURES, VerificationFailed

ALGORITHMS = ("sha256", "sha512", "sha384", "sha1")
ENCODINGS = ("hex", "base64")
PLACES = ("{body}", "{timestamp}", "{id}")
# A time of more digits counts milliseconds.
SECONDS_DIGITS = 11


@dataclass(frozen=True)
class HmacScheme:
    """:ivar header: where the signature stands. :ivar prefix: what precedes it there.
    :ivar element: where the header is a list like ``t=…,v1=…``: the member that is the signature.
    :ivar signed: what is digested, with the places ``{body}``, ``{timestamp}`` and ``{id}``.
    :ivar timestamp: the header of the sender's clock, or its member in that list; empty for none.
    :ivar id_header: the header of the message's id, for ``{id}``.
    """

    header: str
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""
    element: str = ""
    signed: str = "{body}"
    timestamp: str = ""
    id_header: str = ""

    def __post_init__(self):
        """:raises ValueError: what does not go together, for the person who typed it."""
        unknown = [place for place in re.findall(r"\{[^}]*\}", self.signed) if place not in PLACES]
        if unknown:
            raise ValueError(f"{unknown[0]} is not known in what is signed; write {', '.join(PLACES)}.")
        if self.signed.count("{body}") != 1:
            raise ValueError("What is signed has to contain {body}, once: else anybody could change it.")
        if "{timestamp}" in self.signed and not self.timestamp:
            raise ValueError("{timestamp} is signed: name the header that it comes in.")
        if "{id}" in self.signed and not self.id_header:
            raise ValueError("{id} is signed: name the header that it comes in.")

    def check(self, request, keys, tolerance_s, now=None):
        """:return: the place of the key that signed.
        :raises VerificationFailed: no signature fits, or the clock is off.
        """
        given = request.headers.get(self.header)
        if not given:
            raise VerificationFailed("the signature header is missing")
        signatures, timestamp = self._parts(request, given)
        if self.timestamp:
            _check_clock(timestamp, tolerance_s, time.time() if now is None else now)
        content = self._content(request, timestamp)
        fits = [False] * len(keys)
        for place, key in enumerate(keys):
            expected = self._digest(key, content)
            for signature in signatures:
                fits[place] |= hmac.compare_digest(expected, signature)
        if not any(fits):
            raise VerificationFailed("no signature fits", len(keys))
        return fits.index(True)

    def sign(self, key, body, timestamp=None, message_id=None):
        """The headers as a partner sends them; for tests and for trying an endpoint out."""
        request = _Signed({self.id_header: message_id} if self.id_header else {}, body)
        text = self._encoded(self._digest(key, self._content(request, str(timestamp))))
        headers = {name: value for name, value in request.headers.items() if value}
        if self.element:
            return {**headers, self.header: f"{self.timestamp}={timestamp},{self.element}={text}"}
        if self.timestamp:
            headers[self.timestamp] = str(timestamp)
        return {**headers, self.header: self.prefix + text}

    def _parts(self, request, given):
        """The signatures as bytes, and the timestamp's text."""
        if not self.element:
            if not given.startswith(self.prefix):
                raise VerificationFailed("the signature does not begin with its prefix")
            timestamp = request.headers.get(self.timestamp) if self.timestamp else None
            return [self._raw(given[len(self.prefix) :])], timestamp
        members = [part.strip().partition("=") for part in given.split(",")]
        texts = [value for name, _, value in members if name == self.element][:MOST_SIGNATURES]
        times = [value for name, _, value in members if name == self.timestamp]
        return [self._raw(text) for text in texts], times[0] if times else None

    def _raw(self, text):
        try:
            if self.encoding == "hex":
                return binascii.unhexlify(text.strip())
            return base64.b64decode(text.strip(), validate=True)
        except ValueError as error:
            raise VerificationFailed("the signature is not written as agreed") from error

    def _content(self, request, timestamp):
        before, _, after = self.signed.partition("{body}")
        values = {"{timestamp}": timestamp, "{id}": self.id_header and request.headers.get(self.id_header)}

        def filled(text):
            for place, value in values.items():
                if place in text:
                    text = text.replace(place, value or "")
            return text.encode()

        return filled(before), request.body, filled(after)

    def _digest(self, key, content):
        mac = _begun(key, self.algorithm).copy()
        for part in content:  # a large body is not copied
            mac.update(part)
        return mac.digest()

    def _encoded(self, digest):
        return digest.hex() if self.encoding == "hex" else base64.b64encode(digest).decode()


@dataclass(frozen=True)
class _Signed:
    headers: dict
    body: bytes


@lru_cache(maxsize=1024)
def _begun(key, algorithm):
    return hmac.new(key, digestmod=getattr(hashlib, algorithm))


def _check_clock(text, tolerance_s, now):
    if not text or not text.isascii() or not text.isdigit() or len(text) > 13:
        raise VerificationFailed("the timestamp is not a whole number of seconds")
    seconds = int(text) / 1000 if len(text) > SECONDS_DIGITS else int(text)
    if abs(now - seconds) > tolerance_s:
        raise VerificationFailed("the timestamp is too far from our clock")
