import io
import logging
from datetime import datetime, timedelta, timezone

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core import logs

from .common import MOVED, POSITION, RENAMED, InboxCase


@tagged("post_install", "-at_install")
class TestApply(InboxCase):
    def send(self, *names, kind=None, key=None, numbers=(), **attributes):
        """Accept messages msg_1, msg_2, … without HTTP, in the given order."""
        for position, name in enumerate(names, 1):
            if numbers:
                attributes |= {"sequence": str(numbers[position - 1]), "partitionkey": key or "K-100"}
            body = self.body(name, event_id=f"e-{position}", **({"kind": kind} if kind else {}), **attributes)
            answer = self.accept(body, self.headers(body, f"msg_{position}"))
            self.assertEqual(answer.status, 202, answer.body)
        self.env.flush_all()

    def due(self):
        """Let the next attempts of what waits come now."""
        self.env.cr.execute(
            "UPDATE integration_message SET next_attempt_at = '2026-01-01' WHERE next_attempt_at IS NOT NULL"
        )

    def test_a_message_is_applied_once_and_shows_what_it_did(self):
        self.send("Nordwind AG")
        for _ in range(2):
            self.run_lane()
        message = self.message()
        self.assertEqual((message.state, message.attempt_count), ("processed", 1))
        self.assertEqual(self.partner.name, "Nordwind AG")
        self.assertIn("+", self.partner.comment)
        self.assertNotIn("++", self.partner.comment)
        self.assertEqual(
            (message.record_ids.res_model, message.record_ids.res_id), ("res.partner", self.partner.id)
        )
        self.assertEqual(message.record_ids.record_name, "Nordwind AG")

    def test_it_is_applied_as_the_service_user(self):
        self.send("Nordwind AG")
        self.run_lane()
        self.assertEqual(self.partner.write_uid, self.crm.user_id)

    def test_what_the_service_user_may_not_do_goes_to_the_dead_letters(self):
        self.send("Forbidden")
        with mute_logger("odoo.addons.base.models.ir_model"):
            self.run_lane()
        self.assertEqual(self.message().state, "dead")
        self.assertIn("not allowed", self.message().reason)
        self.assertEqual(self.partner.name, "Nordwind GmbH")

    def test_what_is_not_known_yet_waits_and_goes_through_once_it_is(self):
        link = self.env["integration.external.id"].search([("external_key", "=", "K-100")])
        link.external_key = "K-999"
        self.send("Nordwind AG")
        self.run_lane()
        self.assertEqual(self.message().state, "waiting")
        self.assertIn("Contact K-100 from CRM Nord is unknown.", self.message().reason)
        link.external_key = "K-100"
        self.due()
        self.run_lane()
        self.assertEqual((self.message().state, self.partner.name), ("processed", "Nordwind AG"))

    def test_waiting_ends_in_the_dead_letters(self):
        self.send("Not yet")
        self.env.cr.execute("UPDATE integration_message SET received_at = '2026-01-01'")
        self.run_lane()
        self.assertEqual(self.message().state, "dead")
        self.assertIn("Its owner is not known yet. It was waited for a day.", self.message().reason)

    def test_a_failure_leaves_nothing_behind(self):
        for name, state, says in (
            ("Never", "dead", "That name is taken."),
            ("Not yet", "waiting", "Its owner is not known yet."),
            ("Bug", "retrying", "Unexpected error in the handler: ZeroDivisionError"),
        ):
            with self.subTest(name):
                self.message().sudo().unlink()
                self.send(name)
                with mute_logger("odoo.addons.integration_inbox.apply"):
                    self.run_lane()
                self.assertEqual(self.message().state, state)
                self.assertIn(says, self.message().reason)
                self.assertEqual((self.partner.name, self.partner.comment), ("Nordwind GmbH", False))
                self.assertFalse(self.message().record_ids)

    def test_a_bug_in_a_handler_ends_in_the_dead_letters_after_some_tries(self):
        self.send("Bug")
        with mute_logger("odoo.addons.integration_inbox.apply"):
            for _ in range(8):
                self.due()
                self.run_lane()
        self.assertEqual((self.message().state, self.message().attempt_count), ("dead", 8))

    def test_a_poison_message_does_not_stop_its_neighbours(self):
        self.send("Bug", "Nordwind AG")
        with mute_logger("odoo.addons.integration_inbox.apply"):
            self.run_lane()
        self.assertEqual(self.message("msg_2").state, "processed")

    def test_what_a_table_refuses_dies_with_the_reason_and_stops_no_neighbour(self):
        self.send("Nordwind AG", "Nameless", "Nordwind SE")
        with mute_logger("odoo.sql_db"):
            self.run_lane()
            self.assertEqual([self.message(f"msg_{n}").state for n in (1, 3)], ["processed"] * 2)
            # The third wrote to the same contact; alone, the second would have been refused all the same.
            self.assertEqual(self.message("msg_2").state, "retrying", "another may have stored the same")
            self.due()
            self.run_lane()
        self.assertEqual((self.message("msg_2").state, self.message("msg_2").attempt_count), ("dead", 2))
        self.assertEqual(self.message("msg_2").reason, "Contacts require a name")
        self.assertEqual(self.partner.name, "Nordwind SE")

    def test_what_no_event_waits_for_reaches_the_tables_together(self):
        updates = []
        execute = type(self.env.cr).execute

        def spy(cr, query, *args, **kwargs):
            if 'UPDATE "res_partner"' in str(getattr(query, "code", query)):
                updates.append(query)
            return execute(cr, query, *args, **kwargs)

        partners = self.env["res.partner"].create([{"name": f"Werk {n}"} for n in range(5)])
        for n, partner in enumerate(partners):
            self.env["integration.external.id"]._learn(self.crm, partner, f"W-{n}")
            body = self.body(kind=MOVED, data={"partner": f"W-{n}", "name": f"Gate {n}"})
            self.accept(body, self.headers(body, f"msg_{n}"))
        self.env.flush_all()
        self.patch(type(self.env.cr), "execute", spy)
        self.run_lane()
        self.assertEqual(partners.mapped("street"), [f"Gate {n}" for n in range(5)])
        self.assertEqual(len(updates), 1)

    def test_numbered_messages_are_applied_in_order(self):
        self.send("Third", "First", "Second", numbers=(3, 1, 2))
        self.run_lane()
        self.assertEqual([self.message(f"msg_{n}").state for n in (1, 2, 3)], ["processed"] * 3)
        self.assertEqual(self.partner.name, "Third")

    def test_a_missing_number_is_waited_for_and_named(self):
        self.send("Second", numbers=(2,))
        self.run_lane()
        self.assertEqual(self.message().state, "waiting")
        self.assertIn("waits for sequence 1, which was not received yet", self.message().reason)

    def test_a_number_that_is_dead_is_said_to_be(self):
        self.send("Never", "Second", numbers=(1, 2))
        self.run_lane()
        self.assertIn("waits for sequence 1, which failed", self.message("msg_2").reason)

    def test_after_the_wait_a_gap_is_passed_and_facts_that_come_late_still_count(self):
        self.endpoint.gap_wait_s = 0
        self.send("Second", "First", numbers=(2, 1))
        self.run_lane()
        self.assertEqual([self.message(f"msg_{n}").state for n in (1, 2)], ["processed"] * 2)

    def test_where_only_the_latest_counts_a_stale_one_is_superseded(self):
        self.endpoint.gap_wait_s = 0
        self.send("Second", numbers=(2,), kind=POSITION)
        self.run_lane()
        late = self.body("First", kind=POSITION, event_id="e-2", sequence="1", partitionkey="K-100")
        self.accept(late, self.headers(late, "msg_2"))
        self.run_lane()
        self.assertEqual(self.message("msg_2").state, "superseded")
        self.assertEqual(self.partner.name, "Second")

    def at(self, minute, name, message_id, kind=POSITION, key="K-100", **attributes):
        """Accept a message without a number that tells what was so at a minute of today."""
        moment = datetime.now(timezone.utc).replace(second=0, microsecond=0) - timedelta(hours=2)
        attributes = {
            "time": (moment + timedelta(minutes=minute)).isoformat(),
            "partitionkey": key,
            **attributes,
        }
        body = self.body(name, kind=kind, event_id=message_id, **attributes)
        self.assertEqual(self.accept(body, self.headers(body, message_id)).status, 202)
        self.env.flush_all()

    def test_without_numbers_the_time_says_which_is_the_latest_of_a_key(self):
        self.at(20, "Second", "msg_1")
        self.run_lane()
        self.at(10, "First", "msg_2")
        self.at(20, "Second again", "msg_3")
        self.at(30, "Third", "msg_4")
        self.run_lane()
        states = [self.message(f"msg_{number}").state for number in (1, 2, 3, 4)]
        self.assertEqual(states, ["processed", "superseded", "processed", "processed"])
        self.assertIn("A later message for K-100 was already processed", self.message("msg_2").reason)
        self.assertEqual(self.partner.name, "Third")

    def test_the_latest_counts_also_among_what_is_applied_together(self):
        self.at(20, "Second", "msg_1")
        self.at(10, "First", "msg_2")
        self.run_lane()
        self.assertEqual((self.message("msg_2").state, self.partner.name), ("superseded", "Second"))

    def test_the_time_supersedes_neither_other_keys_nor_other_types_nor_what_all_counts_of(self):
        self.at(20, "Second", "msg_1")
        self.run_lane()
        self.at(10, "Elsewhere", "msg_2", key="K-200")
        self.at(10, "Renamed", "msg_3", kind=RENAMED)
        self.at(10, "Untimed", "msg_4", time=None)
        self.run_lane()
        for message_id in ("msg_2", "msg_3", "msg_4"):
            self.assertEqual(self.message(message_id).state, "processed", message_id)

    def test_what_failed_supersedes_nothing(self):
        self.at(20, "Never", "msg_1")
        self.run_lane()
        self.assertEqual(self.message("msg_1").state, "dead")
        self.at(10, "First", "msg_2")
        self.run_lane()
        self.assertEqual(self.message("msg_2").state, "processed")

    def test_a_clock_that_is_ahead_silences_nothing_that_follows(self):
        self.at(60 * 24 * 365, "From next year", "msg_1")
        self.run_lane()
        self.env.cr.execute(
            "UPDATE integration_message_latest SET occurred_at = occurred_at - interval '3 hours'"
        )
        self.at(10, "Now", "msg_2")
        self.run_lane()
        self.assertEqual(self.message("msg_2").state, "processed")

    def test_other_keys_do_not_wait(self):
        self.send("Second", numbers=(2,))
        body = self.body("First", event_id="e-9", sequence="1", partitionkey="K-200")
        self.accept(body, self.headers(body, "msg_9"))
        self.run_lane()
        self.assertEqual(self.message("msg_9").state, "processed")

    def test_what_a_dead_worker_held_is_applied_by_another(self):
        self.send("Nordwind AG")
        self.env.cr.execute(
            "UPDATE integration_message SET state = 'processing', leased_by = 'x', lease_until = '2026-01-01'"
        )
        self.run_lane()
        self.assertEqual((self.message().state, self.partner.name), ("processed", "Nordwind AG"))

    def test_without_a_service_user_messages_wait_with_the_reason(self):
        self.send("Nordwind AG")
        user, self.crm.user_id = self.crm.user_id, False
        self.run_lane()
        self.assertEqual(self.message().state, "retrying")
        self.assertIn("CRM Nord has no service user", self.message().reason)
        self.crm.user_id = user
        self.due()
        self.run_lane()
        self.assertEqual(self.message().state, "processed")

    def test_an_operator_applies_a_dead_letter_again(self):
        self.send("Never")
        self.run_lane()
        with self.assertRaises(AccessError):
            self.message().with_user(self.user("uma.user", "integration_core.group_user")).action_retry()
        self.message().with_user(self.operator()).action_retry()
        self.assertEqual((self.message().state, self.message().attempt_count), ("received", 0))

    def test_a_query_that_postgresql_refuses_forges_no_line_of_the_log(self):
        """Odoo logs it with the row's values, of which one has come from a partner."""
        forged = "2026-11-21 05:30:00,000 1 INFO odoo: all is well"
        self.partner.street = f"Gate 4\n{forged}"
        self.env.flush_all()
        written, logger = io.StringIO(), logging.getLogger("odoo.sql_db")
        handler = logging.StreamHandler(written)
        level = logger.level
        logger.addHandler(handler)
        logger.setLevel(logging.ERROR)
        try:
            self.send("Nameless")
            self.run_lane()
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)
        lines = written.getvalue().split("\n")
        self.assertTrue([line for line in lines if line.startswith(logs.MARK + forged)], lines)
        self.assertFalse([line for line in lines if line.startswith(forged)])

    def test_nobody_edits_a_message(self):
        self.send("Nordwind AG")
        for user in (self.operator(), self.env.ref("base.user_admin")):
            with self.assertRaises(AccessError):
                self.message().with_user(user).write({"body": "{}"})
            with self.assertRaises(AccessError):
                self.message().with_user(user).unlink()
