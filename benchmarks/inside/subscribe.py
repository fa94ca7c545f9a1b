"""A system with a secret, and a subscription for each port."""

import json
import sys

from start import registry

from odoo import SUPERUSER_ID, api

with registry().cursor() as cr:
    env = api.Environment(cr, SUPERUSER_ID, {})
    ids = []
    values = json.loads(sys.argv[3])
    name = values.pop("name_of_system", "Partner")
    for number, port in enumerate(json.loads(sys.argv[2])):
        system = env["integration.system"].create(
            {"name": f"{name} {number + 1}", "company_id": 1, "allowed_networks": "127.0.0.0/8"}
        )
        system.action_new_signing_secret()
        subscription = env["integration.subscription"].create(
            {
                "name": "Orders",
                "event_patterns": "*",
                "state": "active",
                "system_id": system.id,
                "url": f"http://127.0.0.1:{port}/webhooks/odoo",
                **values,
            }
        )
        ids.append(subscription.id)
print(json.dumps(ids))
