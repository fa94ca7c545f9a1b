"""Where our requests may go: to public addresses, and to the private networks that a system names.

The check is made on the address that a connection is about to be opened to, after name resolution, so
that a name which changes its mind between check and use (DNS rebinding) gains nothing.
"""

import ipaddress
import re
from urllib.parse import urlsplit

SCHEMES = ("https", "http")
# Not global, and older Pythons do not know (IANA's special-purpose registries).
SPECIAL = [
    ipaddress.ip_network(text) for text in ("192.0.0.0/24", "64:ff9b:1::/48", "5f00::/16", "3fff::/20")
]
# RFC 6052, section 2.1: the last 32 bits are an IPv4 address.
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class EgressRefused(Exception):
    """The address is one that this system may not be called at. The text says which and why."""


def networks(text):
    """Parse allowed ranges, one per line or separated by commas (``10.20.0.0/16``).

    :raises ValueError: names the range that is not one.
    """
    found = []
    for part in re.split(r"[\s,]+", text or ""):
        if part:
            try:
                found.append(ipaddress.ip_network(part, strict=True))
            except ValueError as error:
                raise ValueError(f"{part!r} is not a network range; write 10.20.0.0/16.") from error
    return found


def check_address(address, allowed=()):
    """:raises EgressRefused: ``address`` is not public and in none of the ``allowed`` networks."""
    ip = _meant(ipaddress.ip_address(address.partition("%")[0]))
    if any(ip.version == network.version and ip in network for network in allowed):
        return
    is_special = any(ip.version == network.version and ip in network for network in SPECIAL)
    if is_special or not ip.is_global or ip.is_multicast or ip.is_reserved:
        raise EgressRefused(f"{ip} is a private or special address that this system may not use")


def _meant(ip):
    """The IPv4 address that an IPv6 address carries, where a translator would send to that one."""
    if ip.version == 4:
        return ip
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1] or ip


def check_url(url):
    """Check what can be seen without resolving the name.

    :raises EgressRefused: with a sentence for the person who typed the address.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise EgressRefused(f"The address cannot be read: {error}.") from error
    if parts.scheme not in SCHEMES:
        raise EgressRefused("The address has to start with https:// or http://.")
    if not parts.hostname:
        raise EgressRefused("The address names no host.")
    if parts.username is not None or parts.password is not None:
        raise EgressRefused("The address may not carry a user name or a password; use a credential.")
    if port == 0:
        raise EgressRefused("Port 0 is not one that can be called.")
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise EgressRefused("The address contains a blank, a backslash or a control character.")
