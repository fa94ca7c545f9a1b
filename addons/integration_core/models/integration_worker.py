import time

from odoo import api, fields, models

from ..engine import lane as engine_lane
from ..engine import wakeup
from ..engine.wakeup import ALIVE_S

_NOTIFIES = "integration_core.notifies_crons"


class IntegrationWorker(models.Model):
    """A worker process with its last heartbeat; scheduled actions enter the same engine here."""

    _name = "integration.worker"
    _description = "Integration Worker"
    _order = "heartbeat_at desc"
    _log_access = False

    name = fields.Char(readonly=True, help="Host and process ID.")
    lanes = fields.Char(string="Queues", readonly=True, help="Queues that the worker processes.")
    problem = fields.Char(readonly=True, help="Queue that stopped or makes no progress.")
    started_at = fields.Datetime(readonly=True)
    heartbeat_at = fields.Datetime(string="Last Heartbeat", readonly=True)
    is_alive = fields.Boolean(compute="_compute_is_alive")
    status = fields.Selection(
        [("running", "Running"), ("lost", "Not Responding")],
        compute="_compute_is_alive",
        help="A worker without a recent heartbeat does not respond.",
    )

    _name_uniq = models.UniqueIndex("(name)")

    @api.depends("heartbeat_at")
    def _compute_is_alive(self):
        now = fields.Datetime.now()
        for worker in self:
            age = (now - worker.heartbeat_at).total_seconds() if worker.heartbeat_at else ALIVE_S
            worker.is_alive = age < ALIVE_S
            worker.status = "running" if worker.is_alive else "lost"

    @api.model
    def _wake(self, lane):
        """Tell the engine, when this transaction commits, that a lane has work."""
        cr = self.env.cr
        if wakeup.wake(cr, lane, self._cron_of(lane)) and not cr.postcommit.data.get(_NOTIFIES):
            cr.postcommit.data[_NOTIFIES] = True
            cr.postcommit.add(lambda: wakeup.crons.notify(cr.dbname))

    @api.model
    def _wake_now(self, cr, lane):
        """Tell the engine of what is committed already. :param cr: commits each statement by itself."""
        if wakeup.wake(cr, lane, self._cron_of(lane)):
            wakeup.crons.notify(cr.dbname)

    @api.model
    def _cron_of(self, lane):
        return self.env["ir.model.data"]._xmlid_to_res_id(engine_lane.LANES[lane].cron)

    @api.model
    def _is_served(self, lane):
        """Whether a worker that was heard of lately runs ``lane``."""
        self.env.cr.execute(wakeup.SERVED, {"alive_s": ALIVE_S, "lane": lane})
        return bool(self.env.cr.rowcount)

    @api.model
    def _cron_run(self, name):
        """Run a lane in this cron's thread until nothing is left or the cron's time is up."""
        lane = engine_lane.LANES[name](self.env.registry)
        deadline = self.env.context.get("cron_end_time") or time.monotonic() + 10
        try:
            engine_lane.run(lane, lambda: False, time.sleep, deadline)
            pause = lane.seconds_to_next()
        finally:
            lane.close()
        if pause is not None:
            at = fields.Datetime.add(fields.Datetime.now(), seconds=max(0, pause))
            self.env.ref(lane.cron).sudo()._trigger(at)
