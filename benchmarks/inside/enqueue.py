"""Enqueue webhooks as queue jobs: enqueue.py DATABASE URL HOW_MANY BODY"""

import json
import sys

from start import registry

from odoo import SUPERUSER_ID, api

URL, MANY, BODY = sys.argv[2], int(sys.argv[3]), sys.argv[4]
with registry().cursor() as cr:
    partner = api.Environment(cr, SUPERUSER_ID, {})["res.partner"].search([], limit=1)
    for _ in range(MANY):
        partner.with_delay()._hub_bench_send(URL, "c2VjcmV0", BODY)
print(json.dumps(MANY))
