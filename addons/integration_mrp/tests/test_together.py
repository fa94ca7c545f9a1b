from odoo.tests import tagged

from odoo.addons.integration_core import causality

from .common import ReportsCase


@tagged("post_install", "-at_install")
class TestTogether(ReportsCase):
    """Several reports share a transaction, and each is told of by itself."""

    def events(self, *types):
        return self.env["integration.event"].search([("type", "in", types)], order="id")

    def spy(self):
        """:return: a list that grows by each statement that inserts events."""
        inserts = []
        execute = type(self.env.cr).execute

        def spy(cr, query, *args, **kwargs):
            if "INSERT INTO integration_event\n" in str(getattr(query, "code", query)):
                inserts.append(query)
            return execute(cr, query, *args, **kwargs)

        self.patch(type(self.env.cr), "execute", spy)
        return inserts

    def test_each_report_has_its_own_events_and_all_are_one_insert(self):
        first, second = self.order(), self.order(quantity=4)
        self.env.cr.flush()
        ids = [
            self.accept_report(
                "operation.started",
                order=order.name,
                operation=self.first(order).barcode,
                started_at=self.ago(30),
            )
            for order in (first, second)
        ]
        ids.append(
            self.accept_report(
                "operation.completed",
                order=first.name,
                operation=self.first(first).barcode,
                completed_at=self.ago(5),
                good={"value": 10},
            )
        )
        inserts = self.spy()
        self.run_inbox()
        messages = self.env["integration.message"].search([("message_id", "in", ids)])
        self.assertEqual(set(messages.mapped("state")), {"processed"}, messages.mapped("reason"))
        self.assertEqual(len(inserts), 1)
        started = self.events("manufacturing.workorder.started")
        completed = self.events("manufacturing.workorder.completed")
        self.assertEqual(started.mapped("causation_id"), ids[:2])
        self.assertEqual(completed.mapped("causation_id"), ids[2:])
        self.assertEqual((started + completed).origin_system_id, self.mes)
        self.assertEqual(set((started + completed).mapped("traceparent")), {False}, "nobody named a trace")
        self.env.cr.execute("SELECT count(*) FROM integration_event WHERE traceparent = 'false'")
        self.assertEqual(self.env.cr.fetchone(), (0,), "nothing is NULL, not a word")
        self.assertIn(
            '"status":"in_progress"',
            started[0].data,
            "as it was when the report was applied, not as it became",
        )

    def test_what_an_ended_flow_led_to_outlives_a_later_savepoint(self):
        order = self.order(confirm=False)
        self.env.cr.flush()
        causality.begin(self.env.cr, causality.Cause("c-1", "m-1"))
        order.action_confirm()
        self.env.flush_all()
        causality.end(self.env.cr)
        causality.begin(self.env.cr, causality.Cause("c-2", "m-2"))
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.order()
            raise ZeroDivisionError
        self.env.cr.flush()
        released = self.events("manufacturing.order.released")
        self.assertEqual(released.mapped(lambda e: (e.subject, e.causation_id)), [(order.name, "m-1")])
