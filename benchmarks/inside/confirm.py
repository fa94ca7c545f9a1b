"""Confirming production orders with ten components, with the hub and without, in pairs: confirm.py DATABASE PAIRS WORKER"""

import json
import statistics
import sys
import time

from start import registry, worker_lives

from odoo import SUPERUSER_ID, api

PAIRS, WORKER = int(sys.argv[2]), int(sys.argv[3])


def orders(env, count):
    parts = env["product.product"].create(
        [{"name": f"Part {n}", "type": "consu", "is_storable": True} for n in range(10)]
    )
    product = env["product.product"].create({"name": "Drawer cabinet", "type": "consu", "is_storable": True})
    bom = env["mrp.bom"].create(
        {
            "product_tmpl_id": product.product_tmpl_id.id,
            "bom_line_ids": [(0, 0, {"product_id": part.id, "product_qty": 2}) for part in parts],
        }
    )
    return env["mrp.production"].create(
        [{"product_id": product.id, "bom_id": bom.id, "product_qty": 5} for _ in range(count)]
    )


def confirm(pool, order_id, is_watched, watched):
    pool._integration_watched_fields = watched if is_watched else {}
    with pool.cursor() as cr:
        order = api.Environment(cr, SUPERUSER_ID, {})["mrp.production"].browse(order_id)
        order.read(["name", "state"])
        began = time.perf_counter()
        order.action_confirm()
        cr.commit()
        return (time.perf_counter() - began) * 1000


def main():
    from odoo.addons.integration_core import declare  # noqa: PLC0415

    pool = registry()
    with pool.cursor() as cr:
        ids = orders(api.Environment(cr, SUPERUSER_ID, {}), 2 * PAIRS + 6).ids
        worker_lives(cr, WORKER)
    watched = declare.watched(pool)
    with_hub, without, differences = [], [], []
    for number in range(0, len(ids), 2):
        turn = [(ids[number], True), (ids[number + 1], False)]
        if number % 4:  # whoever is second finds warmer caches
            turn.reverse()
        taken = {is_watched: confirm(pool, id_, is_watched, watched) for id_, is_watched in turn}
        if number >= 6:
            with_hub.append(taken[True])
            without.append(taken[False])
            differences.append(taken[True] - taken[False])
    base = statistics.median(without)
    print(json.dumps({"without": base, "with": base + statistics.median(differences), "runs": len(without)}))


main()
