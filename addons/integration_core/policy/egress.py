"""Where our requests may go: to public addresses, and to the private networks that a system names.

The check is made on the address that a connection is about to be opened to, after name resolution, so
that a name which changes its mind between check and use (DNS rebinding) gains nothing.
"""

import ipaddress
import re
import socket
from urllib.parse import quote, urlsplit, urlunsplit

import idna

SCHEMES = ("https", "http")
# Not global, and older Pythons do not know (IANA's special-purpose registries).
SPECIAL = [
    ipaddress.ip_network(text) for text in ("192.0.0.0/24", "64:ff9b:1::/48", "5f00::/16", "3fff::/20")
]
# RFC 6052, section 2.1: the last 32 bits are an IPv4 address.
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


# No range that is allowed may be wider than one of these: it would allow what nobody thought of.
PRIVATE = [
    ipaddress.ip_network(text)
    for text in (
        "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
        "198.18.0.0/15", "::1/128", "2001:db8::/32", "fc00::/7", "fe80::/10",
    )
]  # fmt: skip
# What a URL may hold as it is, after RFC 3986, section 2, and what is percent-encoded already.
ASCII = "".join(map(chr, range(33, 127)))


class EgressRefused(ValueError):
    """The address is one that this system may not be called at. The text says which and why."""


class PrivateAddress(EgressRefused):
    """The address is written out, is private, and in none of the allowed networks.

    :ivar network: the narrowest range that would allow it.
    """

    def __init__(self, ip):
        super().__init__(f"{ip} is a private or special address")
        self.network = ipaddress.ip_network(ip)


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


def private_networks(text):
    """Parse the ranges of an allow-list, as :func:`networks`.

    :raises ValueError: also where a range is wider than a private network is.
    """
    found = networks(text)
    for network in found:
        if any(
            network.version == block.version and network != block and network.supernet_of(block)
            for block in PRIVATE
        ):
            raise ValueError(
                f"{network} is wider than any private network. Name what the system needs: 10.20.0.0/16."
            )
    return found


def check_address(address, allowed=()):
    """:raises EgressRefused: ``address`` is not public and in none of the ``allowed`` networks."""
    ip = _meant(ipaddress.ip_address(address.partition("%")[0]))
    if not _may_be_called(ip, allowed):
        raise EgressRefused(f"{ip} is a private or special address that this system may not use")


def _may_be_called(ip, allowed):
    if any(ip.version == network.version and ip in network for network in allowed):
        return True
    is_special = any(ip.version == network.version and ip in network for network in SPECIAL)
    return not (is_special or not ip.is_global or ip.is_multicast or ip.is_reserved)


def _meant(ip):
    """The IPv4 address that an IPv6 address carries, where a translator would send to that one."""
    if ip.version == 4:
        return ip
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1] or ip


def ascii_host(host):
    """A host as it is looked up: in ASCII, by IDNA 2008 with the mapping of UTS 46.

    :raises EgressRefused: it is none.
    """
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode()
    except (idna.IDNAError, UnicodeError) as error:
        raise EgressRefused(f"{host!r} is no host name: {error}") from error


def ascii_url(url):
    """A URL as it is called: a host name of other letters by IDNA, the rest percent-encoded (RFC 3987).

    :raises EgressRefused: its host is none.
    """
    if url.isascii():
        return url
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise EgressRefused(f"The address cannot be read: {error}.") from error
    user, at, _host = parts.netloc.rpartition("@")
    netloc = f"{quote(user, safe=ASCII)}{at}{ascii_host(host)}" + (f":{port}" if port is not None else "")
    rest = (quote(part, safe=ASCII) for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit((parts.scheme, netloc, *rest))


def literal(host):
    """The IP address that a host is by its very text, in any way that is understood; ``None`` for a name."""
    host = host.removesuffix(".").lower()
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761, section 6.3
        return ipaddress.IPv4Address("127.0.0.1")
    if ":" in host:
        try:
            return _meant(ipaddress.IPv6Address(host.partition("%")[0]))
        except ValueError:
            return None
    try:
        # 127.0.0.1, and also 127.1, 2130706433, 0x7f.1, 0177.0.0.1
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def check_host(host, allowed=()):
    """:raises EgressRefused: a host is no name, or by its text an address that may not be called."""
    ip = literal(ascii_host(host))
    if ip is not None and not _may_be_called(ip, allowed):
        raise PrivateAddress(ip)


def check_url(url, allowed=()):
    """Check what can be seen without resolving the name.

    :raises EgressRefused: with a sentence for the person who typed the address.
    """
    url = ascii_url(url)
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
    check_host(parts.hostname, allowed)
