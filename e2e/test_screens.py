"""The story as it shows on the screens: each step can be seen, and nothing breaks when it is clicked."""

import re

import pytest

from dev.processes import wait_for
from dev.story import Story

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.usefixtures("nothing_broke")]

SYSTEMS = "integration_core.integration_system_action"
EVENTS = "integration_outbox.integration_event_action"
DELIVERIES = "integration_outbox.integration_delivery_action"
MESSAGES = "integration_inbox.integration_message_action"


@pytest.fixture(scope="module")
def story(site):
    story = Story(site)
    story.planner, story.admin = site.api("demo"), site.api("admin")
    reference = story.order_is_released()
    story.shop_floor_reports(reference)
    story.order_is_done(reference)
    story.reference = reference
    site.mes.stop()
    _order, story.late = story.confirm_order()
    wait_for(lambda: story.delivery(story.late, "retrying"), "the delivery is retried", 20)
    site.start_mes()
    wait_for(lambda: story.delivery(story.late, "delivered"), "the delivery is noted", 60)
    return story


def one(story, model, domain):
    return story.admin.read_one(model, domain, ["id"])["id"]


def test_the_system_shows_what_goes_out_and_comes_in(screen, story):
    system = story.admin.ref("integration_mrp.system_mes")
    screen.open(SYSTEMS, system)
    screen.see("Shop floor MES", "Deliveries", "Messages", "Credentials")
    screen.tab("Outbound").see(
        "Orders for the shop floor", "manufacturing.order.*", story.reference, "Delivered"
    )
    screen.picture("system-sends")
    screen.tab("Inbound").see("Reports from the shop floor", "execution.*", story.reference, "Processed")
    screen.picture("system-receives")
    screen.tab("Credentials").see("Outbound Signing", "Inbound Authentication", "Active")
    screen.picture("system-credentials")


def test_the_event_shows_its_payload_and_its_deliveries(screen, story):
    domain = [("subject", "=", story.reference), ("type", "=", "manufacturing.order.released")]
    screen.open(EVENTS, one(story, "integration.event", domain))
    screen.see(story.reference, "manufacturing.order.released", "Dispatched", "GBX-40")
    screen.picture("event")
    screen.tab("Deliveries").see("Delivered")


def test_the_delivery_shows_its_attempts(screen, story):
    domain = [("subject", "=", story.late), ("event_type", "=", "manufacturing.order.released")]
    screen.open(DELIVERIES, one(story, "integration.delivery", domain))
    screen.see(story.late, "Delivered", "Failed to connect", "200")
    screen.picture("delivery")
    screen.page.locator(".o_data_row").last.locator("td[name=reason]").click()
    dialog = screen.page.locator(".modal-dialog")
    dialog.get_by_text("Secrets and signatures are masked").wait_for()
    assert "v1," not in dialog.inner_text()
    dialog.get_by_role("button", name=re.compile("Close")).first.click()


def test_the_message_shows_what_it_did(screen, story):
    domain = [("subject", "=", story.reference), ("type", "=", "execution.order.completed")]
    screen.open(MESSAGES, one(story, "integration.message", domain))
    screen.see(story.reference, "Processed", "Manufacturing Order", "Lot/Serial")
    screen.picture("message")
    screen.tab("Payload").see("GX40-")
    screen.tab("Affected Records")
    screen.page.get_by_role("button", name="Open").first.click()
    screen.page.wait_for_selector(".o_form_view .o_field_widget[name=product_id]")
    screen.see(story.reference, "Done")
    screen.see("Shop floor MES:")
    screen.picture("order-buttons")
    button = screen.page.locator("button[name=action_open_integration_conversation]")
    if not button.is_visible():
        screen.page.locator(".o_button_more").click()  # an order has many buttons; ours come after Odoo's
    button.click()
    screen.page.wait_for_selector(".o_list_view")
    screen.see("execution.scrap.recorded", "Processed", "manufacturing.order.released", "Delivered")


def test_lists_lead_with_the_business_reference(screen, story):
    screen.open(DELIVERIES).see(story.reference, "Shop floor MES")
    screen.picture("deliveries")
    assert screen.page.locator("th[data-name]").first.get_attribute("data-name") == "subject"
    screen.open(MESSAGES).see(story.reference)
    screen.picture("messages")
    assert screen.page.locator("th[data-name]").first.get_attribute("data-name") == "reference"
    screen.open(EVENTS).see(story.reference)
    screen.open("integration_core.integration_event_type_action").see(
        "manufacturing.order.released", "Inbound"
    )
    screen.picture("catalog")
    screen.open("integration_core.integration_worker_action").see("inbox, outbox")


def test_a_new_secret_is_shown_once(screen, story):
    screen.open(SYSTEMS, story.admin.ref("integration_mrp.system_mes")).tab("Credentials")
    screen.page.get_by_role("button", name="New Signing Secret").click()
    screen.page.locator(".modal-footer .btn-primary").click()
    shown = screen.page.locator(".modal code").first
    shown.wait_for()
    secret = shown.inner_text()
    assert secret.startswith("whsec_")
    # the picture for the documentation shows no secret that was ever in use
    shown.evaluate("element => element.textContent = 'whsec_' + '•'.repeat(44)")
    screen.picture("secret")
    screen.page.get_by_role("button", name="I Saved It").click()
    screen.settle()
    screen.tab("Credentials").see("Retiring")
    assert secret not in screen.page.content()


def test_an_empty_screen_says_what_to_do_next(screen):
    screen.open("integration_core.integration_external_id_action").see("No external IDs yet")


def test_an_admin_connects_a_system_by_clicking(screen, story):
    """Name it, let the service user be made, save: each mistake is answered at once."""
    screen.open(SYSTEMS)
    screen.page.get_by_role("button", name="New").first.click()
    screen.page.locator("[name=name] input").fill("Carrier Nord")
    screen.tab("Network")
    screen.page.locator("[name=allowed_networks] textarea").fill("10.20.0.0/99")
    screen.page.locator(".o_form_button_save").click()
    screen.page.get_by_text("is not a network range").first.wait_for()
    screen.picture("mistake")
    screen.errors.clear()  # the browser notes the refused request
    screen.page.locator(".modal-footer .btn-primary, .o_notification_close").first.click()
    screen.page.locator("[name=allowed_networks] textarea").fill("10.20.0.0/16")
    screen.page.locator(".o_form_button_save").click()
    screen.see("Odoo may call these private addresses")
    screen.page.locator("button[name=action_create_service_user]").click()
    screen.see("Carrier Nord (integration)")
