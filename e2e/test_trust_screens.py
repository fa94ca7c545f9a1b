"""What a security officer looks at: clicked, looked at, and with payloads that mean harm."""

import base64
import hashlib
import hmac
import json
import time
import urllib.request

import pytest
from playwright.sync_api import expect

from dev.processes import wait_for
from dev.story import Story

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.usefixtures("nothing_broke")]

SYSTEMS = "integration_core.integration_system_action"
CREDENTIALS = "integration_core.integration_credential_action"
INCIDENTS = "integration_core.integration_incident_action"
AUDIT = "integration_core.integration_audit_entry_action"
EVENTS = "integration_outbox.integration_event_action"
DELIVERIES = "integration_outbox.integration_delivery_action"
SUBSCRIPTIONS = "integration_outbox.integration_subscription_action"
MESSAGES = "integration_inbox.integration_message_action"
HARM = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>"\'>{{7*7}}'


@pytest.fixture(scope="module")
def story(site):
    story = Story(site)
    story.planner, story.admin = site.api("demo"), site.api("admin")
    story.system = story.admin.ref("integration_mrp.system_mes")
    story.subscription = story.admin.ref("integration_mrp.subscription_mes")
    return story


def test_the_audit_trail_is_verified_by_a_button(screen, story):
    screen.open(AUDIT).see("Orders for the shop floor changed: Address", "Integration Credential")
    screen.page.get_by_role("button", name="Verify").click()
    expect(screen.page.locator(".o_notification")).to_contain_text("entries are as they were written")
    screen.picture("audit-verified")


def test_a_secret_is_planned_and_shown_once(screen, story):
    screen.open(SYSTEMS, story.system).tab("Credentials")
    screen.picture("system-credentials")
    screen.page.get_by_role("button", name="Plan a secret").click()
    screen.page.locator(".modal-dialog").get_by_text("takes its turn").wait_for()
    screen.picture("credential-plan")
    screen.page.get_by_role("button", name="Make it").click()
    secret = screen.page.locator(".modal-dialog code.user-select-all").inner_text()
    assert secret.startswith("whsec_")
    screen.page.get_by_role("button", name="Close").last.click()
    screen.settle()
    screen.open(SYSTEMS, story.system).tab("Credentials").see("Planned")
    screen.picture("system-credentials-planned")
    assert secret not in screen.page.content()
    for action in (CREDENTIALS, AUDIT):
        assert secret not in screen.open(action).page.content()


def test_an_incident_says_what_to_do(screen, story):
    story.site.odoo.server.sql(
        f"UPDATE integration_credential SET expires_at = now() - interval '1 day' WHERE system_id = {story.system}"
        " AND purpose = 'verify'",
        story.site.database,
    )
    cron = story.admin.ref("integration_core.cron_credentials")
    story.admin.call("ir.cron", "method_direct_trigger", [cron])
    incident = story.admin.read_one("integration.incident", [("kind", "=", "credential.expired")], ["id"])[
        "id"
    ]
    screen.open(INCIDENTS).see("has no valid secret any more")
    screen.picture("incidents")
    screen.open(INCIDENTS, incident).see("Make a new secret")
    screen.picture("incident")
    screen.page.get_by_role("button", name="I Take Care").click()
    screen.settle()
    screen.see("Mitchell Admin")


def post(story, document, secret):
    body, message_id, now = json.dumps(document).encode(), f"harm-{time.monotonic()}", str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message_id}.{now}.".encode() + body, hashlib.sha256)
    headers = {
        "content-type": "application/cloudevents+json",
        "webhook-id": message_id,
        "webhook-timestamp": now,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
        "user-agent": HARM.replace("\n", ""),
    }
    request = urllib.request.Request(story.site.endpoint_url, body, headers)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())["id"]


def test_no_payload_does_harm_on_any_screen(screen, story):
    admin = story.admin
    shown = admin.call("integration.system", "action_new_verification_secret", [story.system])
    message = post(
        story,
        {
            "specversion": "1.0",
            "id": HARM,
            "source": "/mes/" + HARM,
            "type": "execution.operation.started",
            "subject": HARM,
            "data": {
                "order": HARM,
                "operation": HARM,
                "started_at": "2026-11-21T05:30:00Z",
                "operator": HARM,
            },
        },
        shown["params"]["secret"],
    )
    where = [("message_id", "=", message)]
    wait_for(
        lambda: admin.read_one("integration.message", where, ["state"])["state"] in ("waiting", "dead"),
        "it was tried",
        30,
    )
    record = admin.read_one("integration.message", where, ["id"])["id"]
    system = admin.call(
        "integration.system",
        "create",
        [{"name": f"Shop {HARM}", "notes": HARM, "allowed_networks": "10.0.0.0/8"}],
    )[0]
    admin.call("integration.system", "action_new_signing_secret", [system])
    admin.call(
        "integration.subscription",
        "create",
        [{"name": HARM, "system_id": system, "url": "http://10.1.2.3/", "event_patterns": "*"}],
    )
    story.confirm_order()
    pages = [(SYSTEMS, system), (MESSAGES, record)]
    pages += [
        (action, None)
        for action in (SYSTEMS, SUBSCRIPTIONS, EVENTS, DELIVERIES, MESSAGES, AUDIT, CREDENTIALS)
    ]
    for model, action in (
        ("integration.event", EVENTS),
        ("integration.delivery", DELIVERIES),
        ("integration.audit.entry", AUDIT),
    ):
        latest = wait_for(
            lambda model=model: admin.call(model, "search", [], limit=1, order="id desc"),
            f"there is a {model}",
            30,
        )
        pages.append((action, latest[0]))
    for action, opened in pages:
        screen.open(action, opened)
        assert screen.page.evaluate("window.harmed") is None, (action, opened)
        assert screen.page.locator("img[src=x]").count() == 0, (action, opened)
        if (action, opened) == (MESSAGES, record):
            screen.see("<img src=x").picture("message-hostile")


def test_a_copy_says_so_on_every_page_until_somebody_decides(screen, story):
    story.admin.call(
        "ir.config_parameter", "set_param", "database.uuid", "3f0b6f5e-0000-4000-8000-000000000000"
    )
    screen.open(SYSTEMS)
    notice = screen.page.locator(".o_integration_notice")
    expect(notice).to_contain_text("may be a copy")
    screen.picture("copy-notice")
    notice.get_by_role("button").click()
    screen.page.locator(".modal-dialog").get_by_text("It has moved:").wait_for()
    screen.settle()
    screen.picture("copy-decision")
    screen.page.get_by_role("button", name="It Has Moved").click()
    screen.page.get_by_role("button", name="Ok").click()
    expect(notice).to_have_count(0)
