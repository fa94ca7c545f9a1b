"""Odoo's own "Send Webhook Notification", as an automation runs it: action.py DATABASE URL HOW_MANY"""

import json
import sys
import time

from start import registry

from odoo import SUPERUSER_ID, api

URL, MANY = sys.argv[2], int(sys.argv[3])
with registry().cursor() as cr:
    env = api.Environment(cr, SUPERUSER_ID, {})
    partners = env["res.partner"].create([{"name": f"Line {n}", "ref": str(n)} for n in range(MANY)])
    fields = env["ir.model.fields"].search(
        [("model", "=", "res.partner"), ("name", "in", ["name", "ref", "city"])]
    )
    action = env["ir.actions.server"].create(
        {
            "name": "Notify",
            "state": "webhook",
            "webhook_url": URL,
            "webhook_field_ids": [(6, 0, fields.ids)],
            "model_id": env["ir.model"]._get_id("res.partner"),
        }
    )
    cr.commit()
    began = time.perf_counter()
    for partner in partners:
        action.with_context(active_model="res.partner", active_id=partner.id, active_ids=partner.ids).run()
    cr.commit()  # they are sent after the commit, one after the other, while the user waits
    print(json.dumps(MANY / (time.perf_counter() - began)))
