"""Where a request came from."""

import ipaddress


def is_within(address, networks):
    """Whether ``address`` (text, as a socket gives it) lies in one of ``networks``."""
    try:
        ip = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return False
    if ip.version == 6 and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return any(ip.version == network.version and ip in network for network in networks)
