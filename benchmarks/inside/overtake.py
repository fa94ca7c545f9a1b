"""A transaction that has emitted and not committed yet, and a younger one of the same key that has.

Prints what was delivered to the ordered subscription (the first argument) and to the other one, before
and after the older one commits.
"""

import json
import sys

import declared
from start import registry

from odoo import SUPERUSER_ID, api

from odoo.addons.integration_outbox.engine.lane import OutboxLane

declared.install()
ORDERED, OTHER = json.loads(sys.argv[2])


def delivered(pool):
    lane = OutboxLane(pool)
    while lane.run_once():
        pass
    lane.drain()
    lane.close()
    with pool.cursor() as cr:
        cr.execute(
            "SELECT delivery.subscription_id, (event.data::json->>'number')::int FROM integration_delivery AS delivery"
            " JOIN integration_event AS event ON event.id = delivery.event_id WHERE delivery.state = 'delivered'"
            " ORDER BY delivery.delivered_at"
        )
        rows = cr.fetchall()
    return {
        "ordered": [number for id_, number in rows if id_ == ORDERED],
        "other": [number for id_, number in rows if id_ == OTHER],
    }


def main():
    pool = registry()
    with pool.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        older, younger = env["res.partner"].create([{"name": "Line 7"}, {"name": "Line 7"}]).ids
    with pool.cursor() as late:
        api.Environment(late, SUPERUSER_ID, {})["res.partner"].browse(older).ref = "1"
        late.flush()  # emitted, its id is drawn; not committed
        with pool.cursor() as cr:
            api.Environment(cr, SUPERUSER_ID, {})["res.partner"].browse(younger).ref = "2"
        before = delivered(pool)
    print(json.dumps({"before": before, "after": delivered(pool)}))


main()
