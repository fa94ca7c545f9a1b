"""The subscriptions as the lane knows them now: their settings, read anew when they change, and their health."""

import time

from odoo import SUPERUSER_ID, api

from . import health

# Settings are looked at this often, in seconds, and read anew when they changed; at the latest after RELOAD_EVERY_S.
LOOK_EVERY_S = 1.0
RELOAD_EVERY_S = 30.0

# What the channels are made of; cheaper than reading, and unsealing, all of it.
STAMP = """
    SELECT (SELECT array_agg((id, write_date, state) ORDER BY id) FROM integration_subscription)::text,
           (SELECT array_agg((id, write_date) ORDER BY id) FROM integration_system)::text,
           (SELECT array_agg((id, write_date, state) ORDER BY id) FROM integration_credential)::text,
           (SELECT array_agg(value ORDER BY key) FROM ir_config_parameter
             WHERE key IN ('database.uuid', 'web.base.url', 'integration_hub.identity'))::text
"""


class Channels:
    """:ivar all: ``{subscription id: Channel}``. :ivar healths: ``{subscription id: Health}``.

    :ivar source: the CloudEvents ``source`` of what this database sends, without the company.
    """

    def __init__(self):
        self.all = {}
        self.healths = {}
        self.source = ""
        self._stamp = None
        self._reload_at = 0.0

    def refresh(self, cr):
        now = time.monotonic()
        cr.execute(STAMP)
        stamp = cr.fetchone()
        if stamp != self._stamp or now >= self._reload_at:
            env = api.Environment(cr, SUPERUSER_ID, {})
            self.all = env["integration.subscription"]._channels()
            self.source = f"/odoo/{env['ir.config_parameter'].get_param('database.uuid')}"
            env.clear()
            self._stamp = stamp
            self._reload_at = now + RELOAD_EVERY_S
        self.healths = health.read(cr, self.all)

    def get(self, id_):
        return self.all.get(id_)

    def of_client(self, client):
        """Ids of the channels that show this OAuth 2.0 client's tokens."""
        return {id_ for id_, channel in self.all.items() if channel.client == client}

    def open(self):
        return [channel for channel in self.all.values() if self.is_open(channel)]

    def is_open(self, channel):
        """Whether requests may go out on this channel now."""
        if channel.is_paused or channel.problem is not None:
            return False
        if channel.hours is not None and not channel.hours.is_open(time.time()):
            return False
        return self._breaker_state(channel) != "open"

    def is_on_trial(self, channel):
        """Whether one request at a time finds out if the partner is back."""
        return self._breaker_state(channel) == "half-open"

    def _breaker_state(self, channel):
        found = self.healths.get(channel.id)
        return found.breaker.state(found.now_here()) if found else "closed"

    def note_breakers(self, changed):
        """:param changed: ``{subscription id: Breaker}`` that this worker has written."""
        for id_, breaker in changed.items():
            if id_ in self.healths:
                self.healths[id_] = self.healths[id_].with_breaker(breaker)
