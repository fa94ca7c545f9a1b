"""An endpoint with its secret, and whether a worker seems to live: endpoint.py DATABASE WORKER"""

import json
import sys

from start import registry, worker_lives

from odoo import SUPERUSER_ID, api

with registry().cursor() as cr:
    env = api.Environment(cr, SUPERUSER_ID, {})
    system = env["integration.system"].search([("name", "=", "MES of the benchmark")]) or env[
        "integration.system"
    ].create({"name": "MES of the benchmark"})
    secret = system.action_new_verification_secret()["params"]["secret"]
    endpoint = env["integration.endpoint"].search([("system_id", "=", system.id)]) or env[
        "integration.endpoint"
    ].create({"name": "Reports", "system_id": system.id})
    if not system.user_id:
        system.action_create_service_user()
        system.user_id.group_ids += env.ref("base.group_partner_manager")
    worker_lives(cr, int(sys.argv[2]))
    cr.execute("UPDATE integration_worker SET lanes = 'inbox, outbox'")
    cr.commit()
    # Outside of a request nobody tells the servers that settings have changed.
    env.registry.signal_changes()
    print(json.dumps({"token": endpoint.token, "secret": secret}))
