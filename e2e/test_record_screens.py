"""What an operator sees on a business record, and how he maps a value that no code list knows."""

import base64
import hashlib
import hmac
import json
import time
import urllib.request

import pytest

from dev.processes import wait_for
from dev.story import Story

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.usefixtures("nothing_broke")]

ORDERS = "mrp.mrp_production_action"
LISTS = "integration_core.integration_code_list_action"
UNMAPPED = "integration_core.integration_code_unmapped_action"
# An older terminal: its own words, and a code for what has happened.
MAPPING = """{
  "type": "execution.operation." & $code("terminal_event", art),
  "subject": auftrag,
  "data": {"order": auftrag, "operation": ag, "started_at": beginn}
}"""


@pytest.fixture(scope="module")
def story(site):
    """An order that was sent, a report with a code that no list knows, and one that cannot be applied."""
    story = Story(site)
    story.planner, story.admin = site.api("demo"), site.api("admin")
    admin = story.admin
    system = admin.ref("integration_mrp.system_mes")
    story.list = admin.call(
        "integration.code.list", "create", [{"name": "Terminal Events", "code": "terminal_event"}]
    )[0]
    story.endpoint = admin.call(
        "integration.endpoint",
        "create",
        [{"name": "Terminals", "system_id": system, "event_patterns": "execution.*", "mapping": MAPPING}],
    )[0]
    story.secret = admin.call("integration.system", "action_new_verification_secret", [system])["params"][
        "secret"
    ]
    story.token = admin.read_one("integration.endpoint", [("id", "=", story.endpoint)], ["token"])["token"]
    story.order, story.reference = story.confirm_order()
    domain = [("production_id", "=", story.order)]
    operation = admin.read_one("mrp.workorder", domain, ["barcode"])["barcode"]
    story.report = {"auftrag": story.reference, "ag": operation, "beginn": "2026-11-21T05:30:00Z"}
    story.coded = post(story, {**story.report, "art": "AG-ANF"})
    assert state(story, story.coded) == "quarantined"
    return story


def post(story, document):
    """:return: the id of the message."""
    post.count = getattr(post, "count", 0) + 1
    body, message_id, now = json.dumps(document).encode(), f"coded-{post.count}", str(int(time.time()))
    key = base64.b64decode(story.secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message_id}.{now}.".encode() + body, hashlib.sha256)
    headers = {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": now,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }
    address = f"{story.site.url}/integration/in/{story.token}"
    request = urllib.request.Request(address, body, headers)  # noqa: S310, loopback
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        assert answer.status == 202
    return story.admin.read_one("integration.message", [("message_id", "=", message_id)], ["state"])["id"]


def state(story, message):
    return story.admin.read_one("integration.message", [("id", "=", message)], ["state"])["state"]


def test_an_unmapped_value_is_mapped_in_the_list_and_its_message_goes_on(screen, story):
    screen.open(UNMAPPED).see("Terminal Events", "AG-ANF", "Shop floor MES")
    screen.picture("unmapped-values")
    row = screen.page.locator(".o_data_row", has_text="AG-ANF")
    row.locator("td[name=value]").click()
    screen.page.locator(".o_selected_row td[name=value] input").fill("started")
    screen.page.locator(".o_list_button_save").first.click()
    wait_for(lambda: state(story, story.coded) == "processed", "it goes on", 30)
    screen.open(LISTS, story.list).see("AG-ANF", "started", "Mapped")
    screen.picture("code-list")


def test_an_order_shows_how_it_stands_with_each_system(screen, story):
    wms = story.admin.call(
        "integration.system",
        "create",
        [{"name": "WMS Hamburg", "kind": "wms", "allowed_networks": "127.0.0.0/8"}],
    )[0]
    story.admin.call("integration.system", "action_new_signing_secret", [wms])
    subscription = story.admin.call(
        "integration.subscription",
        "create",
        [
            {
                "name": "Orders",
                "system_id": wms,
                "url": "http://127.0.0.1:9/hooks",
                "event_patterns": "manufacturing.*",
            }
        ],
    )
    story.admin.call("integration.subscription", "action_resume", subscription)
    order, reference = story.confirm_order()
    message = post(story, {**story.report, "auftrag": reference, "ag": "no such operation", "art": "AG-ANF"})
    wait_for(lambda: state(story, message) == "waiting", "the report waits for its operation", 30)
    domain = [("subject", "=", reference), ("state", "in", ("retrying", "delivered"))]
    wait_for(
        lambda: story.admin.call("integration.delivery", "search_count", domain) >= 2, "it was tried", 60
    )
    screen.open(ORDERS, order).see("Shop floor MES:", "WMS Hamburg:", "attempt")
    screen.picture("order-status")
    button = screen.page.locator("button[name=action_open_integration_conversation]")
    if not button.is_visible():
        screen.page.locator(".o_button_more").click()
    button.click()
    screen.page.wait_for_selector(".o_list_view")
    screen.see("manufacturing.order.released", "Retrying", "Waiting")
    screen.picture("conversation")
    screen.page.locator("button[name=action_open_trace]").first.click()
    screen.settle()
    screen.see("Trace")


def test_the_list_of_orders_can_show_those_that_are_not_in_sync(screen, story):
    screen.page.goto(f"{screen.site.url}/odoo/action-{ORDERS}")
    screen.page.wait_for_selector(".o_list_view, .o_kanban_view")
    screen.page.locator(".o_searchview_dropdown_toggler").click()
    screen.page.get_by_role("menuitemcheckbox", name="Not in Sync").click()
    screen.settle()
    screen.picture("orders-not-in-sync")
