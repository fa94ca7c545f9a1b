import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ReportsCase

TABLES = ("integration_event", "integration_delivery", "integration_message", "integration_message_record")


@tagged("post_install", "-at_install")
class TestLinked(ReportsCase):
    """A production order shows what was sent and received about it, and how it stands with each system."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["integration.subscription"].search([]).active = False
        cls.wms = cls.system("WMS Hamburg")
        cls.subscription = cls.env["integration.subscription"].create(
            {
                "name": "Orders",
                "system_id": cls.wms.id,
                "url": "https://wms.example.com/webhooks",
                "event_patterns": "manufacturing.*",
                "state": "active",
            }
        )
        cls.planner = cls.user(
            "petra.planner.linked",
            "mrp.group_mrp_user",
            "stock.group_stock_user",
            "integration_core.group_user",
        )

    def released(self, **delivery):
        """An order whose release is a delivery in some state."""
        order = self.order()
        self.env.cr.flush()
        self.deliver(order, **delivery)
        return order

    def deliver(self, record, kind="manufacturing.order.released", **values):
        event = self.env["integration.event"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id), ("type", "=", kind)], limit=1
        )
        self.assertTrue(event, kind)
        return self.env["integration.delivery"].create(
            {"event_id": event.id, "subscription_id": self.subscription.id, "state": "delivered", **values}
        )

    def before(self, **how_long):
        return fields.Datetime.now() - timedelta(**how_long)

    def as_planner(self, order):
        order.env.invalidate_all()
        return order.with_user(self.planner)

    def status(self, order):
        html = self.as_planner(order).integration_status
        return " ".join(html.striptags().split()) if html else ""

    def rows(self, order):
        action = self.as_planner(order).action_open_integration_conversation()
        self.env.flush_all()
        return self.env[action["res_model"]].with_user(self.planner).search(action["domain"])

    # -- what is read, and how ---------------------------------------------------------------------

    def fill(self, count=4000):
        """So many events, deliveries and messages of other orders, as a plant has."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            WITH events AS (
                INSERT INTO integration_event (event_id, type, version, company_id, occurred_at, subject,
                                               partition_key, data, res_model, res_id)
                     SELECT 'fill-' || n, 'manufacturing.order.released', 1, %(company)s, now(), 'FILL/' || n,
                            'FILL/' || n, '{}', 'mrp.production', 100000 + n
                       FROM generate_series(1, %(count)s) AS n
                  RETURNING id
            ), deliveries AS (
                INSERT INTO integration_delivery (event_id, subscription_id, state, created_at)
                     SELECT id, %(subscription)s, 'delivered', now() FROM events
            ), messages AS (
                INSERT INTO integration_message (endpoint_id, message_id, type, version, subject, state,
                                                 received_at)
                     SELECT %(endpoint)s, 'fill-' || n, 'execution.operation.started', 1, 'FILL/' || n,
                            'processed', now()
                       FROM generate_series(1, %(count)s) AS n
                  RETURNING id
            )
            INSERT INTO integration_message_record (message_id, res_model, res_id)
                 SELECT id, 'mrp.production', 100000 + id FROM messages
            """,
            {
                "count": count,
                "company": self.company.id,
                "subscription": self.subscription.id,
                "endpoint": self.endpoint.id,
            },
        )
        self.env.cr.execute(f"ANALYZE {', '.join(TABLES)}")

    def scans(self):
        self.env.cr.execute(
            "SELECT relname, seq_scan FROM pg_stat_xact_user_tables WHERE relname = ANY (%s)", [list(TABLES)]
        )
        return dict(self.env.cr.fetchall())

    def open_form(self, order):
        """As the web client opens it: every field of the form, as the user may see it."""
        views = order.get_views([(False, "form")])
        names = views["models"][order._name]["fields"]
        arch = views["views"]["form"]["arch"]
        return order.web_read({name: {} for name in names if f'name="{name}"' in arch})

    def test_opening_an_order_reads_no_table_as_a_whole(self):
        order = self.order()
        self.start(order)
        self.fill()
        order = self.as_planner(order)
        before = self.scans()
        self.open_form(order)
        self.assertEqual(self.scans(), before)
        conversation = self.rows(order)
        self.assertTrue(conversation)
        conversation.mapped("reason")
        self.assertEqual(self.scans(), before)
        conversation[0].search([("correlation_id", "=", conversation[0].correlation_id)]).mapped("state")
        self.assertEqual(self.scans(), before)

    def test_a_list_of_orders_costs_as_many_queries_as_one(self):
        orders = self.env["mrp.production"]
        for _ in range(5):
            orders |= self.released()
        wanted = {"integration_state": {}, "integration_conversation_count": {}}

        def queries(some):
            some = self.as_planner(some)
            before = self.env.cr.sql_log_count
            some.web_read(wanted)
            return self.env.cr.sql_log_count - before

        queries(orders[0])
        self.assertEqual(queries(orders), queries(orders[0]))

    # -- conversation ------------------------------------------------------------------------------

    def test_the_conversation_is_what_was_sent_and_received_the_latest_first(self):
        order = self.released()
        self.start(order)
        rows = self.rows(order)
        self.assertEqual(
            rows.filtered(lambda row: row.direction == "in").mapped("type"), ["execution.operation.started"]
        )
        outbound = rows.filtered(lambda row: row.direction == "out")
        self.assertIn("manufacturing.workorder.started", outbound.mapped("type"))
        released = outbound.filtered(lambda row: row.type == "manufacturing.order.released")
        self.assertEqual((released.system_id, released.state), (self.wms, "delivered"))
        self.assertEqual(rows.mapped("at"), sorted(rows.mapped("at"), reverse=True))
        self.assertEqual(self.as_planner(order).integration_conversation_count, len(rows))

    def test_a_message_that_cannot_be_applied_is_part_of_it(self):
        order = self.order()
        message = self.report(
            "order.completed", order=order.name, completed_at=self.ago(1), good={"value": 5}
        )
        self.assert_outcome(message, "dead")
        row = self.rows(order).filtered(lambda row: row.direction == "in")
        self.assertEqual((row.state, row.reason), ("dead", message.reason))
        opened = row.action_open()
        self.assertEqual((opened["res_model"], opened["res_id"]), ("integration.message", message.id))

    def test_a_trace_is_everything_with_one_correlation_id(self):
        order = self.order()
        message = self.start(order)
        self.env.flush_all()
        row = self.rows(order).filtered(lambda row: row.direction == "in")
        trace = self.env["integration.conversation"].search(row.action_open_trace()["domain"])
        self.assertIn("manufacturing.workorder.started", trace.mapped("type"))
        self.assertEqual(set(trace.mapped("correlation_id")), {message.correlation_id})

    def test_an_operation_shows_its_own_part(self):
        order = self.order()
        self.start(order)
        types = self.rows(self.first(order)).mapped("type")
        self.assertIn("manufacturing.workorder.started", types)
        self.assertNotIn("manufacturing.order.released", types)

    # -- status ------------------------------------------------------------------------------------

    def test_an_order_nobody_heard_of_has_no_status(self):
        order = self.order(confirm=False)
        self.assertEqual(self.status(order), "")
        self.assertFalse(self.as_planner(order).integration_state)

    def test_what_arrived_is_in_sync(self):
        order = self.released(delivered_at=self.before(minutes=2, seconds=1))
        self.assertEqual(self.status(order), "WMS Hamburg: delivered 2 minutes ago")
        self.assertEqual(self.as_planner(order).integration_state, "ok")

    def test_what_is_tried_again_says_when_and_why(self):
        order = self.released(
            state="retrying",
            attempt_count=2,
            status_code=503,
            reason="Answered 503",
            next_attempt_at=fields.Datetime.now() + timedelta(seconds=41),
        )
        self.assertRegex(self.status(order), r"WMS Hamburg: attempt 3 in 4\d seconds, HTTP 503")
        self.assertEqual(self.as_planner(order).integration_state, "waiting")

    def test_one_failure_outweighs_what_arrived_later(self):
        order = self.released(
            state="dead", status_code=422, reason="Answered 422: location HAM-07 is unknown"
        )
        self.deliver(self.first(order), "manufacturing.workorder.ready", delivered_at=fields.Datetime.now())
        self.assertEqual(self.status(order), "WMS Hamburg: failed: HTTP 422: location HAM-07 is unknown")

    def test_each_system_has_a_line_of_its_own(self):
        order = self.released(delivered_at=fields.Datetime.now())
        self.report("order.completed", order=order.name, completed_at=self.ago(1), good={"value": 5})
        self.assertRegex(self.status(order), r"^MES Halle 3: message failed: .* WMS Hamburg: delivered")

    # -- not in sync -------------------------------------------------------------------------------

    def not_in_sync(self, model="mrp.production", wanted=True):
        self.env.flush_all()
        return self.env[model].with_user(self.planner).search([("integration_not_in_sync", "=", wanted)])

    def test_the_filter_finds_what_failed_is_retried_or_waits_too_long(self):
        well = self.released()
        fresh = self.released(state="pending")
        cancelled = self.released(state="cancelled")
        bad = self.released(state="dead")
        bad |= self.released(state="retrying")
        bad |= self.released(state="pending", created_at=self.before(minutes=10))
        refused = self.order()
        self.report("order.completed", order=refused.name, completed_at=self.ago(1), good={"value": 5})
        bad |= refused
        found = self.not_in_sync()
        self.assertEqual(found & (well | fresh | cancelled | bad), bad)
        self.assertEqual(
            self.not_in_sync(wanted=False) & (well | fresh | cancelled | bad), well | fresh | cancelled
        )
        for order in well | fresh | bad:
            self.assertEqual(self.as_planner(order).integration_not_in_sync, order in bad)

    def test_the_filter_finds_an_order_by_its_operations(self):
        order = self.order()
        self.env.cr.flush()
        self.deliver(self.first(order), "manufacturing.workorder.ready", state="dead")
        self.assertIn(order, self.not_in_sync())
        self.assertIn(self.first(order), self.not_in_sync("mrp.workorder"))

    def test_a_key_that_a_partner_uses_finds_the_order(self):
        order = self.order()
        self.env["integration.external.id"]._learn(self.mes, order, "MES-77")
        self.report("order.completed", order="MES-77", completed_at=self.ago(1), good={"value": 5})
        self.assertIn(order, self.not_in_sync())
        self.assertTrue(self.as_planner(order).integration_not_in_sync)

    # -- who sees it -------------------------------------------------------------------------------

    def test_who_has_no_role_sees_nothing_of_it(self):
        order = self.released(state="dead")
        outsider = self.user("otto.outsider", "mrp.group_mrp_user", "stock.group_stock_user")
        for kind in ("form", "list", "search"):
            views = order.with_user(outsider).get_views([(False, kind)])
            self.assertNotIn("integration_", views["views"][kind]["arch"])
            views = order.with_user(self.planner).get_views([(False, kind)])
            self.assertIn("integration_", views["views"][kind]["arch"])
        with self.assertRaises(AccessError):
            order.with_user(outsider).read(["integration_status"])
        with self.assertRaises(AccessError):
            order.with_user(outsider).search([("integration_not_in_sync", "=", True)])

    def test_what_another_company_exchanged_is_not_shown(self):
        order = self.released(state="dead")
        other = self.env["res.company"].create({"name": "Werk Sued"})
        self.env["integration.event"].search([("subject", "=", order.name)]).company_id = other
        self.env["integration.event"].search([("partition_key", "=", order.name)]).company_id = other
        self.env.flush_all()
        self.assertEqual(self.status(order), "")
        self.assertFalse(self.rows(order))
        self.assertNotIn(order, self.not_in_sync())

    def test_a_form_of_a_new_order_opens(self):
        self.assertTrue(
            json.dumps(
                self.env["mrp.production"]
                .with_user(self.planner)
                .onchange({}, [], {"integration_conversation_count": {}, "integration_status": {}})
            )
        )
