"""The proxy of this server, as its environment names it: ``https_proxy``, ``http_proxy``, ``no_proxy``."""

import ipaddress
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment

from odoo.addons.integration_core.policy import egress


def of(url):
    """The proxy for this address, or ``None``."""
    parts = urlsplit(url)
    proxies = getproxies_environment()
    found = proxies.get(parts.scheme) or proxies.get("all")
    return None if not found or proxy_bypass_environment(parts.netloc, proxies) else found


def check(url, networks):
    """What can be checked when a proxy resolves the name: an address that is written out.

    :raises EgressRefused: it is a private one that the system may not use.
    """
    host = urlsplit(url).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return  # a name: the proxy resolves it, and its own rules decide
    egress.check_address(host, networks)
