"""Apply messages with the inbox's lane, and call the same handlers directly in batches, in turns.

    apply.py DATABASE WHAT COUNT ROUNDS

WHAT is ``cheap`` (a contact gets a new street) or ``workorder`` (an operation is completed).
"""

import json
import sys
import time
from datetime import datetime, timedelta, timezone

from start import registry, worker_lives

from odoo import SUPERUSER_ID, api

WHAT, COUNT, ROUNDS = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
BATCH = 50
NOW = datetime.now(timezone.utc).replace(microsecond=0)


def declare_cheap():
    from odoo.addons.integration_core import declare  # noqa: PLC0415
    from odoo.addons.integration_core.canonical import Inbound  # noqa: PLC0415

    class Moved(Inbound):
        partner: str
        street: str

    def move(message, moved):
        """Note where a contact has moved to."""
        partner = message.find("res.partner", moved.partner)
        partner.street = moved.street
        return partner

    declaration = declare.HandlerDeclaration("bench.partner.moved", 1, Moved, move, "integration_inbox")
    declare.HANDLERS["bench.partner.moved", 1]["bench"] = declaration


def cheap(env, system):
    partners = env["res.partner"].create([{"name": f"Line {n:04}"} for n in range(2 * COUNT)])
    env["integration.external.id"].create(
        [
            {"system_id": system.id, "res_model": "res.partner", "res_id": p.id, "external_key": p.name}
            for p in partners
        ]
    )
    return [("bench.partner.moved", {"partner": p.name, "street": f"Hafenstraße {p.id}"}) for p in partners]


def workorders(env, _system):
    center = env["mrp.workcenter"].create({"name": "Cell 7", "code": "CELL-7"})
    part = env["product.product"].create({"name": "Bearing 6210", "is_storable": True})
    product = env["product.product"].create({"name": "Gearbox GX-90", "is_storable": True})
    bom = env["mrp.bom"].create(
        {
            "product_tmpl_id": product.product_tmpl_id.id,
            "bom_line_ids": [(0, 0, {"product_id": part.id, "product_qty": 2})],
            "operation_ids": [
                (0, 0, {"name": "Assemble", "workcenter_id": center.id, "time_cycle_manual": 20})
            ],
        }
    )
    orders = env["mrp.production"].create(
        [{"product_id": product.id, "bom_id": bom.id, "product_qty": 5} for _ in range(2 * COUNT)]
    )
    orders.action_confirm()
    for workorder in orders.workorder_ids:
        workorder.button_start()
    return [
        (
            "execution.operation.completed",
            {
                "order": order.name,
                "operation": order.workorder_ids[0].barcode,
                "completed_at": (NOW - timedelta(seconds=1)).isoformat(),
                "good": {"value": 5},
                "machine_minutes": 12,
            },
        )
        for order in orders
    ]


def keep(cr, endpoint, events, turn):
    """As accepting keeps them."""
    from odoo.addons.integration_core.wire import cloudevents  # noqa: PLC0415
    from odoo.addons.integration_inbox.accept.reading import Reading  # noqa: PLC0415
    from odoo.addons.integration_inbox.accept.store import keep as insert  # noqa: PLC0415

    settings = endpoint._settings()
    for number, (kind, data) in enumerate(events):
        event = {
            "specversion": "1.0",
            "id": f"{turn}-{number}",
            "source": "/bench",
            "type": kind,
            "data": data,
        }
        reading = Reading(event["id"], json.dumps(event), None, "0" * 64, [cloudevents.parse(event)])
        insert(cr, settings, reading, "received", None, "{}", "127.0.0.1")


def ours(pool, lane, endpoint_id, events, turn):
    with pool.cursor() as cr:
        keep(
            cr,
            api.Environment(cr, SUPERUSER_ID, {})["integration.endpoint"].browse(endpoint_id),
            events,
            turn,
        )
    began = time.perf_counter()
    while lane.run_once():
        pass
    spent = time.perf_counter() - began
    with pool.cursor() as cr:
        cr.execute("SELECT DISTINCT state, reason FROM integration_message WHERE state != 'processed'")
        if cr.rowcount:
            raise SystemExit(f"not applied: {cr.fetchall()[:3]}")
    return spent


class Direct:
    """What a handler needs of a message, without one."""

    def __init__(self, env, system):
        self.env, self.system = env, system

    def find(self, model, key):
        return self.env["integration.external.id"]._find(self.system, model, key).with_env(self.env)


def theirs(pool, endpoint_id, events):
    from odoo.addons.integration_core import declare  # noqa: PLC0415

    typed = [
        (handler, handler.data.model_validate(data))
        for kind, data in events
        for handler in declare.handlers_for(pool, kind, 1)
    ]
    began = time.perf_counter()
    for first in range(0, len(typed), BATCH):
        with pool.cursor() as cr:
            endpoint = api.Environment(cr, SUPERUSER_ID, {})["integration.endpoint"].browse(endpoint_id)
            env = endpoint.env(
                user=endpoint.user_id.id, su=False, context={"allowed_company_ids": endpoint.company_id.ids}
            )
            direct = Direct(env, endpoint.system_id)
            for handler, data in typed[first : first + BATCH]:
                handler.apply(direct, data)
            env.flush_all()
            cr.commit()
    return time.perf_counter() - began


def main():
    from odoo.addons.integration_inbox.engine.lane import InboxLane  # noqa: PLC0415

    pool = registry()
    declare_cheap()
    lane = InboxLane(pool)  # as in a worker: for as long as it lives
    rates = {"ours": [], "theirs": []}
    with pool.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        system = env["integration.system"].create({"name": "MES of the benchmark"})
        system.action_create_service_user()
        groups = env.ref("base.group_partner_manager") + env.ref("mrp.group_mrp_user")
        system.user_id.group_ids += groups
        endpoint_id = env["integration.endpoint"].create({"name": "Reports", "system_id": system.id}).id
        worker_lives(cr, 1)
        cr.execute("UPDATE integration_worker SET lanes = 'inbox, outbox'")
        cr.execute("DELETE FROM integration_message")
        cr.commit()
        events = []
        for turn in range(ROUNDS):
            if not events or WHAT != "cheap":
                events = (cheap if WHAT == "cheap" else workorders)(env, system)
            cr.commit()
            halves = events[:COUNT], events[COUNT:]
            if turn % 2:
                halves = halves[::-1]
            for who in ("ours", "theirs") if turn % 2 else ("theirs", "ours"):
                mine = halves[who == "theirs"]
                if WHAT == "cheap":  # every time another street
                    mine = [(kind, {**data, "street": f"{data['street']}/{turn}"}) for kind, data in mine]
                spent = (
                    ours(pool, lane, endpoint_id, mine, turn)
                    if who == "ours"
                    else theirs(pool, endpoint_id, mine)
                )
                if turn > 1:  # the first ones warm up
                    rates[who].append(COUNT / spent)
    lane.close()
    print(json.dumps(rates))


main()
