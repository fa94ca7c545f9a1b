"""Odoo as it stands in the world: several databases on one server, and a proxy before it."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import socket
import ssl
import time
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dev.nginx import Proxy
from dev.odoo_api import OdooApi
from dev.processes import free_port

pytestmark = pytest.mark.e2e

SYSTEM = "integration_mrp.system_mes"
ENDPOINT = "integration_mrp.endpoint_mes"
WIDE = "base,rpc,web,integration_core,integration_inbox"
EVENT = {
    "specversion": "1.0",
    "source": "/mes/halle-3",
    "type": "execution.operation.started",
    "subject": "WH/MO/00042",
    "data": {"order": "WH/MO/00042", "operation": "10", "started_at": "2026-11-21T05:30:00Z"},
}


def post(url, body, headers, source="127.0.0.1", context=None):
    """:return: status, headers, JSON. :param source: the address to call from."""
    parts = urllib.parse.urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    options = {"context": context} if context else {}
    connection = kind(parts.hostname, parts.port, timeout=30, source_address=(source, 0), **options)
    connection.request("POST", parts.path, body, headers)
    answer = connection.getresponse()
    text = answer.read()
    told = {name.lower(): value for name, value in answer.getheaders()}
    connection.close()
    is_json = "json" in told.get("content-type", "")
    return SimpleNamespace(status=answer.status, headers=told, json=json.loads(text) if is_json else None)


def message(secret, event_id):
    """``(body, headers)`` of a signed event."""
    body = json.dumps({**EVENT, "id": event_id}).encode()
    now = str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{event_id}.{now}.".encode() + body, hashlib.sha256)
    return body, {
        "content-type": "application/cloudevents+json",
        "webhook-id": event_id,
        "webhook-timestamp": now,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def prepared(api):
    """The endpoint of the MES, with a secret that was just made."""
    shown = api.call("integration.system", "action_new_verification_secret", [api.ref(SYSTEM)])
    id_ = api.ref(ENDPOINT)
    api.call("integration.endpoint", "write", [id_], {"unknown_policy": "keep"})
    endpoint = api.read_one("integration.endpoint", [("id", "=", id_)], ["token", "url", "is_ambiguous"])
    return SimpleNamespace(**endpoint, secret=shown["params"]["secret"])


# -- several databases -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plants(new_site, odoo, databases):
    """Two databases on one server that nothing tells apart by its name."""
    template = os.environ["HUB_TEST_TEMPLATE"]
    north, south = (databases.copy(template, databases.own(f"e2e_front_{n}")) for n in ("north", "south"))
    server = odoo.server
    server.sql("UPDATE integration_endpoint SET token = 'south-' || id", south)
    server.sql("UPDATE ir_config_parameter SET value = gen_random_uuid() WHERE key = 'database.uuid'", south)
    site = new_site(
        start=False,
        dbfilter=f"^({north}|{south})$",
        db_name=f"{north},{south}",  # or its crons would run in every database of the server
        server_wide_modules=WIDE,
    )
    site.start(with_worker=False)
    north_api, south_api = (OdooApi(site.url, name).login("admin", "admin") for name in (north, south))
    yield SimpleNamespace(
        url=site.url,
        sql=server.sql,
        north=SimpleNamespace(name=north, api=north_api, **vars(prepared(north_api))),
        south=SimpleNamespace(name=south, api=south_api, **vars(prepared(south_api))),
    )
    site.stop()
    for name in (north, south):
        databases.drop(name)


def received(plants, database, event_id):
    return plants.sql(f"SELECT 1 FROM integration_message WHERE message_id = '{event_id}'", database)


def test_who_names_no_database_is_told_so_in_a_way_that_a_program_reads(plants):
    body, headers = message(plants.north.secret, "evt-none")
    answer = post(f"{plants.url}/integration/in/{plants.north.token}", body, headers)
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json["type"].endswith(":no-database")
    assert "X-Odoo-Database" in answer.json["detail"]
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = post(f"{plants.url}/integration/oauth/token", b"grant_type=client_credentials", form)
    assert (answer.status, answer.json["error"]) == (404, "invalid_request")


def test_the_database_is_named_in_a_header(plants):
    for plant, other in ((plants.north, plants.south), (plants.south, plants.north)):
        event_id = f"evt-header-{plant.name}"
        body, headers = message(plant.secret, event_id)
        answer = post(
            f"{plants.url}/integration/in/{plant.token}", body, {**headers, "X-Odoo-Database": plant.name}
        )
        assert answer.status == 202, answer.json
        assert "set-cookie" not in answer.headers
        assert received(plants, plant.name, event_id)
        assert not received(plants, other.name, event_id)


def test_the_database_is_named_in_the_path_that_the_endpoint_shows(plants):
    for plant in (plants.north, plants.south):
        path = urllib.parse.urlsplit(plant.url).path
        assert path == f"/integration/db/{plant.name}/in/{plant.token}"
        assert not plant.is_ambiguous
        event_id = f"evt-path-{plant.name}"
        answer = post(plants.url + path, *message(plant.secret, event_id))
        assert answer.status == 202, answer.json
        assert "set-cookie" not in answer.headers
        assert received(plants, plant.name, event_id)


def test_an_address_is_good_in_its_own_database_alone(plants):
    body, headers = message(plants.north.secret, "evt-wrong")
    answer = post(f"{plants.url}/integration/db/{plants.south.name}/in/{plants.north.token}", body, headers)
    assert (answer.status, answer.json["title"]) == (401, "Not verified")


def test_no_other_database_is_reached_than_dbfilter_allows(plants):
    for name in ("postgres", "template1", "no-such-database", "..%2f..", "a'b"):
        body, headers = message(plants.north.secret, "evt-other")
        path = f"/integration/db/{name}/in/{plants.north.token}"
        assert post(plants.url + path, body, headers).status == 404, name


def test_no_page_is_reached_by_a_path_that_names_a_database(plants):
    for path in ("web/login", "in/../web", "oauth/../web/database/manager"):
        request = f"{plants.url}/integration/db/{plants.north.name}/{path}"
        answer = post(request, b"", {})
        assert answer.status in (401, 404), path  # 401: an endpoint of that odd name, which there is none of


def test_tokens_are_fetched_from_the_database_that_the_path_names(plants):
    api = plants.south.api
    shown = api.call("integration.endpoint", "action_new_secret", [api.ref(ENDPOINT)])
    assert shown["params"]["secret"]
    endpoint = api.call(
        "integration.endpoint",
        "create",
        [{"name": "With tokens", "system_id": api.ref(SYSTEM), "scheme": "oauth2"}],
    )
    client = api.call("integration.endpoint", "action_new_secret", endpoint)["params"]
    path = urllib.parse.urlsplit(client["tokenUrl"]).path
    assert path == f"/integration/db/{plants.south.name}/oauth/token"
    login = base64.b64encode(f"{client['clientId']}:{client['secret']}".encode()).decode()
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "authorization": f"Basic {login}",
    }
    answer = post(plants.url + path, b"grant_type=client_credentials", headers)
    assert answer.status == 200, answer.json
    elsewhere = path.replace(plants.south.name, plants.north.name)
    assert post(plants.url + elsewhere, b"grant_type=client_credentials", headers).status == 401


# -- behind a proxy --------------------------------------------------------------------------------


def certificate(folder, name, issuer=None):
    """``(certificate, key, its PEM files)``; the first one signs itself, and vouches for others."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), True)
        .sign(issuer[1] if issuer else key, hashes.SHA256())
    )
    cert_file, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return made, key, str(cert_file), str(key_file)


@pytest.fixture(scope="module")
def proxied(new_site, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    authority = certificate(folder, "plant-ca")
    site = new_site(start=False, proxy_mode="True")
    site.start(with_worker=False)
    proxy = Proxy(free_port(), site.url, authority[2], authority[3])
    trusting = ssl.create_default_context(cafile=authority[2])
    api = site.api()
    yield SimpleNamespace(
        url=proxy.url,
        direct=site.url,
        api=api,
        folder=folder,
        authority=authority,
        trusting=trusting,
        endpoint=prepared(api),
        id=api.ref(ENDPOINT),
    )
    proxy.close()


def configure(proxied, **values):
    proxied.api.call("integration.endpoint", "write", [proxied.id], values)


def send(proxied, event_id, source="127.0.0.1", context=None, url=None, **headers):
    body, signed = message(proxied.endpoint.secret, event_id)
    wanted = {**signed, **{name.replace("_", "-"): value for name, value in headers.items()}}
    url = f"{url or proxied.url}/integration/in/{proxied.endpoint.token}"
    context = None if url.startswith("http:") else context or proxied.trusting
    return post(url, body, wanted, source, context)


def test_ranges_are_judged_by_the_senders_address_not_the_proxys(proxied):
    configure(proxied, allowed_sources="127.0.0.2/32")
    try:
        assert send(proxied, "evt-from-2", "127.0.0.2").status == 202
        assert send(proxied, "evt-from-3", "127.0.0.3").status == 401
        lying = send(proxied, "evt-lying", "127.0.0.3", x_forwarded_for="127.0.0.2")
        assert lying.status == 401, "what a sender says of itself does not count"
    finally:
        configure(proxied, allowed_sources=False)
    kept = proxied.api.read_one("integration.message", [("message_id", "=", "evt-from-2")], ["remote_addr"])
    assert kept["remote_addr"] == "127.0.0.2"


def test_who_fails_behind_the_proxy_slows_down_nobody_else(proxied):
    answers = [
        send(proxied, f"evt-guess-{number}", "127.0.0.9", webhook_signature="v1,AAAA").status
        for number in range(50)  # for two processes, each of which counts for itself
    ]
    assert set(answers) == {401, 429}
    assert send(proxied, "evt-neighbour", "127.0.0.8").status == 202


def test_a_client_certificate_is_believed_from_the_proxy_alone(proxied):
    client = certificate(proxied.folder, "mes-halle-3", proxied.authority)
    stranger = certificate(proxied.folder, "stranger", proxied.authority)
    system = proxied.api.ref(SYSTEM)
    proxied.api.call(
        "integration.credential",
        "create",
        [
            {
                "name": "Certificate of the MES",
                "system_id": system,
                "purpose": "verify",
                "kind": "certificate",
                "secret": client[0].fingerprint(hashes.SHA256()).hex(),
            }
        ],
    )
    configure(proxied, scheme="certificate", trusted_proxies="127.0.0.1/32")
    try:
        contexts = {}
        for name, (_cert, _key, cert_file, key_file) in (("client", client), ("stranger", stranger)):
            contexts[name] = ssl.create_default_context(cafile=proxied.authority[2])
            contexts[name].load_cert_chain(cert_file, key_file)
        assert send(proxied, "evt-cert", context=contexts["client"]).status == 202
        assert send(proxied, "evt-stranger", context=contexts["stranger"]).status == 401
        assert send(proxied, "evt-nobody").status == 401
        shown = urllib.parse.quote(client[0].public_bytes(serialization.Encoding.PEM).decode())
        assert send(proxied, "evt-lie", client_cert=shown).status == 401, "the proxy overwrites it"
        past = send(proxied, "evt-past", "127.0.0.2", url=proxied.direct, client_cert=shown)
        assert past.status == 401, "past the proxy nobody is believed"
    finally:
        configure(proxied, scheme="standard_webhooks", trusted_proxies=False)


def test_answers_carry_the_headers_that_keep_a_browser_out(proxied):
    good = send(proxied, "evt-headers")
    refused = send(proxied, "evt-headers-2", webhook_signature="v1,AAAA", source="127.0.0.7")
    form = {"content-type": "application/x-www-form-urlencoded"}
    token = post(f"{proxied.url}/integration/oauth/token", b"x=y", form, context=proxied.trusting)
    for answer in (good, refused, token):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in answer.headers
    assert (good.status, refused.status, token.status) == (202, 401, 401)


LENGTH = b"Content-Length: 1000\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n3e8\r\n"


def drip(url, path, rest):
    """Send a body of one byte per second. :return: after how many seconds it is answered, and what."""
    parts = urllib.parse.urlsplit(url)
    began = time.monotonic()
    with socket.create_connection((parts.hostname, parts.port), timeout=1) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
        connection.sendall(head.encode() + rest)
        answer = b""
        while time.monotonic() - began < 40:
            try:
                part = connection.recv(65536)
            except TimeoutError:
                connection.sendall(b"{")
                continue
            if not part:
                break
            answer += part
    return time.monotonic() - began, answer.decode()


@pytest.mark.parametrize("rest", [LENGTH, CHUNKED], ids=["length", "chunked"])
def test_a_slow_body_holds_a_worker_for_seconds_only(proxied, rest):
    paths = [f"/integration/in/{proxied.endpoint.token}", "/integration/oauth/token"]
    with ThreadPoolExecutor() as senders:
        slow = [senders.submit(drip, proxied.direct, path, rest) for path in paths]
        time.sleep(2)  # both of Odoo's workers are held now
        began = time.monotonic()
        with urllib.request.urlopen(f"{proxied.direct}/web/health") as answer:
            assert answer.status == 200
        assert time.monotonic() - began < 15
        for sender in slow:
            took, told = sender.result()
            assert 8 < took < 20, told
            assert told.split()[1] == "408", told
    assert "urn:odoo-integration-hub:problem:body-too-slow" in slow[0].result()[1]
    assert '"error"' in slow[1].result()[1]


def test_the_administrators_pages_are_framed_by_nobody(proxied):
    with urllib.request.urlopen(f"{proxied.direct}/web/login") as answer:
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
