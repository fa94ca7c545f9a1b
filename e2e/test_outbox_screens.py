"""The operator's and the admin's way through the outbox: clicked, and looked at."""

import pytest

from dev.processes import wait_for
from dev.story import Story

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.usefixtures("nothing_broke")]

SYSTEMS = "integration_core.integration_system_action"
SUBSCRIPTIONS = "integration_outbox.integration_subscription_action"
DELIVERIES = "integration_outbox.integration_delivery_action"
EVENTS = "integration_outbox.integration_event_action"
SYSTEMS = "integration_core.integration_system_action"
DEAD = "integration_outbox.integration_dead_letter_action"
REPLAYS = "integration_outbox.integration_replay_action"
HOURS = "integration_outbox.integration_delivery_hour_action"


@pytest.fixture(scope="module")
def story(site):
    """Some orders reached the MES; then one was refused, for its address was mistyped."""
    story = Story(site)
    story.planner, story.admin = site.api("demo"), site.api("admin")
    story.subscription = story.admin.ref("integration_mrp.subscription_mes")
    story.orders = [story.confirm_order()[1] for _ in range(3)]
    for reference in story.orders:
        wait_for(lambda r=reference: story.delivery(r, "delivered"), f"{reference} is delivered", 60)
    right = f"{site.mes_url}/webhooks/odoo"
    change(story, url=f"{site.mes_url}/webhooks/oddo", is_ordered=True)
    _order, story.refused = story.confirm_order()
    wait_for(lambda: story.delivery(story.refused, "dead"), "the refusal is noted", 60)
    change(story, url=right)
    return story


def change(story, **values):
    story.admin.call("integration.subscription", "write", [story.subscription], values)


def test_dead_letters_stand_by_reason_with_the_business_reference(screen, story):
    screen.open(DEAD).see("HTTP 404")
    screen.page.locator(".o_group_header").first.click()
    screen.see(story.refused, "manufacturing.order.released")
    screen.picture("dead-letters")


def test_selected_rows_are_replayed_and_no_others(screen, story):
    """Two of the four deliveries of the subscription: the form names these two."""
    screen.open(DELIVERIES).see(story.orders[0])
    for row in (1, 3):
        screen.page.locator(".o_data_row .o_list_record_selector input").nth(row).check()
    screen.picture("deliveries-selected")
    screen.page.get_by_role("button", name="Replay…").click()
    screen.see("2 selected deliveries", "Deliveries to send again")
    assert screen.page.locator("[name=selection_ids] .o_data_row").count() == 2
    screen.settle()
    screen.picture("replay-selection")


def test_events_show_what_was_delivered(screen, story):
    screen.open(EVENTS).see(story.refused, "Failed", "0/1")
    screen.picture("events")
    screen.page.locator(".o_data_row", has_text=story.refused).filter(has_text="order.released").locator(
        "td[name=subject]"
    ).click()
    screen.page.locator(".o_form_view").wait_for()
    screen.settle()
    screen.see("Delivered")
    screen.picture("event")


def test_a_failed_delivery_says_why_with_the_partners_words(screen, story):
    delivery = story.admin.read_one("integration.delivery", [("state", "=", "dead")], ["id"])["id"]
    screen.open(DELIVERIES, delivery).see("HTTP 404")
    screen.picture("delivery-failed")
    screen.page.locator("[name=attempt_ids] .o_data_row").first.click()
    screen.page.locator(".modal-dialog").get_by_text("Failure", exact=True).wait_for()
    screen.settle()
    screen.picture("attempt")
    screen.page.locator(".modal-header .btn-close").click()


def test_a_subscription_is_saved_together_with_its_new_system(screen, story):
    screen.open(f"{SYSTEMS}", "new")
    screen.page.locator("[name=name] input, [name=name] textarea").first.fill("WMS Hamburg")
    screen.page.get_by_role("tab", name="Outbound").click()
    screen.page.locator(
        "[name=subscription_ids] .o_field_x2many_list_row_add a, [name=subscription_ids] .o-kanban-button-new"
    ).first.click()
    dialog = screen.page.locator(".modal-dialog")
    dialog.locator("[name=name] input, [name=name] textarea").first.fill("Stock moves")
    dialog.locator("[name=url] input").fill("https://wms.example.com/webhooks/odoo")
    dialog.locator("[name=event_type_ids] input").fill("manufacturing.order.re")
    screen.page.locator(".o-autocomplete--dropdown-item, .o_select_menu_item").first.click()
    screen.settle()
    assert "manufacturing.order.re" in dialog.locator("[name=event_patterns] textarea").input_value()
    screen.picture("subscription-new")
    dialog.get_by_role("button", name="Save & Close").click()
    screen.settle()
    screen.page.locator(".o_form_button_save").click()
    screen.page.locator(".o_form_saved, .o_form_readonly, .o_form_view").first.wait_for()
    screen.settle()
    screen.see("Stock moves", "Paused")
    screen.picture("system-outbound")
    made = story.admin.read_one(
        "integration.subscription", [("name", "=", "Stock moves")], ["state", "system_id"]
    )
    assert made["state"] == "paused" and made["system_id"][1] == "WMS Hamburg"


def test_a_dead_letter_is_sent_again_by_one_button(screen, story):
    screen.open(DEAD)
    screen.page.locator(".o_group_header").first.click()
    screen.page.locator(".o_data_row .o_list_record_selector input").first.check()
    screen.page.get_by_role("button", name="Retry Now").click()
    wait_for(lambda: story.delivery(story.refused, "delivered"), "it is delivered", 30)


def test_the_subscription_shows_a_live_preview_and_refuses_what_is_wrong(screen, story):
    screen.open(SUBSCRIPTIONS, story.subscription).see("Orders for the shop floor", "Matching Event Types")
    screen.picture("subscription")
    screen.tab("Content").see("Request", "Preview")
    screen.picture("subscription-content")
    screen.page.locator("[name=body_mode] .o_select_menu_toggler, [name=body_mode] select").first.click()
    choose(screen, "body_mode", "Mapped")
    mapping = screen.page.locator("[name=mapping_expression] textarea")
    mapping.fill('{"order": data.reference, "pieces": data.quantity.value}')
    mapping.blur()
    screen.settle()
    screen.see('"pieces"')
    screen.picture("subscription-mapping")
    mapping.fill("{")
    screen.page.locator(".o_form_button_save").click()
    screen.page.get_by_text("Mapping:").first.wait_for()
    screen.picture("subscription-mistake")
    screen.errors.clear()  # the browser notes the refused request
    screen.page.locator(".modal-footer .btn-primary, .o_notification_close").first.click()
    screen.page.locator(".o_form_button_cancel").click()
    screen.settle()
    screen.tab("Throughput").see("Limits", "Schedule")
    screen.picture("subscription-pace")
    screen.tab("Error Handling").see("Retries", "After Final Failure")
    screen.picture("subscription-failures")


def choose(screen, field, label):
    """Odoo's selection is a native one or a menu of its own, depending on where it stands."""
    native = screen.page.locator(f"[name={field}] select")
    if native.count():
        native.select_option(label=label)
    else:
        screen.page.get_by_role("menuitem", name=label).or_(
            screen.page.locator(".o_select_menu_item", has_text=label)
        ).first.click()
    screen.settle()


def test_a_test_shows_the_partners_answer(screen, story):
    screen.open(SUBSCRIPTIONS, story.subscription)
    screen.page.get_by_role("button", name="Send Test").click()
    dialog = screen.page.locator(".modal-dialog")
    dialog.get_by_role("button", name="Send", exact=True).click()
    dialog.get_by_text("HTTP 2").wait_for()
    screen.settle()
    screen.picture("subscription-test")
    dialog.get_by_role("button", name="Close").last.click()


def test_resuming_asks_what_to_do_with_what_waited(screen, story):
    screen.open(SUBSCRIPTIONS, story.subscription)
    screen.page.get_by_role("button", name="Pause").click()
    screen.see("Paused")
    _order, reference = story.confirm_order()
    wait_for(lambda: story.delivery(reference, "pending"), "it waits", 30)
    waiting = [("subject", "=", reference), ("state", "=", "pending")]
    delivery = story.admin.read_one("integration.delivery", waiting, ["id"])["id"]
    screen.open(DELIVERIES, delivery).see("Subscription is paused.")
    screen.picture("delivery-waiting")
    screen.open(SUBSCRIPTIONS, story.subscription)
    screen.page.get_by_role("button", name="Resume").click()
    dialog = screen.page.locator(".modal-dialog")
    dialog.get_by_text("Queued Events", exact=True).wait_for()
    screen.picture("resume")
    dialog.get_by_role("button", name="Resume").click()
    wait_for(lambda: story.delivery(reference, "delivered"), "it is delivered", 30)


def test_a_span_is_sent_again_and_shows_its_progress(screen, story):
    screen.open(SUBSCRIPTIONS, story.subscription)
    screen.page.get_by_role("button", name="Replay…").click()
    screen.see("events match")
    screen.picture("replay-draft")
    screen.page.get_by_role("button", name="Start").click()
    screen.see("Progress")

    def is_done():
        return story.admin.read_one("integration.replay", [], ["state"])["state"] == "done"

    wait_for(is_done, "the replay is done", 60)
    screen.page.reload()
    screen.settle()
    screen.see("100%")
    screen.picture("replay-done")


def test_deliveries_show_as_list_kanban_graph_and_pivot(screen, story):
    screen.open(DELIVERIES).see(story.orders[0])
    for view, mark in (("kanban", ".o_kanban_group"), ("graph", "canvas"), ("pivot", ".o_pivot table")):
        screen.page.locator(f".o_switch_view.o_{view}").click()
        screen.page.locator(mark).first.wait_for()
        screen.settle()
        screen.picture(f"deliveries-{view}")
    screen.page.goto(f"{screen.site.url}/odoo/action-{HOURS}")
    screen.page.locator("canvas, .o_pivot table").first.wait_for()
    screen.settle()
    screen.picture("hours")


def test_the_delivery_shows_its_body(screen, story):
    domain = [("subject", "=", story.orders[0]), ("event_type", "=", "manufacturing.order.released")]
    delivery = story.admin.read_one("integration.delivery", domain, ["id"])["id"]
    screen.open(DELIVERIES, delivery)
    screen.tab("Request Body").see("specversion", story.orders[0])
    screen.picture("delivery-body")


def test_a_system_is_suspended_and_resumed_by_its_buttons(screen, story):
    system = story.admin.ref("integration_mrp.system_mes")
    screen.open(SYSTEMS, system)
    screen.page.get_by_role("button", name="Suspend").click()
    screen.page.locator(".modal-dialog").get_by_role("button", name="Ok").click()
    screen.see("Suspended.", "Deliveries and messages are queued")
    _order, reference = story.confirm_order()
    wait_for(lambda: story.delivery(reference, "pending"), "it waits", 30)
    screen.open(SYSTEMS, system)
    screen.picture("system-suspended")
    screen.page.get_by_role("button", name="Resume").click()
    dialog = screen.page.locator(".modal-dialog")
    dialog.get_by_text("Process queued deliveries").wait_for()
    screen.settle()
    screen.picture("system-resume")
    dialog.get_by_role("button", name="Resume").click()
    wait_for(lambda: story.delivery(reference, "delivered"), "it is delivered", 30)


def test_everything_is_suspended_and_every_page_says_so(screen, story):
    screen.open("integration_core.integration_emergency_stop_action")
    screen.picture("emergency-stop")
    screen.page.get_by_role("button", name="Suspend All").click()
    notice = screen.page.locator(".o_integration_notice")
    notice.get_by_text("All integrations are suspended.").wait_for()
    screen.open(SYSTEMS, story.admin.ref("integration_mrp.system_mes"))
    screen.picture("emergency-stop-notice")
    notice.get_by_role("button").click()
    screen.page.locator(".modal-dialog").get_by_role("button", name="Resume All").click()
    screen.page.wait_for_selector(".o_integration_notice", state="detached")
