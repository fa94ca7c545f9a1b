"""Whatever working on a message raises is that message's failed attempt; its neighbours notice nothing."""

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core import declare
from odoo.addons.integration_core.errors import NotYetKnown, RejectMessage

from ..engine.outcome import LONGEST_REASON
from ..engine.sequencing import Sequencing
from .common import InboxCase, Renamed

BROKEN = "test.partner.broken"


class Unspeakable(Exception):
    def __str__(self):
        raise ZeroDivisionError("even its text fails")


def deep(depth=0):
    return deep(depth + 1)


def ends_otherwise(error):
    def end():
        raise error

    return end


# What a handler raises, and what is read of it afterwards.
FOR_EVER = {
    "SystemExit": (ends_otherwise(SystemExit("bye")), "SystemExit: bye"),
    "KeyboardInterrupt": (ends_otherwise(KeyboardInterrupt()), "KeyboardInterrupt"),
    "GeneratorExit": (ends_otherwise(GeneratorExit()), "GeneratorExit"),
    "MemoryError": (ends_otherwise(MemoryError()), "MemoryError"),
    "StopIteration": (ends_otherwise(StopIteration()), "StopIteration"),
    "RecursionError": (deep, "RecursionError"),
    "its own text fails": (ends_otherwise(Unspeakable()), "Unspeakable"),
    "a NUL in the reason": (ends_otherwise(ValueError("gate\x00four")), "gate\ufffdfour"),
    "half a character in the reason": (ends_otherwise(ValueError("gate \ud83d four")), "gate ? four"),
    "returns what is no record": (lambda: [object()], "AttributeError"),
}
AT_ONCE = {
    "a NUL in a rejection": (ends_otherwise(RejectMessage("gate\x00four")), "gate\ufffdfour"),
    "a NUL in what a user is told": (ends_otherwise(UserError("gate\x00four")), "gate\ufffdfour"),
    "a reason without end": (ends_otherwise(RejectMessage("x" * 10**6)), "x" * 100),
}


@tagged("post_install", "-at_install")
class TestFailedAttempts(InboxCase):
    @classmethod
    def declare_handlers(cls):  # pylint: disable=missing-return
        super().declare_handlers()
        ways = {name: way for name, (way, _says) in (FOR_EVER | AT_ONCE).items()}
        ways["waits for a strange key"] = ends_otherwise(
            NotYetKnown("Not there.", "res.partner", "K\x00\ud83d")
        )

        def end(message, renamed):
            """End in the way that is asked for."""
            partner = message.find("res.partner", renamed.partner)
            partner.comment = "changed"
            return ways[renamed.name]()

        cls.declare_handler(BROKEN, end)

    @classmethod
    def declare_handler(cls, name, apply):
        declare.HANDLERS[name, 1]["test"] = declare.HandlerDeclaration(
            name, 1, Renamed, apply, "integration_inbox"
        )
        cls.addClassCleanup(declare.HANDLERS.pop, (name, 1))

    def send(self, message_id, name="Nordwind AG", **options):
        body = self.body(name, event_id=message_id, **options)
        self.assertEqual(self.accept(body, self.headers(body, message_id)).status, 202)
        self.env.flush_all()

    def send_between_neighbours(self, name, kind=BROKEN):
        for message in self.env["integration.message"].search([("endpoint_id", "=", self.endpoint.id)]):
            message.sudo().unlink()
        self.send("before", "Before")
        self.send("wrong", name, kind=kind)
        self.send("after", "After")

    @mute_logger("odoo.addons.integration_inbox.engine.outcome", "odoo.sql_db")
    def run_until_it_ends(self, rounds=20):
        for _ in range(rounds):
            self.env.cr.execute(
                "UPDATE integration_message SET next_attempt_at = '2026-01-01' WHERE next_attempt_at IS NOT NULL"
            )
            self.run_lane()
            self.env.invalidate_all()
            if self.message("wrong").state == "dead":
                break

    def assert_only_it_failed(self, says):
        wrong = self.message("wrong")
        self.assertEqual((wrong.state, wrong.crash_count or 0), ("dead", 0), wrong.reason)
        self.assertIn(says, wrong.reason)
        self.assertLessEqual(len(wrong.reason), LONGEST_REASON)
        self.assertEqual(wrong.note_ids[:1].reason, wrong.reason)
        for neighbour in ("before", "after"):
            self.assertEqual(
                (self.message(neighbour).state, self.message(neighbour).attempt_count), ("processed", 1)
            )
        self.assertNotEqual(self.partner.comment, "changed")

    def test_whatever_a_handler_raises_is_tried_again_and_dies_with_its_reason(self):
        for name, (_way, says) in FOR_EVER.items():
            with self.subTest(name):
                self.send_between_neighbours(name)
                self.run_until_it_ends()
                self.assertEqual(self.message("wrong").attempt_count, 8)
                self.assert_only_it_failed(says)

    def test_a_reason_that_no_table_takes_is_made_one_that_it_does(self):
        for name, (_way, says) in AT_ONCE.items():
            with self.subTest(name):
                self.send_between_neighbours(name)
                self.run_until_it_ends(1)
                self.assert_only_it_failed(says)

    def test_a_key_that_no_table_takes_is_waited_for_all_the_same(self):
        self.send_between_neighbours("waits for a strange key")
        self.run_until_it_ends(1)
        wrong = self.message("wrong")
        self.assertEqual((wrong.state, wrong.missing_key), ("waiting", "K\ufffd?"))

    def test_a_message_whose_payload_is_gone_is_dead_with_a_sentence(self):
        for name, gone, says in (
            ("erased", "body = NULL", "Its payload is not kept any more."),
            ("cut off", "derived = '[{'", "Its payload cannot be read"),
            ("no event", "derived = '[1]'", "Its payload cannot be read: The body is not a JSON object."),
        ):
            with self.subTest(name):
                self.send_between_neighbours("SystemExit")
                self.env.cr.execute(
                    f"UPDATE integration_message SET {gone} WHERE message_id = 'wrong'"  # noqa: S608
                )
                self.env.invalidate_all()
                self.run_until_it_ends(1)
                self.assert_only_it_failed(says)

    def test_a_check_of_the_order_that_fails_is_an_attempt_that_failed(self):
        check = Sequencing.check

        def fails(sequencing, message, age_s):
            if message.message_id == "wrong":
                sequencing.cr.execute("SELECT 1 / 0")
            return check(sequencing, message, age_s)

        self.patch(Sequencing, "check", fails)
        self.send_between_neighbours("SystemExit")
        self.run_until_it_ends()
        self.assert_only_it_failed("division by zero")

    def test_a_retry_of_an_erased_message_gives_a_sentence(self):
        self.send("wrong", "Never")
        self.run_until_it_ends(1)
        self.message("wrong")._erase_payload(
            self.env["integration.data.subject.request"].create({"term": "K-100", "why": "He asked for it"})
        )
        with self.assertRaisesRegex(UserError, "its payload was deleted"):
            self.message("wrong").with_user(self.operator()).action_retry()
        self.run_lane()
        self.assertEqual(self.message("wrong").state, "dead")
