import io
import logging

from odoo.tests import TransactionCase, tagged

from .. import logs

FORGED = "2026-11-21 05:30:00,000 1 INFO plant odoo.addons.base.models.res_users: Login successful for admin"


@tagged("post_install", "-at_install")
class TestLogs(TransactionCase):
    """Through a real logger, handler and formatter, as in Odoo's own log."""

    def setUp(self):
        super().setUp()
        self.written = io.StringIO()
        handler = logging.StreamHandler(self.written)
        handler.setFormatter(logging.Formatter("%(asctime)s %(process)s %(levelname)s %(name)s: %(message)s"))
        self.logger = logs.get_logger(f"{__name__}.{self._testMethodName}")
        self.logger.propagate = False
        self.logger.setLevel(logging.INFO)
        self.logger.addHandler(handler)
        self.records = []
        handler.addFilter(lambda record: self.records.append(record) or True)

    def lines(self):
        return self.written.getvalue().split("\n")

    def test_what_a_partner_sent_begins_no_line(self):
        for line_break in ("\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028"):
            self.logger.info("message %s was refused", f"A-17{line_break}{FORGED}")
        first, *further = [
            line for line in self.written.getvalue().splitlines() if FORGED in line or "A-17" in line
        ]
        self.assertEqual([line for line in further if line.startswith("2026-11-21 05:30:00,000 1 ")], [])
        self.assertEqual(sum(line.startswith(logs.MARK + FORGED) for line in self.lines()), 8)
        self.assertIn("A-17", first)

    def test_nor_does_it_in_a_traceback(self):
        try:
            raise ValueError(f"no such lot: A-17\n{FORGED}\n\x1b[2Jgone")
        except ValueError as error:
            self.logger.error("message %s: its handler failed", 7, exc_info=error)
        first, *further = [line for line in self.lines() if line]
        self.assertIn("its handler failed", first)
        self.assertIn("ValueError", self.written.getvalue())
        self.assertIn("test_logs.py", self.written.getvalue(), "where it happened is still told")
        self.assertEqual([line for line in further if not line.startswith(logs.MARK)], [])
        self.assertNotIn("\x1b", self.written.getvalue(), "no command for a terminal")
        self.assertIsInstance(
            self.records[0].exc_info[1], ValueError, "who reports errors elsewhere still can"
        )

    def test_what_is_harmless_is_written_as_it_is(self):
        self.logger.info("lot %s, %d pieces of %s", "A-17", 12, "Müller & Söhne")
        self.assertIn("lot A-17, 12 pieces of Müller & Söhne\n", self.written.getvalue())
