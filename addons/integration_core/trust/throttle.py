"""What may be done only so often: guesses at a secret, and fetching tokens. Each process counts for itself."""

import ipaddress
import time
from collections import OrderedDict

from ..policy.bucket import Bucket

# So many keys are remembered by each; the ones used longest ago are forgotten.
MOST = 10_000
# So much of a text is told apart: what a stranger makes up may be as long as a request.
LONGEST = 64


class TooMany(Exception):
    """:ivar wait_s: seconds until the next one."""

    def __init__(self, wait_s):
        super().__init__(f"too many: come again in {wait_s:.0f} s")
        self.wait_s = wait_s


class Throttle:
    """:param burst: so many at once, :param rate_per_s: and then so many per second."""

    def __init__(self, burst, rate_per_s):
        self.burst, self.rate_per_s = burst, rate_per_s
        self._buckets = OrderedDict()

    def check(self, *key):
        """:raises TooMany: there were too many of this key lately."""
        bucket = self._buckets.get(_short(key))
        if bucket is None:
            return
        bucket = bucket.filled(self.rate_per_s, self.burst, time.monotonic())
        if bucket.tokens < 1:
            raise TooMany(bucket.wait_s(self.rate_per_s))

    def note(self, *key):
        """One more of this key."""
        key = _short(key)
        bucket = self._buckets.pop(key, Bucket()).filled(self.rate_per_s, self.burst, time.monotonic())
        self._buckets[key] = bucket.taken(1)
        if len(self._buckets) > MOST:
            self._buckets.popitem(last=False)

    def forget(self):
        """For tests: nothing was done yet."""
        self._buckets.clear()


class Guesses:
    """Failed proofs of who speaks: counted per sender and target, and per sender over all that it tries.

    :param of_target: for one target (a URL that was posted to, or the name of a client, known or not): to a stranger
        both look alike, and one sender's mistakes cost another nothing.
    :param of_sender: for all targets together, made-up ones too. Wide enough for a plant behind one address (NAT):
        what ``of_target`` still lets through of ten broken senders does not fill it.
    """

    def __init__(self, of_target, of_sender):
        self.of_target, self.of_sender = of_target, of_sender

    @property
    def burst(self):
        """How many guesses at one target are looked at, at once."""
        return self.of_target.burst

    def check(self, dbname, target, address):
        """:raises TooMany: there were too many guesses lately, at this target or from this network."""
        self.of_target.check(dbname, target, address)
        self.of_sender.check(dbname, network_of(address))

    def note(self, dbname, target, address):
        """One more guess that failed."""
        self.of_target.note(dbname, target, address)
        self.of_sender.note(dbname, network_of(address))

    def forget(self):
        """For tests: nothing was guessed yet."""
        self.of_target.forget()
        self.of_sender.forget()


def network_of(address):
    """Who counts as one sender: an IPv4 address, or the /64 that a host of IPv6 chooses its addresses from."""
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return parsed.packed[:8].hex()


def _short(key):
    return tuple(part[:LONGEST] if isinstance(part, str) else part for part in key)


GUESSES = Guesses(of_target=Throttle(burst=20, rate_per_s=0.2), of_sender=Throttle(burst=200, rate_per_s=2))
# By database and credential: a program that fetches a token for each message fills a table for nothing.
TOKENS = Throttle(burst=60, rate_per_s=0.5)
