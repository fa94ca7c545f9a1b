"""Odoo's registry in a plain script."""

import sys

import odoo.tools
from odoo.modules.registry import Registry

odoo.tools.config.parse_config([], setup_logging=True)


def registry():
    """The registry of the database that the first argument names."""
    return Registry(sys.argv[1])


def worker_lives(cr, is_alive):
    """As if a worker had just beaten its heart, or none ever had: who emits then wakes a cron, too."""
    cr.execute("DELETE FROM integration_worker")
    if is_alive:
        cr.execute(
            "INSERT INTO integration_worker (name, lanes, started_at, heartbeat_at)"
            " VALUES ('benchmark:1', 'outbox', now(), now() AT TIME ZONE 'UTC' + interval '1 hour')"
        )
