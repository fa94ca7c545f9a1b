"""The operator's and the admin's way through the inbox: clicked, and looked at."""

import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request

import pytest

from dev.processes import wait_for
from dev.story import Story

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.usefixtures("nothing_broke")]

ENDPOINTS = "integration_inbox.integration_endpoint_action"
MESSAGES = "integration_inbox.integration_message_action"
OWNERS = "integration_inbox.integration_ownership_action"
RESUME = "integration_inbox.integration_message_resume_action"
AUDIT = "integration_core.integration_audit_entry_action"
# What the terminals of an older MES post: their own words, in plain JSON.
MAPPING = """{
  "type": "execution.operation.started",
  "subject": auftrag,
  "data": {"order": auftrag, "operation": auftrag & "/" & ag, "started_at": beginn}
}"""


@pytest.fixture(scope="module")
def story(site):
    """An endpoint with a mapping, and messages that fare differently."""
    story = Story(site)
    story.planner, story.admin = site.api("demo"), site.api("admin")
    admin = story.admin
    story.endpoint = admin.ref("integration_mrp.endpoint_mes")
    system = admin.ref("integration_mrp.system_mes")
    story.secret = admin.call("integration.system", "action_new_verification_secret", [system])["params"][
        "secret"
    ]
    admin.call("integration.endpoint", "write", [story.endpoint], {"mapping": MAPPING})
    story.token = admin.read_one("integration.endpoint", [("id", "=", story.endpoint)], ["token"])["token"]
    _order, story.reference = story.confirm_order()
    story.unknown = post(story, {"auftrag": "FA-77120", "ag": "10", "beginn": "2026-11-21T05:30:00Z"})
    story.garbled = post(story, {"auftrag": 77, "ag": "10", "beginn": "morgens"})
    wait_for(lambda: state(story, story.unknown) == "waiting", "it waits", 30)
    return story


def post(story, document):
    """:return: the id of the message."""
    post.count = getattr(post, "count", 0) + 1
    body, message_id, now = json.dumps(document).encode(), f"terminal-{post.count}", str(int(time.time()))
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


def test_the_mapping_editor_shows_what_becomes_of_the_last_message(screen, story):
    screen.open(ENDPOINTS, story.endpoint).see("Authentication", "Dry Run")
    screen.tab("Mapping").see("Request Body")
    screen.page.locator(".ace_content", has_text="auftrag").first.wait_for()
    screen.picture("endpoint-mapping")
    screen.tab("Authentication").see("Clock Tolerance", "Allowed IP Ranges", "Deduplication Window")
    screen.picture("endpoint-verification")
    screen.tab("Limits").see("Max. Queue Length", "Payload Retention")
    screen.picture("endpoint-bounds")


def test_an_endpoint_lists_the_requests_that_it_refused(screen, story):
    address = f"{story.site.url}/integration/in/{story.token}"
    request = urllib.request.Request(address, b"{}", {"webhook-id": "forged"})  # noqa: S310, loopback
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)  # noqa: S310
    assert refused.value.code == 401
    domain = [("endpoint_id", "=", story.endpoint)]
    wait_for(
        lambda: story.admin.call("integration.endpoint.refusal", "search_count", domain),
        "it is stored once the response was sent",
        30,
    )
    screen.open(ENDPOINTS, story.endpoint).tab("Refused Requests").see("401", "127.0.0.1")
    screen.picture("endpoint-refusals")


def test_a_message_that_is_put_aside_says_why(screen, story):
    screen.open(MESSAGES, story.garbled).see("should be a valid", "Edit Copy")
    screen.tab("Payload").see("morgens", "Mapped Events")
    screen.picture("message-quarantined")


def test_an_operator_says_which_record_is_meant(screen, story):
    screen.open(MESSAGES, story.unknown).see("FA-77120/10", "is unknown", "Match")
    screen.picture("message-waiting")
    screen.page.get_by_role("button", name="Match…").click()
    dialog = screen.page.locator(".modal-dialog")
    dialog.get_by_text("Waiting Messages").first.wait_for()
    field = screen.page.locator(".modal [name=record_ref] input").last
    field.fill(story.reference)
    screen.page.locator(".modal .o-autocomplete--dropdown-item").first.click()
    screen.settle()
    screen.picture("message-match")
    dialog.get_by_role("button", name="Match").click()
    screen.settle()
    notes = story.admin.call(
        "integration.message.note", "search_read", [("message_id", "=", story.unknown)], ["reason"]
    )
    assert any("matched manually" in note["reason"] for note in notes)
    screen.open(MESSAGES, story.unknown).tab("History").see("matched manually")
    screen.picture("message-history")


def test_an_administrator_edits_a_copy_and_it_is_accounted_for(screen, story):
    screen.open(MESSAGES, story.garbled)
    screen.page.get_by_role("button", name="Edit Copy").click()
    screen.page.locator(".modal-dialog").get_by_text("original message is not changed").wait_for()
    screen.settle()
    screen.picture("message-edit")
    screen.page.get_by_role("button", name="Cancel").click()


def test_owners_of_fields_are_named_in_a_list(screen, story):
    screen.open(OWNERS).see("No systems of record yet")
    screen.picture("owners-empty")


def test_everything_since_a_time_can_be_applied_again(screen, story):
    screen.open(MESSAGES)
    screen.page.goto(f"{story.site.url}/odoo/action-{RESUME}")
    screen.page.locator(".modal-dialog").get_by_text("Failed, quarantined").wait_for()
    screen.settle()
    screen.picture("messages-resume")


def test_the_list_of_messages_leads_with_the_reference(screen, story):
    screen.open(MESSAGES).see("FA-77120", "execution.operation.started")
    screen.picture("messages")


def test_the_audit_trail_shows_who_matched(screen, story):
    screen.open(AUDIT).see("matched manually")
    screen.picture("audit-trail")


def test_a_rehearsal_shows_what_would_change(screen, story):
    admin = story.admin
    admin.call("integration.endpoint", "write", [story.endpoint], {"is_shadow": True})
    operation = admin.read_one("mrp.workorder", [("production_id.name", "=", story.reference)], ["barcode"])[
        "barcode"
    ]
    order, number = operation.rsplit("/", 1)
    rehearsed = post(story, {"auftrag": order, "ag": number, "beginn": "2026-11-21T05:30:00Z"})
    wait_for(lambda: state(story, rehearsed) == "shadowed", "it is rehearsed", 30)
    screen.open(MESSAGES, rehearsed).see("Dry run: the message was applied and rolled back")
    screen.tab("Changes").see("Status", "In Progress")
    screen.picture("message-rehearsed")
    admin.call("integration.endpoint", "write", [story.endpoint], {"is_shadow": False})
