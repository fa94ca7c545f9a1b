import time

from odoo import api, fields, models

from ..engine import lane as engine_lane
from ..engine.worker import ALIVE_S, CHANNEL

# A worker that was heard of lately runs the lane.
SERVED = """
    SELECT
      FROM integration_worker
     WHERE heartbeat_at > clock_timestamp() AT TIME ZONE 'UTC' - make_interval(secs => %s)
       AND %s = ANY (string_to_array(lanes, ', '))
"""
WAKE = f"SELECT pg_notify(%s, %s), EXISTS ({SERVED})"  # noqa: S608, constants

# The cron was called and has not begun: it will find what is committed by now. One that is running has locked
# the call that it answers, and may be past looking: it has to be called again.
# index: ir_cron_trigger__cron_id_index
CALLED = """
    SELECT
      FROM ir_cron_trigger
     WHERE cron_id = %s AND call_at <= clock_timestamp() AT TIME ZONE 'UTC'
     LIMIT 1
       FOR KEY SHARE SKIP LOCKED
"""


class IntegrationWorker(models.Model):
    """A worker process that beats its heart here, and the cron lanes' way into the same engine."""

    _name = "integration.worker"
    _description = "Integration Worker"
    _order = "heartbeat_at desc"
    _log_access = False

    name = fields.Char(readonly=True, help="Host and process id.")
    lanes = fields.Char(readonly=True)
    started_at = fields.Datetime(readonly=True)
    heartbeat_at = fields.Datetime(string="Last Sign of Life", readonly=True)
    is_alive = fields.Boolean(compute="_compute_is_alive")

    _name_uniq = models.UniqueIndex("(name)")

    @api.depends("heartbeat_at")
    def _compute_is_alive(self):
        now = fields.Datetime.now()
        for worker in self:
            age = (now - worker.heartbeat_at).total_seconds() if worker.heartbeat_at else ALIVE_S
            worker.is_alive = age < ALIVE_S

    @api.model
    def _wake(self, lane):
        """Tell the engine, when this transaction commits, that a lane has work.

        One notification per lane and transaction; PostgreSQL folds equal ones.
        """
        if not self._notify(self.env.cr, lane):
            self.env.ref(engine_lane.LANES[lane].cron).sudo()._trigger()

    @api.model
    def _notify(self, cr, lane):
        """Tell the workers, when ``cr`` commits. :return: whether one that was heard of lately runs the lane."""
        cr.execute(WAKE, [CHANNEL, lane, ALIVE_S, lane])
        _notified, is_served = cr.fetchone()
        return is_served

    @api.model
    def _call_cron(self, cr, lane):
        """Call the cron of a lane for what is committed already, unless it is called already.

        :param cr: reads what is committed now; calling it anew is left to this environment's own.
        """
        cron = self.env.ref(engine_lane.LANES[lane].cron).sudo()
        cr.execute(CALLED, [cron.id])
        if not cr.rowcount:
            cron._trigger()

    @api.model
    def _is_served(self, lane):
        """Whether a worker that was heard of lately runs ``lane``."""
        self.env.cr.execute(SERVED, [ALIVE_S, lane])
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
