"""Every kind of secret, made, typed, used rightly and wrongly: afterwards none of them stands anywhere."""

import base64
import http.client
import json
import os
import re
import subprocess
import time
import urllib.parse

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dev.odoo_api import OdooError
from dev.paths import STATE
from dev.processes import wait_for
from dev.story import Story

pytestmark = pytest.mark.e2e

TYPED = {
    "api_key": "key-of-the-3pl-4f1d8a07c2",
    "login": "edi-user:Passwort-der-Spedition-93b7",
    "shared_secret": "hmac-secret-of-line-2-77e0c1",
    "call_key": "bearer-for-nordfracht-b8812f",
    "oauth2_client": "client-secret-at-nordfracht-0c55",
    "wrong": "whsec_a-slip-of-the-pen-8d21!!",
}


def call(url, body, headers):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    connection.request("POST", parts.path, body, headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, text


@pytest.fixture(scope="module")
def lived(new_site):
    """A site that has used them all. :return: the site, and ``{what: secret}``."""
    site = new_site()
    admin = site.api()
    system = admin.ref("integration_mrp.system_mes")
    secrets = dict(TYPED)
    secrets["signing"] = site.mes_environment["MES_VERIFY_SECRET"]
    secrets["verifying"] = site.mes_environment["MES_SIGN_SECRET"]

    def credential(purpose, kind, **values):
        made = {"system_id": system, "purpose": purpose, "kind": kind, "hosts": "127.0.0.1", **values}
        return admin.call("integration.credential", "create", [made])[0]

    for kind in ("api_key", "login", "shared_secret"):
        credential("verify", kind, secret=TYPED[kind])
    credential("call", "api_key", secret=TYPED["call_key"])
    login = {"client_id": "odoo", "token_url": f"{site.mes_url}/no-token-endpoint"}
    credential("call", "oauth2_client", secret=TYPED["oauth2_client"], **login)
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    secrets["private key"] = key.decode().splitlines()[1]
    credential("call", "oauth2_key", secret_pem=key.decode(), **login)
    try:
        credential("verify", "standard_webhooks", secret=TYPED["wrong"])
    except OdooError as refused:
        assert TYPED["wrong"] not in str(refused)
    else:
        raise AssertionError("it is no Standard Webhooks secret")

    for mistake in ({"expires_at": "tomorrow"}, {"system_id": "the MES"}, {"sealed": True}):
        try:
            credential("verify", "api_key", **{"secret": TYPED["api_key"], **mistake})
        except OdooError:
            continue  # with a traceback in the log, of a call that had a secret among its values
        raise AssertionError(mistake)

    _come_in(site, admin, system, secrets)
    _go_out(site, admin, system)
    for line in (STATE / "data/integration_hub.keys").read_text().split():
        name, _, key = line.partition(":")
        secrets[f"master key {name}"] = key
    return site, secrets


def _come_in(site, admin, system, secrets):
    """Rightly and wrongly, by every scheme that shows a secret."""
    body = json.dumps(
        {
            "specversion": "1.0",
            "id": "e-1",
            "source": "/3pl",
            "type": "execution.operation.started",
            "data": {"order": "none", "operation": "1", "started_at": "2026-11-21T05:30:00Z"},
        }
    )
    kind = {"content-type": "application/cloudevents+json"}

    def endpoint(scheme):
        made = {"name": scheme, "system_id": system, "scheme": scheme}
        id_ = admin.call("integration.endpoint", "create", [made])[0]
        token = admin.read_one("integration.endpoint", [("id", "=", id_)], ["token"])["token"]
        return id_, f"{site.url}/integration/in/{token}"

    basic = base64.b64encode(TYPED["login"].encode()).decode()
    secrets["basic"] = basic
    for scheme, headers in (
        ("api_key", {"x-api-key": TYPED["api_key"]}),
        ("bearer", {"authorization": f"Bearer {TYPED['api_key']}"}),
        ("basic", {"authorization": f"Basic {basic}"}),
    ):
        _id, url = endpoint(scheme)
        assert call(url, body, {**kind, **headers})[0] in (200, 202), scheme
        wrong = {name: f"{value}-wrong" for name, value in headers.items()}
        assert call(url, body, {**kind, **wrong})[0] == 401
        assert call(url, "{", {**kind, **headers})[0] == 400

    id_, url = endpoint("oauth2")
    client = admin.call("integration.endpoint", "action_new_secret", [id_])["params"]
    secrets["oauth client"] = client["secret"]
    form = {"grant_type": "client_credentials", "client_id": client["clientId"]}
    token_url = f"{site.url}/integration/oauth/token"
    encoded = {"content-type": "application/x-www-form-urlencoded"}
    good = urllib.parse.urlencode({**form, "client_secret": client["secret"]})
    status, answer = call(token_url, good, encoded)
    assert status == 200, answer
    secrets["access token"] = json.loads(answer)["access_token"]
    bad = urllib.parse.urlencode({**form, "client_secret": client["secret"] + "x"})
    assert call(token_url, bad, encoded)[0] == 401
    assert call(url, body, {**kind, "authorization": f"Bearer {secrets['access token']}"})[0] in (200, 202)


def _go_out(site, admin, system):
    """To the MES with a bearer token, and with an access token that nobody gives."""
    story = Story(site)
    story.planner, story.admin = site.api("demo"), admin
    story.system = system
    subscription = admin.ref("integration_mrp.subscription_mes")
    for authorization in ("bearer", "oauth2"):
        admin.call("integration.subscription", "write", [subscription], {"authorization": authorization})
        time.sleep(1.5)  # the worker reads changed subscriptions once a second
        story.confirm_order()
        wait_for(
            lambda a=authorization: admin.call(
                "integration.attempt",
                "search_count",
                [("is_success", "=", True)] if a == "bearer" else [("reason", "ilike", "token endpoint")],
            ),
            f"an attempt with {authorization}",
            30,
        )
        test = admin.call("integration.subscription.test", "create", [{"subscription_id": subscription}])
        admin.call("integration.subscription.test", "action_send", test)


def traces(secret):
    """A secret as it may stand somewhere: itself, and encoded."""
    raw = secret.removeprefix("whsec_")
    return {raw, base64.b64encode(secret.encode()).decode().rstrip("=")[:-1], secret.encode().hex()}


def found_in(text, secrets):
    return sorted(name for name, secret in secrets.items() if any(trace in text for trace in traces(secret)))


def test_it_would_be_found(lived):
    _site, secrets = lived
    assert len(secrets) > 12
    for name, secret in secrets.items():
        assert name in found_in(f"Authorization: {secret}", secrets)
        encoded = base64.b64encode(secret.encode()).decode()
        assert name in found_in(f"Basic {encoded}", secrets), name


def test_in_a_dump_of_the_database(lived):
    site, secrets = lived
    server = site.odoo.server
    command = [server.program("pg_dump"), "--inserts", site.database]
    environment = {**os.environ, **server.environment}
    dump = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    assert "integration_credential" in dump and len(dump) > 1_000_000
    assert re.search(r"'s1\.k\d+\.", dump), "the sealed ones are there"
    assert found_in(dump, secrets) == []


def test_in_the_logs(lived):
    site, secrets = lived
    logs = site.server.log.read_text() + site.worker.log.read_text()
    assert "refused a message" in logs and "Traceback" in logs, "there is something to look at"
    assert found_in(logs, secrets) == []


def test_in_what_an_administrator_reads_over_rpc(lived):
    site, secrets = lived
    admin = site.api()
    models = [
        model["model"]
        for model in admin.search_read("ir.model", [("model", "=like", "integration.%")], ["model"])
    ]
    read = []
    for model in models:
        try:
            read.append(json.dumps(admin.search_read(model, [], [])))
        except OdooError as refused:
            assert "not allowed to access" in str(refused), (model, refused)
    read.append(json.dumps(admin.search_read("mail.message", [("model", "=like", "integration.%")], [])))
    text = "\n".join(read)
    assert len(text) > 50_000
    assert found_in(text, secrets) == []
