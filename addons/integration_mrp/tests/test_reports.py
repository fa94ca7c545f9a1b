from datetime import datetime, timedelta

from odoo.tests import tagged

from odoo.addons.integration_core.wire import standard_webhooks

from .common import ReportsCase


@tagged("post_install", "-at_install")
class TestReports(ReportsCase):
    """What the shop floor reports is booked, once and right; what cannot be booked says why."""

    def test_an_operation_starts_when_it_was_started(self):
        order = self.order()
        message = self.start(order, minutes_ago=30)
        self.assert_outcome(message, "processed")
        workorder = self.first(order)
        self.assertEqual((workorder.state, order.state), ("progress", "progress"))
        begun = datetime.now() - timedelta(minutes=30)
        self.assertAlmostEqual(workorder.time_ids.date_start, begun, delta=timedelta(seconds=5))
        self.assertEqual(message.record_ids.res_id, workorder.id)

    def test_the_time_from_start_to_end_is_booked(self):
        order = self.order()
        self.start(order, minutes_ago=50)
        self.assert_outcome(self.finish(order, completed_at=self.ago(20)), "processed")
        workorder = self.first(order)
        self.assertEqual((workorder.state, workorder.qty_produced), ("done", 10))
        self.assertAlmostEqual(workorder.duration, 30, delta=0.1)
        self.assertAlmostEqual(
            (workorder.date_finished - workorder.date_start).total_seconds(), 1800, delta=5
        )

    def test_reported_machine_minutes_count_more_than_the_clock(self):
        order = self.order()
        self.start(order, minutes_ago=200)
        self.finish(order, machine_minutes=84.5)
        workorder = self.first(order)
        self.assertAlmostEqual(workorder.duration, 84.5, delta=0.02)
        # 60 were expected: what is beyond is lost time, as when a person books it
        self.assertEqual(set(workorder.time_ids.mapped("loss_type")), {"productive", "performance"})

    def test_an_end_without_a_start_is_booked_with_its_minutes(self):
        order = self.order()
        self.assert_outcome(self.finish(order, machine_minutes=12), "processed")
        self.assertAlmostEqual(self.first(order).duration, 12, delta=0.02)

    def test_a_start_that_comes_after_the_end_is_superseded(self):
        order = self.order()
        self.finish(order)
        self.assert_outcome(self.start(order), "superseded", "is finished already")

    def test_an_operation_is_not_finished_twice(self):
        order = self.order()
        self.finish(order)
        self.assert_outcome(self.finish(order, good=3), "dead", "was finished before")
        self.assertEqual(self.first(order).qty_produced, 10)

    def test_an_order_that_is_not_released_or_not_known_is_waited_for(self):
        draft = self.order(confirm=False)
        self.assert_outcome(self.start(draft), "waiting", "is not released yet")
        message = self.report(
            "order.completed", order="WH/MO/99999", completed_at=self.ago(1), good={"value": 1}
        )
        self.assert_outcome(message, "waiting", "WH/MO/99999 from")

    def test_a_cancelled_order_takes_no_report(self):
        order = self.order()
        order.action_cancel()
        self.assert_outcome(self.start(order), "dead", "is cancelled")
        self.assert_outcome(self.complete(order), "dead", "is cancelled")

    def test_an_operation_of_another_order_is_noticed(self):
        order, other = self.order(), self.order()
        message = self.start(order, workorder=self.first(other))
        self.assert_outcome(message, "dead", f"belongs to {other.name}, not to {order.name}")

    def test_scrap_leaves_the_stock_on_account_of_the_order(self):
        order = self.order()
        before = self.bearing.qty_available
        message = self.report(
            "scrap.recorded",
            order=order.name,
            operation=self.first(order).barcode,
            product="BRG-6210",
            quantity={"value": 3, "unit": "C62"},
            reason="Raceway damaged",
        )
        self.assert_outcome(message, "processed")
        scrap = self.env["stock.scrap"].search([("production_id", "=", order.id)])
        self.assertEqual((scrap.state, scrap.scrap_qty, scrap.workorder_id), ("done", 3, self.first(order)))
        self.assertEqual(scrap.scrap_reason_tag_ids.name, "Raceway damaged")
        self.assertEqual(self.bearing.qty_available, before - 3)

    def test_scrap_in_another_unit_is_converted(self):
        order = self.order()
        self.report(
            "scrap.recorded", order=order.name, product="BRG-6210", quantity={"value": 1, "unit": "DZN"}
        )
        self.assertEqual(self.env["stock.scrap"].search([("production_id", "=", order.id)]).scrap_qty, 12)

    def test_scrap_that_cannot_be_booked_says_why(self):
        order = self.order()
        for data, says in (
            ({"quantity": {"value": 500}}, "there is not so much"),
            ({"quantity": {"value": 1, "unit": "KGM"}}, "KGM cannot be converted to Units"),
            ({"quantity": {"value": 1, "unit": "ABC"}}, "ABC is not a unit that is known here"),
            ({"quantity": {"value": 1}, "lot": "L-1"}, "Lot L-1"),
            ({"quantity": {"value": 0}}, "positive"),
        ):
            with self.subTest(says):
                message = self.report("scrap.recorded", order=order.name, product="BRG-6210", **data)
                self.assert_outcome(message, "dead", says)
        self.assertFalse(self.env["stock.scrap"].search([("production_id", "=", order.id)]))

    def test_a_completed_order_is_in_stock_with_its_lot(self):
        order = self.order()
        message = self.complete(order)
        self.assert_outcome(message, "processed")
        self.assertEqual((order.state, order.qty_produced), ("done", 10))
        self.assertEqual(order.lot_producing_ids.name, "GX90-0001")
        self.assertEqual(order.lot_producing_ids.product_qty, 10)
        self.assertEqual(self.bearing.qty_available, 50 - 20)
        self.assertEqual(set(message.record_ids.mapped("res_model")), {"mrp.production", "stock.lot"})

    def test_what_is_short_goes_to_a_backorder(self):
        order = self.order()
        message = self.complete(order, good=7)
        self.assert_outcome(message, "processed")
        self.assertEqual((order.state, order.qty_produced), ("done", 7))
        backorder = order.production_group_id.production_ids - order
        self.assertEqual((backorder.product_qty, backorder.state), (3, "confirmed"))
        self.assertIn(
            backorder.id,
            message.record_ids.filtered(lambda r: r.res_model == "mrp.production").mapped("res_id"),
        )

    def test_more_than_planned_is_booked_as_made(self):
        order = self.order()
        self.assert_outcome(self.complete(order, good=11), "processed")
        self.assertEqual((order.state, order.qty_produced), ("done", 11))

    def test_an_order_that_cannot_be_completed_says_why(self):
        order = self.order()
        self.assert_outcome(self.complete(order, lots=()), "dead", "has to name a lot")
        self.assert_outcome(self.complete(order, good=0), "dead", "Nothing good was made")
        self.assertEqual(order.state, "confirmed")
        self.complete(order)
        self.assert_outcome(self.complete(order), "dead", "is done already")

    def test_numbers_that_are_none_are_put_aside(self):
        order = self.order()
        for good in ({"value": -1}, {"value": "ten"}, {}, {"value": 1e30}):
            message = self.report("order.completed", order=order.name, completed_at=self.ago(1), good=good)
            self.assert_outcome(message, "quarantined", "good")

    def test_what_a_report_causes_goes_out_with_its_cause(self):
        order = self.order()
        message = self.complete(order)
        event = self.env["integration.event"].search(
            [("subject", "=", order.name), ("type", "=", "manufacturing.order.completed")]
        )
        self.assertEqual(event.causation_id, message.event_id)
        self.assertEqual(event.correlation_id, message.correlation_id)

    def test_a_plant_of_another_company_is_not_touched(self):
        """The service user sees its own company: an order of another one is unknown to its MES."""
        other = self.env["res.company"].create({"name": "Plant Gdańsk"})
        foreign = self.system("MES Gdańsk")
        foreign.company_id = other
        foreign.action_create_service_user()
        foreign.user_id.group_ids += self.env.ref("mrp.group_mrp_user")
        order = self.order()
        self.endpoint.system_id = foreign
        key = foreign.action_new_verification_secret()["params"]["secret"]
        self.key = standard_webhooks.key_of(key)
        message = self.complete(order)
        self.assert_outcome(message, "waiting", "is unknown")
        self.assertEqual(order.state, "confirmed")
