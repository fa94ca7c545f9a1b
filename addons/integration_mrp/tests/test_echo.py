from odoo.tests import tagged

from .common import ReportsCase


@tagged("post_install", "-at_install")
class TestEcho(ReportsCase):
    """A system is not told what it has just told us, unless it asks; what its reports lead to it is told."""

    def setUp(self):
        super().setUp()
        self.subscription = self.subscription_of(self.mes, "manufacturing.*")

    def news(self, subscription=None):
        """What a subscription is told, without ``manufacturing.``: ``[(what, about what)]``."""
        return [
            (event.type.removeprefix("manufacturing."), self.env[event.res_model].browse(event.res_id))
            for event in self.told(subscription or self.subscription)
        ]

    def test_the_reporter_does_not_hear_its_own_report(self):
        asked = self.subscription_of(self.mes, "manufacturing.*", name="Asked", is_echoed=True)
        other = self.subscription_of(self.system("WMS Nord"), "manufacturing.*")
        order = self.order()
        self.commit_events()
        self.start(order)
        started = ("workorder.started", self.first(order))
        event = self.env["integration.event"].search(
            [("type", "=", "manufacturing.workorder.started"), ("origin_system_id", "=", self.mes.id)]
        )
        self.assertTrue(event.is_echo, "the event is there, and says who caused it")
        self.assertNotIn(started, self.news())
        self.assertIn(started, self.news(asked))
        self.assertIn(started, self.news(other))
        self.assertIn(("order.released", order), self.news(), "what people did it hears of")

    def test_the_mes_gets_every_event_of_an_order_but_the_literal_echoes(self):
        other = self.subscription_of(self.system("WMS Nord"), "manufacturing.*")
        order = self.order()
        self.commit_events()
        first, second = order.workorder_ids.sorted("sequence")
        for workorder in (first, second):
            self.start(order, workorder=workorder)
            self.assert_outcome(self.finish(order, good=6, workorder=workorder), "processed")
        self.assert_outcome(self.complete(order, good=6), "processed")
        backorder = order.production_group_id.production_ids - order
        told = [
            ("order.released", order),
            ("workorder.ready", first),
            ("order.started", order),
            ("workorder.ready", second),
        ]
        self.assertEqual(self.news()[: len(told)], told)
        self.assertIn(("order.released", backorder), self.news(), "what it led to is news")
        self.assertIn(("workorder.ready", backorder.workorder_ids[0]), self.news())
        self.assertEqual(
            set(self.news(other)) - set(self.news()),
            {
                ("workorder.started", first),
                ("workorder.completed", first),
                ("workorder.started", second),
                ("workorder.completed", second),
                ("order.completed", order),
            },
            "nothing else is withheld",
        )

    def test_an_echo_that_was_inserted_early_is_one_all_the_same(self):
        order = self.order()
        self.commit_events()
        workorder = self.first(order)
        begin = type(workorder)._integration_start

        def begin_in_savepoints(record, started):
            begin(record, started)
            with record.env.cr.savepoint():  # the event is inserted before the handler returns
                record.env.flush_all()

        self.patch(type(workorder), "_integration_start", begin_in_savepoints)
        self.start(order)
        self.assertNotIn(("workorder.started", workorder), self.news())
        self.assertIn(("order.started", order), self.news())
