import importlib.util
import random
import string
from pathlib import Path

from lxml import etree
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core import declare

from ..engine.lane import OutboxLane
from .common import OutboxCase

LONG = "".join(random.Random(1).choices(string.ascii_letters + string.digits, k=2690))


@tagged("post_install", "-at_install")
class TestBreak(OutboxCase):
    """What a reader who tried to break the engine found."""

    def setUp(self):
        super().setUp()
        self.addCleanup(setattr, self.receiver, "refuses", None)
        self.addCleanup(setattr, self.receiver, "answer_of", None)

    def rounds(self, count=40):
        with self.enter_registry_test_mode(), mute_logger("odoo.sql_db"):
            lane = OutboxLane(self.registry)
            errors = []
            for _round in range(count):
                try:
                    lane.run_once()
                except Exception as error:  # noqa: BLE001
                    errors.append(f"{type(error).__name__}: {error}")
                    lane.forget()
            lane.close()
        self.env.invalidate_all()
        return errors

    def test_a_long_key_stops_no_fan_out(self):
        ordered = self.subscribe(name="Ordered", is_ordered=True)
        self.event(LONG)
        well = self.event("WH/MO/00008")
        errors = self.rounds()
        self.assertFalse(errors[:2], f"{len(errors)} rounds failed")
        self.assertEqual(self.delivery(well).state, "delivered")
        self.assertEqual(self.delivery(well, ordered).state, "delivered")

    def test_a_long_key_that_falls_back_stops_no_settling(self):
        spare = self.subscribe(name="Spare", is_ordered=True, event_patterns="manufacturing.order.completed")
        self.subscription.fallback_id = spare
        self.receiver.answers = [(400, {}, b"no")]
        poison = self.event(LONG)
        self.env.flush_all()
        errors = self.rounds()
        well = self.event("WH/MO/00008")
        errors += self.rounds()
        self.assertFalse(errors[:2], f"{len(errors)} rounds failed")
        self.assertEqual((self.delivery(poison).state, self.delivery(well).state), ("dead", "delivered"))

    def test_a_probe_takes_another_key_where_orders_time_out(self):
        """A proxy answers 504 for what its server cannot digest: these keys are refused just as well."""
        bad = [self.event(f"WH/MO/BAD{n}") for n in range(10)]
        self.receiver.refuses = None
        self.receiver.answer_of = lambda _headers, body: (
            (504, {}, b"slow") if b"BAD" in body else (200, {}, b"ok")
        )
        self.run_lane()
        self.env.invalidate_all()
        self.assertTrue(self.subscription.open_until, "ten keys failed")
        self.receiver.requests.clear()
        good = self.event("WH/MO/00010")
        self.rounds(5)
        self.env.cr.execute(
            "UPDATE integration_delivery SET next_attempt_at = '2026-01-01' WHERE event_id = ANY (%s)",
            [[e.id for e in bad]],
        )
        self.env.cr.execute(
            "UPDATE integration_delivery SET next_attempt_at = '2026-01-02' WHERE event_id = %s", [good.id]
        )
        self.subscription.health_ids.open_until = "2026-01-01"
        self.env.flush_all()
        self.run_lane()
        self.assertIn(b"WH/MO/00010", self.receiver.requests[0][1])
        self.env.invalidate_all()
        self.assertEqual(self.delivery(good).state, "delivered")

    def test_a_code_list_of_an_uninstalled_module_stops_no_other_partner(self):
        other = self.system("WMS Nord", allowed_networks="127.0.0.0/8")
        other.action_new_signing_secret()
        well = self.subscribe(name="Well", system_id=other.id)
        gone = self.env["integration.code.list"].create(
            {"name": "Work Centers", "code": "workcenter", "kind": "record", "res_model": "res.partner"}
        )
        self.subscription.write({"body_mode": "mapped", "mapping_expression": '{"order": data.reference}'})
        # What uninstalling the module of the model leaves behind: the list is nobody's child.
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_code_list SET res_model = 'gone.workcenter' WHERE id = %s", [gone.id]
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        event = self.event()
        errors = self.rounds()
        self.assertFalse(errors[:2], f"{len(errors)} rounds failed")
        self.assertEqual(self.delivery(event, well).state, "delivered")

    def test_an_event_of_every_company_counts_for_its_record(self):
        """A product without a company: its events have none, and are everybody's (the rule says so)."""
        partner = self.env["res.partner"].create({"name": "Shared", "company_id": False})
        self.receiver.answer_of = lambda _headers, _body: (400, {}, b"no")
        event = self.event("P-1", company_id=False, res_model="res.partner", res_id=partner.id)
        self.run_lane()
        self.env.invalidate_all()
        self.assertEqual(self.delivery(event).state, "dead")
        linked, parts = self.env["integration.linked"], {("res.partner", partner.id): partner.id}
        self.assertEqual(linked._integration_counts(parts, {}), [(partner.id, 1)])
        self.assertEqual(len(linked._integration_standings(parts, {})), 1)

    def test_who_stands_behind_a_skipped_one_that_is_retried_is_called(self):
        """Paused, ordered, resumed with skip; an operator retries one of the skipped; a newer event joins the key."""
        self.subscription.is_ordered = True
        self.subscription.action_pause()
        first = self.event()
        self.run_lane()
        self.env.invalidate_all()
        self.subscription._mark_active(is_skipping=True)
        self.env.flush_all()
        for _round in range(3):
            self.run_lane()
            self.rounds(3)
        self.assertEqual((self.delivery(first).state, self.delivery(first).position), ("cancelled", 0))
        self.delivery(first).with_user(self.operator()).action_retry()
        second = self.event()  # of the same key, before the retried one is out
        self.env.flush_all()
        for _round in range(3):
            self.run_lane()
            self.rounds(3)
        self.env.invalidate_all()
        self.assertEqual(self.delivery(first).state, "delivered")
        self.assertEqual(
            self.delivery(second).state,
            "delivered",
            f"waits behind {self.delivery(second).after_id} for ever",
        )

    def test_a_database_from_before_the_health_table_still_upgrades(self):
        """Odoo runs every post script between the old version and the new one, with the models of today."""
        path = Path(__file__).parents[1] / "migrations" / "19.0.2.0.0" / "post-migration.py"
        spec = importlib.util.spec_from_file_location("post_migration_2", path)
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        script.migrate(self.env.cr, "19.0.1.0.0")

    def test_ages_beyond_all_bounds_are_refused(self):
        """From 740,000 days on the engine's chores raised, and with them every round, for every partner."""
        for field, value in (
            ("pause_after_days", 1_000_000),
            ("expires_after_h", -1),
            ("expires_after_h", 1e306),
        ):
            with (
                self.subTest(field=field, value=value),
                self.assertRaises(IntegrityError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.subscription[field] = value
                self.env.flush_all()

    def test_settings_that_no_form_lets_through_stop_no_other_partner(self):
        self.env.cr.execute(
            "ALTER TABLE integration_subscription DROP CONSTRAINT integration_subscription_ages_bounded"
        )
        self.env.cr.execute(
            "UPDATE integration_subscription SET expires_after_h = 1e306, pause_after_days = 1000000 WHERE id = %s",
            [self.subscription.id],
        )
        self.subscription.health_ids.failing_since = "2026-01-01"
        self.env.invalidate_all()
        other = self.system("WMS Nord", allowed_networks="127.0.0.0/8")
        other.action_new_signing_secret()
        well = self.subscribe(name="Well", system_id=other.id)
        event = self.event("WH/MO/00008")
        with mute_logger(
            "odoo.addons.integration_core.engine.lane",
            "odoo.addons.integration_outbox.models.integration_subscription",
        ):
            errors = self.rounds()
        self.assertFalse(errors[:2], f"{len(errors)} rounds failed")
        self.assertEqual(self.delivery(event, well).state, "delivered")

    def queries_of_list(self, model, count_domain=()):
        view = self.env[model].get_views([(False, "list")])["views"]["list"]["arch"]
        names = {node.get("name") for node in etree.fromstring(view).iter("field")}
        spec = {name: {} for name in names}
        counts = []
        for limit in (8, 80):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env[model].web_search_read(list(count_domain), spec, limit=limit)
            counts.append(self.env.cr.sql_log_count - before)
        return counts

    def test_lists_of_80_ask_no_more_than_lists_of_8(self):
        for n in range(85):
            system = self.env["integration.system"].create(
                {"name": f"S{n}", "company_id": self.company.id, "allowed_networks": "127.0.0.0/8"}
            )
            system.action_new_signing_secret()
            self.subscribe(name=f"S{n}", system_id=system.id)
        self.env.flush_all()
        for model in ("integration.subscription", "integration.system", "integration.code.list"):
            with self.subTest(model):
                few, many = self.queries_of_list(model)
                self.assertLess(many, few + 10, (model, few, many))

    def test_who_sees_one_company_learns_nothing_of_another(self):
        other = self.env["res.company"].create({"name": "Other GmbH"})
        stranger = self.user("otto.other", "integration_core.group_operator")
        stranger.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
        self.mes.action_suspend()
        self.event()
        self.run_lane()
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            self.env["integration.system.resume"].with_user(stranger).with_context(
                allowed_company_ids=other.ids
            ).create({"system_id": self.mes.id})

    def test_a_dead_stock_level_does_not_silence_those_after_it(self):
        """The subscription keeps no order, and its form does not show "After a Dead Letter": Hold counts all the same."""
        kind = "inventory.level.changed"
        declare.EVENTS[kind, 1] = declare.EventDeclaration(
            kind, 1, dict, None, "res.partner", (), "integration_outbox", "key", coalesces=True
        )
        self.addCleanup(declare.EVENTS.pop, (kind, 1))
        self.assertFalse(self.subscription.is_ordered)
        self.receiver.answers = [(400, {}, b"no")]
        old = self.event("STEEL-3MM", kind)
        self.run_lane()
        new = self.event("STEEL-3MM", kind)
        self.run_lane()
        self.rounds(5)
        self.assertEqual((self.delivery(old).state, self.delivery(new).state), ("dead", "delivered"))
