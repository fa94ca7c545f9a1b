"""What a security officer looks at: clicked, looked at, and with payloads that mean harm."""

import base64
import hashlib
import hmac
import json
import time
import urllib.request

import pytest
from browser import Screen
from playwright.sync_api import expect

from dev.processes import wait_for
from dev.story import Story

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.usefixtures("nothing_broke")]

SYSTEMS = "integration_core.integration_system_action"
CREDENTIALS = "integration_core.integration_credential_action"
INCIDENTS = "integration_core.integration_incident_action"
AUDIT = "integration_core.integration_audit_entry_action"
ENDPOINTS = "integration_inbox.integration_endpoint_action"
EVENTS = "integration_outbox.integration_event_action"
DELIVERIES = "integration_outbox.integration_delivery_action"
SUBSCRIPTIONS = "integration_outbox.integration_subscription_action"
RETENTION = "integration_core.integration_data_retention_action"
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
    screen.open(AUDIT).see("Orders for the shop floor changed: URL", "Integration Credential")
    screen.page.get_by_role("button", name="Verify").click()
    expect(screen.page.locator(".o_notification")).to_contain_text("entries are unchanged")
    screen.picture("audit-verified")


def test_a_secret_is_planned_and_shown_once(screen, story):
    screen.open(SYSTEMS, story.system).tab("Credentials")
    screen.picture("system-credentials")
    screen.page.get_by_role("button", name="Schedule Rotation…").click()
    screen.page.locator(".modal-dialog").get_by_text("becomes active").wait_for()
    screen.picture("credential-plan")
    screen.page.get_by_role("button", name="Generate").click()
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
    screen.open(INCIDENTS).see("has no valid secret")
    screen.picture("incidents")
    screen.open(INCIDENTS, incident).see("Create a new secret")
    screen.picture("incident")
    screen.page.get_by_role("button", name="Acknowledge").click()
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


# What Odoo's own pages need (inline scripts that start the web client, compiled templates), and no more: nothing
# from elsewhere, no event handlers in attributes, no plug-ins, no other target for forms.
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; script-src-attr 'none'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' ws: blob: data:; worker-src 'self' blob:; frame-src 'self' blob:; media-src 'self' data: blob:; "
    "manifest-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'"
)
EVERY_SCREEN = """
    SELECT data.module || '.' || data.name
      FROM ir_act_window AS action
      JOIN ir_model_data AS data ON data.model = 'ir.actions.act_window' AND data.res_id = action.id
     WHERE data.module LIKE 'integration\\_%' AND action.target = 'current'
     ORDER BY 1
"""


@pytest.fixture
def strict(screen, story):
    """A browser that is told a strict policy with every answer; Odoo's service worker would keep it from us."""
    context = screen.page.context.browser.new_context(
        service_workers="block", viewport={"width": 1360, "height": 860}
    )
    page = context.new_page()
    page.add_init_script(
        "window.broken = [];"
        "document.addEventListener('securitypolicyviolation',"
        " event => window.broken.push(event.effectiveDirective + ' ' + event.blockedURI));"
    )

    def harden(route):
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "content-security-policy": POLICY})

    page.route(lambda url: url.startswith(story.site.url), harden)
    yield Screen(story.site, page).log_in("admin")
    context.close()


def test_every_screen_keeps_a_strict_content_security_policy(strict, story):
    """Each one: its list, its first record and all tabs of it."""
    page = strict.page
    actions = story.site.odoo.server.sql(EVERY_SCREEN, story.site.database)
    # Odoo's own page breaks it once, with a handler at the tag of its assets.
    odoos = strict.open("base.action_partner_form").page.evaluate("window.broken")
    assert set(odoos) <= {"script-src-attr inline"}
    broken, opened = {}, 0
    for action in actions:
        strict.open(action)
        broken[action] = page.evaluate("window.broken")
        row = page.locator(".o_data_row, .o_kanban_record:not(.o_kanban_ghost)").first
        if row.count():
            row.locator("td.o_data_cell").first.click() if row.locator("td").count() else row.click()
            strict.settle()
            for tab in page.get_by_role("tab").all():
                tab.click()
            strict.settle()
            broken[f"{action}, a record"] = page.evaluate("window.broken")
            opened += 1
    assert len(actions) > 10 and opened > 5, (actions, opened)
    assert {where: what for where, what in broken.items() if what != odoos} == {}
    known = ("script-src-attr", "Service worker registration failed")
    assert [error for error in strict.errors if not any(text in error for text in known)] == []
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<img src=https://elsewhere.example/x.png>')"
    )
    page.wait_for_timeout(300)
    noticed = page.evaluate("window.broken")
    assert noticed == [*odoos, "img-src https://elsewhere.example/x.png"], "what breaks it is noticed"


def test_a_partners_program_gets_a_client_and_a_carrier_gives_us_one(screen, story):
    admin = story.admin
    endpoint = admin.call(
        "integration.endpoint",
        "create",
        [{"name": "Shipments from the 3PL", "system_id": story.system, "scheme": "oauth2"}],
    )[0]
    screen.open(ENDPOINTS, endpoint)
    screen.page.get_by_role("button", name="New Secret…").click()
    screen.page.get_by_role("button", name="Generate", exact=True).click()
    dialog = screen.page.locator(".modal-dialog")
    dialog.get_by_text("Client ID:").wait_for()
    expect(dialog).to_contain_text("/integration/oauth/token")
    screen.picture("oauth-client-for-a-partner")
    screen.page.get_by_role("button", name="I Saved It").click()
    screen.settle()
    client = admin.read_one("integration.credential", [("kind", "=", "oauth2_client")], ["id"])["id"]
    screen.open(CREDENTIALS, client).see("Client ID", "Allowed IP Ranges")
    screen.picture("oauth-client")

    screen.open(SYSTEMS, story.system).tab("Credentials")
    screen.page.get_by_role("button", name="Add Partner Credential").click()
    page = screen.page
    page.get_by_label("Client ID").fill("odoo-plant-3")
    page.get_by_label("Token Endpoint").fill("https://login.nordfracht.example/oauth/token")
    page.get_by_label("Requested Scope").fill("shipments:write")
    page.get_by_label("Allowed Hosts").fill("api.nordfracht.example")
    page.get_by_label("Secret").fill("nf-secret-7f3a99c1")
    screen.picture("oauth-client-of-a-carrier")
    page.get_by_role("button", name="Save manually").click()
    screen.settle()
    assert "nf-secret-7f3a99c1" not in page.content()
    screen.see("Active")
    screen.picture("oauth-client-of-a-carrier-saved")
    values = {"kind": "oauth2_key", "client_id": "odoo-plant-3", "token_url": "https://login.example/token"}
    made = [{"system_id": story.system, "purpose": "call", "hosts": "api.nordfracht.example", **values}]
    key = admin.call("integration.credential", "create", made)[0]
    screen.open(CREDENTIALS, key).see("BEGIN PUBLIC KEY")
    assert "PRIVATE" not in page.content()
    screen.picture("oauth-key")
    screen.open(SUBSCRIPTIONS, story.subscription).see("Authentication")
    screen.picture("subscription-proof")
    screen.open(RETENTION).see("Personal", "Max. Retention (Days)")
    screen.picture("data-retention")


def test_a_copy_says_so_on_every_page_until_somebody_decides(screen, story):
    story.admin.call(
        "ir.config_parameter", "set_param", "database.uuid", "3f0b6f5e-0000-4000-8000-000000000000"
    )
    screen.open(SYSTEMS)
    notice = screen.page.locator(".o_integration_notice")
    expect(notice).to_contain_text("may be a copy")
    screen.picture("copy-notice")
    notice.get_by_role("button").click()
    screen.page.locator(".modal-dialog").get_by_text("Moved:").wait_for()
    screen.settle()
    screen.picture("copy-decision")
    screen.page.get_by_role("button", name="Confirm Move").click()
    screen.page.get_by_role("button", name="Ok").click()
    expect(notice).to_have_count(0)
