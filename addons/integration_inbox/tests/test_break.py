import random
import string

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core import declare

from ..engine.lane import InboxLane
from .common import InboxCase, Renamed

LONG = "".join(random.Random(1).choices(string.ascii_letters + string.digits, k=6000))


@tagged("post_install", "-at_install")
class TestBreak(InboxCase):
    """What a reader who tried to break the engine found."""

    def rounds(self, count=6):
        errors = []
        with self.enter_registry_test_mode(), mute_logger("odoo.sql_db"):
            lane = InboxLane(self.registry)
            for _round in range(count):
                try:
                    lane.run_once()
                except Exception as error:  # noqa: BLE001, as lane.run does
                    errors.append(f"{type(error).__name__}: {error}")
                    lane.forget()
            lane.close()
        self.env.invalidate_all()
        return errors

    def test_a_key_that_is_too_long_kills_no_neighbours(self):
        """Three signed messages name a partner by 6,000 characters; three good ones were claimed with them."""
        for n, partner in enumerate((LONG, LONG, LONG, "K-100", "K-100", "K-100")):
            body = self.body(event_id=f"e-{n}", data={"partner": partner, "name": f"Nordwind {n}"})
            answer = self.accept(body, self.headers(body, f"msg_{n}"))
            self.assertEqual(answer.status, 202, answer.body)
        errors = []
        for _lease in range(6):
            errors += self.rounds()
            self.env.cr.execute(
                "UPDATE integration_message SET lease_until = '2026-01-01' WHERE state = 'processing'"
            )
        states = [(self.message(f"msg_{n}").state, self.message(f"msg_{n}").reason) for n in range(6)]
        self.assertEqual([state for state, _reason in states[3:]], ["processed"] * 3, (states, errors[:2]))

    def test_what_was_left_out_at_a_resume_keeps_no_successor_waiting(self):
        self.crm.action_suspend()
        for number in (1, 2):
            body = self.body(event_id=f"e-{number}", sequence=str(number))
            self.assertEqual(self.accept(body, self.headers(body, f"msg_{number}")).status, 202)
        self.run_lane()
        self.env.invalidate_all()
        self.crm._resume(is_discarding=True)
        self.env.flush_all()
        self.run_lane()
        self.env.invalidate_all()
        self.assertEqual({self.message(f"msg_{n}").state for n in (1, 2)}, {"kept"})
        body = self.body(event_id="e-3", sequence="3")
        self.accept(body, self.headers(body, "msg_3"))
        self.run_lane()
        self.env.invalidate_all()
        third = self.message("msg_3")
        self.assertEqual(third.state, "processed", (third.reason, self.endpoint.gap_wait_s))

    def test_what_postgresql_always_refuses_is_not_tried_for_ever(self):
        """An id too long for its index is an OperationalError to psycopg2, and no interruption."""

        def learn(message, renamed):
            """Learn what the sender calls a partner."""
            partner = message.find("res.partner", "K-100")
            message.env["integration.external.id"].sudo()._learn(message.system, partner, renamed.partner)
            return partner

        kind = "test.partner.learnt"
        declare.HANDLERS[kind, 1]["test"] = declare.HandlerDeclaration(
            kind, 1, Renamed, learn, "integration_inbox"
        )
        self.addCleanup(declare.HANDLERS.pop, (kind, 1))
        body = self.body(kind=kind, data={"partner": LONG, "name": "x"})
        self.assertEqual(self.accept(body, self.headers(body)).status, 202)
        for _try in range(30):
            self.rounds(1)
            self.env.cr.execute(
                "UPDATE integration_message SET next_attempt_at = '2026-01-01' WHERE state = 'retrying'"
            )
        message = self.message()
        self.assertEqual(message.state, "dead", (message.attempt_count, message.reason))
