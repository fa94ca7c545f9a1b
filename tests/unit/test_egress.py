"""Where the engine's requests get to, with a resolver, addresses and servers of the test's own.

In namespaces of their own, so that 169.254.169.254 and a partner's public address can be this machine.
"""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from odoo.addons.integration_core.policy import egress

INSIDE = Path(__file__).parents[1] / "egress/inside.py"
PARTNER = "203.0.114.7"

REFUSED = [
    # names that resolve inside
    "http://inside.test/", "http://plant.test/", "http://metadata.test/latest/meta-data/", "http://six.test/",
    "http://unique-local.test/", "http://mapped.test/", "http://localhost/",
    # literal addresses, and the other ways to write them
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/",
    "http://017700000001/", "http://0177.0.0.1/", "http://0.0.0.0/", "http://[::1]/", "http://[::]/",
    "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[fd00::5]/", "http://10.20.0.5/",
    "http://169.254.169.254/latest/meta-data/", "http://0251.0376.0251.0376/",
    # what looks like a partner and is not
    "http://partner.test@127.0.0.1/", "http://127.0.0.1#@partner.test/", "http://127.0.0.1?@partner.test/",
    # other protocols
    "file:///etc/passwd", "gopher://127.0.0.1:80/_POST", "dict://127.0.0.1:80/", "ftp://127.0.0.1/",
    "telnet://127.0.0.1:80/", "ldap://127.0.0.1:80/",
]  # fmt: skip


@pytest.fixture(scope="module")
def outcomes():
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rmn", "true"], check=False).returncode:
        pytest.skip("This machine lets nobody make namespaces, which a resolver of one's own needs.")
    wanted = [
        *REFUSED,
        "http://partner.test/", "http://partner.test/redirect", "http://both.test/", "http://rebinding.test/",
        "http://plant.test/ 10.20.0.0/16", "http://10.20.0.5/ 10.20.0.0/16", "http://inside.test/ 10.20.0.0/16",
    ]  # fmt: skip
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        ["unshare", "-rmn", sys.executable, INSIDE, *wanted],
        capture_output=True, text=True, env=environment, check=False, timeout=110,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("url", REFUSED)
def test_nothing_inside_is_reached(outcomes, url):
    for tried in outcomes[url]:
        assert tried["reached"] == [], tried
        assert tried["status"] == 0


def test_a_partner_outside_is_reached(outcomes):
    assert outcomes["http://partner.test/"][0] == {"status": 200, "reason": None, "reached": [PARTNER]}


def test_a_redirect_to_the_inside_is_not_followed(outcomes):
    for tried in outcomes["http://partner.test/redirect"]:
        assert (tried["status"], tried["reached"]) == (302, [PARTNER])


@pytest.mark.parametrize("url", ["http://both.test/", "http://rebinding.test/"])
def test_a_name_with_two_faces_never_leads_inside(outcomes, url):
    reached = {address for tried in outcomes[url] for address in tried["reached"]}
    assert reached <= {PARTNER}, outcomes[url]


def test_rebinding_is_refused_where_it_connects(outcomes):
    assert "private or special address" in outcomes["http://rebinding.test/"][-1]["reason"]


def test_a_named_range_is_reached_and_nothing_beside_it(outcomes):
    for line in ("http://plant.test/ 10.20.0.0/16", "http://10.20.0.5/ 10.20.0.0/16"):
        assert outcomes[line][0]["reached"] == ["10.20.0.5"]
    assert outcomes["http://inside.test/ 10.20.0.0/16"][0]["reached"] == []


@pytest.mark.parametrize(
    "address",
    [
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",  # NAT64 (RFC 6052) of 127.0.0.1 and of the metadata service
        "2002:7f00:1::", "2002:a9fe:a9fe::1",  # 6to4 (RFC 3056)
        "2001:0:4136:e378:8000:63bf:80ff:fffe",  # Teredo (RFC 4380) with 127.0.0.1 as client
        "::127.0.0.1", "64:ff9b:1::7f00:1", "fe80::1%eth0", "ff02::1", "100.64.0.1", "192.0.0.8", "198.18.0.1",
        "255.255.255.255", "240.0.0.1", "224.0.0.1",
    ],
)  # fmt: skip
def test_addresses_that_carry_or_are_special_ones_are_refused(address):
    with pytest.raises(egress.EgressRefused):
        egress.check_address(address)


def test_translated_public_addresses_may_be_called():
    for address in ("64:ff9b::cb00:7207", "2606:4700::1111", "203.0.114.7"):
        egress.check_address(address)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://partner.test/", "start with https"),
        ("file:///etc/passwd", "start with https"),
        ("https://user:secret@partner.test/", "user name or a password"),
        ("https://partner.test@127.0.0.1/", "user name or a password"),
        ("https://partner.test:0/", "Port 0"),
        ("https://partner.test:99999/", "cannot be read"),
        ("https://partner.test/a b", "blank"),
        ("https://partner.test/\\@127.0.0.1/", "backslash"),
        ("https:///path", "names no host"),
    ],
)
def test_addresses_that_trick_readers_are_refused_in_the_form(url, says):
    with pytest.raises(egress.EgressRefused, match=says):
        egress.check_url(url)


# Who may open connections, or name hosts; every other outgoing call goes through them.
CALLERS = {
    "integration_outbox/engine/send.py": {"pycurl", "socket", "ssl"},
    "integration_outbox/engine/proxy.py": {"urllib.request"},  # reads the environment
    "integration_core/engine/queue.py": {"socket"},  # this machine's name
    "integration_core/engine/worker.py": {"socket"},
    "integration_core/policy/egress.py": {"socket"},  # reads 0x7f.1 as the C library does
    "integration_core/slow_bodies.py": {"socket"},  # ends what is read from a sender
}
NETWORK = {
    "aiohttp", "asyncio", "ftplib", "http.client", "httpx", "imaplib", "paramiko", "poplib", "pycurl", "requests",
    "smtplib", "socket", "ssl", "telnetlib", "urllib.request", "urllib3", "websocket", "xmlrpc.client", "zeep",
}  # fmt: skip


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_nothing_else_calls_out():
    """The guard is in one place: whatever opens a connection by itself goes around it."""
    addons = Path(__file__).parents[2] / "addons"
    found = {}
    for path in addons.glob("*/**/*.py"):
        name = path.relative_to(addons).as_posix()
        modules = {module for module in imported(path) if module in NETWORK}
        if modules and "/tests/" not in name:
            found[name] = modules
    assert "integration_outbox/engine/send.py" in found
    assert {name: modules - CALLERS.get(name, set()) for name, modules in found.items()} == dict.fromkeys(
        found, set()
    )


@pytest.mark.parametrize("url", [u for u in REFUSED if u.startswith("http:") and ".test/" not in u] + [
    "http://127。0。0。1/", "http://１２７．0．0．1/", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "http://localhost./", "http://a.localhost/",
    "http://127.0.0.1./", "http://[::ffff:10.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[fe80::1%25eth0]/",
])  # fmt: skip
def test_what_is_inside_by_its_text_is_refused_where_it_is_typed(url):
    with pytest.raises(egress.EgressRefused):
        egress.check_url(url)


@pytest.mark.parametrize(
    ("url", "called"),
    [
        (
            "https://größe.example:8443/straße?a=ü#ö",
            "https://xn--gre-6ka8i.example:8443/stra%C3%9Fe?a=%C3%BC#%C3%B6",
        ),
        ("https://例え.jp/", "https://xn--r8jz45g.jp/"),
        ("https://wms.example/a%20b?c=d", "https://wms.example/a%20b?c=d"),
    ],
)
def test_a_url_is_called_in_ascii(url, called):
    assert egress.ascii_url(url) == called
    egress.check_url(url)


@pytest.mark.parametrize("host", ["☃️..example", "a\u202e.example", "-ö-.example", "ö" * 70])
def test_what_is_no_host_name_is_refused(host):
    with pytest.raises(egress.EgressRefused, match="is no host name"):
        egress.check_url(f"https://{host}/")
