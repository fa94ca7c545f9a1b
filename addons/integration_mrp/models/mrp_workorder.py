from datetime import timezone

from odoo import fields, models

from odoo.addons.integration_core.errors import NotYetKnown, RejectMessage, Superseded


def naive(moment):
    """An aware time as Odoo keeps it: UTC, whole seconds, without a zone."""
    return moment.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)


class MrpWorkorder(models.Model):
    _name = "mrp.workorder"
    _inherit = ["mrp.workorder", "integration.linked"]

    def _integration_check_open(self):
        """:raises NotYetKnown, RejectMessage: the order cannot be reported on now, or ever."""
        self.ensure_one()
        if self.production_id.state == "draft":
            raise NotYetKnown(self.env._("%s is not released yet.", self.production_id.name))
        if "cancel" in (self.state, self.production_id.state):
            raise RejectMessage(self.env._("%s is cancelled.", self.display_name))

    def _integration_start(self, started):
        """Start at the reported time.

        :raises Superseded: it is finished already, the news is old.
        """
        self._integration_check_open()
        if self.state == "done":
            raise Superseded(self.env._("%s is finished already.", self.display_name))
        self.button_start()
        begin = min(naive(started.started_at), fields.Datetime.now())
        self.time_ids.filtered(lambda line: not line.date_end).date_start = begin
        self.with_context(bypass_duration_calculation=True).write(
            {"date_start": begin, "date_finished": max(self.date_finished or begin, begin)}
        )

    def _integration_finish(self, done):
        """Finish with the reported quantity and time."""
        self._integration_check_open()
        if self.state == "done":
            raise RejectMessage(
                self.env._("%s was finished before; correct it in the order.", self.display_name)
            )
        if self.state != "progress":
            self.button_start()
        end = min(naive(done.completed_at), fields.Datetime.now())
        begin = min(self.time_ids.filtered(lambda line: not line.date_end).mapped("date_start") or [end])
        minutes = (
            float(done.machine_minutes)
            if done.machine_minutes is not None
            else max(0.0, (end - begin).total_seconds() / 60)
        )
        self._integration_book_time(minutes, end)
        good = self.production_id._integration_quantity(done.good)
        if good:
            self.qty_produced = good
        self.button_finish()
        self.with_context(bypass_duration_calculation=True).write(
            {"date_start": min(begin, end), "date_finished": end}
        )
        self.production_id.message_post(
            body=self.env._(
                "%(operation)s: %(good)s good in %(minutes)s min, reported by %(operator)s",
                operation=self.name,
                good=good,
                minutes=round(minutes, 2),
                operator=done.operator or self.env.user.name,
            )
        )

    def _integration_book_time(self, minutes, end):
        """Exactly ``minutes`` more on this work order, ending at ``end``.

        Odoo's own inverse of ``duration`` splits them into productive and lost time; it knows only
        "until now", so its lines are moved.
        """
        self.time_ids.filtered(lambda line: not line.date_end).unlink()
        before = self.time_ids
        if not minutes:
            return
        self.duration = self.get_duration() + minutes
        lines = self.time_ids - before
        shift = end - max(lines.mapped("date_end"))
        for line in lines:
            line.write({"date_start": line.date_start + shift, "date_end": line.date_end + shift})
