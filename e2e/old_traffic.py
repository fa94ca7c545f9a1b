"""Traffic in every state, made in the Odoo shell of the commit that ``test_upgrade`` upgrades from.

It uses that commit's code as its own tests did; what it expects afterwards is kept in a parameter.
"""

# ruff: noqa: F821, the shell gives env

import json
import threading
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from odoo.addons.integration_core.wire import standard_webhooks
from odoo.addons.integration_inbox.accept import accept
from odoo.addons.integration_inbox.engine.lane import InboxLane
from odoo.addons.integration_inbox.verification import Request
from odoo.addons.integration_outbox.engine.lane import OutboxLane

env = env(context={**env.context, "mail_auto_subscribe_no_notify": True})
failing = set()  # paths


class Partner(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(500 if self.path in failing else 204)
        self.end_headers()

    def log_message(self, *arguments):
        pass


partner = ThreadingHTTPServer(("127.0.0.1", 0), Partner)
threading.Thread(target=partner.serve_forever, daemon=True).start()


def run(kind):
    env.cr.commit()
    lane = kind(env.registry)
    until = time.monotonic() + 3
    while time.monotonic() < until:
        lane.turn()
        time.sleep(0.02)
    if kind is OutboxLane:
        lane.drain()
    lane.close()
    env.cr.commit()
    env.invalidate_all()


def sql(statement, *values):
    env.flush_all()
    env.cr.execute(statement, values)
    rows = env.cr.fetchall() if env.cr.description else None
    env.invalidate_all()
    return rows


# -- who ---------------------------------------------------------------------------------------------

company = env.ref("base.main_company")
env["integration.subscription"].search([]).active = False
wms = env["integration.system"].create(
    {"name": "WMS of before", "company_id": company.id, "allowed_networks": "127.0.0.0/8"}
)
wms.action_new_signing_secret()
wms.action_new_signing_secret()  # the first one retires
for kind in ("api_key", "login", "shared_secret"):
    secret = {"api_key": "key-of-before-4f1d8a07", "login": "edi:before-93b7"}.get(
        kind, "hmac-before-77e0c1aa"
    )
    env["integration.credential"].create(
        {"system_id": wms.id, "purpose": "verify", "kind": kind, "hosts": "127.0.0.1", "secret": secret}
    )


def subscribe(path, **values):
    return env["integration.subscription"].create(
        {
            "name": f"To {path}",
            "system_id": wms.id,
            "url": f"http://127.0.0.1:{partner.server_port}/{path}",
            "event_patterns": "manufacturing.*",
            "timeout_s": 5,
            "retry_schedule": "1h",
            **values,
        }
    )


anything = subscribe("anything")
ordered = subscribe("ordered", is_ordered=True)
refusing = subscribe("refusing", max_attempts=1, event_patterns="manufacturing.order.released")
stopped = subscribe("stopped")
stopped.action_pause()
failing.add("/refusing")


# -- what goes out -----------------------------------------------------------------------------------


def confirmed():
    order = env["mrp.production"].create(
        {"product_id": env.ref("integration_mrp.product_gearbox").id, "product_qty": 3}
    )
    order.action_confirm()
    return order


def events(orders):
    return env["integration.event"].search([("subject", "in", orders.mapped("name"))], order="id")


orders = env["mrp.production"].union(*(confirmed() for _ in range(3)))
run(OutboxLane)  # delivered, dead, paused
failing |= {"/anything", "/ordered"}
orders += confirmed() + confirmed()
run(OutboxLane)  # retrying, and others behind them


def deliveries(subscription, *states):
    return env["integration.delivery"].search(
        [("subscription_id", "=", subscription.id), ("state", "in", states)], order="id"
    )


dead = deliveries(refusing, "dead")
dead[0].action_cancel()
sql("UPDATE integration_delivery SET state = 'expired' WHERE id = %s", dead[1].id)
in_hand = deliveries(anything, "retrying")[0] + deliveries(ordered, "retrying")[0]
sql(
    "UPDATE integration_delivery SET state = 'sending', leased_by = 'gone:1', next_attempt_at = now(),"
    " lease_until = now() AT TIME ZONE 'UTC' - interval '1 minute' WHERE id IN %s",
    tuple(in_hand.ids),
)
sql("UPDATE integration_delivery SET next_attempt_at = now() AT TIME ZONE 'UTC' WHERE state = 'retrying'")
sql(
    "UPDATE integration_delivery SET state = 'pending', failure_count = 0 WHERE id = %s",
    deliveries(anything, "retrying")[-1].id,
)

replay = env["integration.replay"].create(
    {
        "since": datetime.now() - timedelta(hours=1),  # noqa: DTZ005, Odoo's are naive and this is UTC
        "until": datetime.now() + timedelta(seconds=1),  # noqa: DTZ005
        "event_patterns": "manufacturing.order.released",
        "subscription_ids": [(6, 0, anything.ids)],
        "company_id": company.id,
        "rate_per_s": 1000,
    }
)
replay.action_start()
last = confirmed()
orders += last

unbuilt, erased = (
    env["integration.event"].create(
        {
            "event_id": f"evt_of_before_{number}",
            "type": "manufacturing.order.released",
            "version": 1,
            "company_id": company.id,
            "occurred_at": datetime.now(),  # noqa: DTZ005
            "subject": orders[0].name,
            "partition_key": orders[0].name,
            "res_model": "mrp.production",
            "res_id": orders[0].id,
            "error": error,
        }
    )
    for number, error in enumerate(("KeyError: uom", "Its payload was erased"))
)
# An erased event of which a delivery died before.
env["integration.delivery"].create({"event_id": erased.id, "subscription_id": anything.id, "state": "dead"})
# As a NULL came through the ORM.
sql("UPDATE integration_event SET traceparent = 'false' WHERE id IN %s", tuple(events(orders[1] + last).ids))

# -- what comes in -----------------------------------------------------------------------------------

wms.action_create_service_user()
wms.user_id.group_ids += env.ref("mrp.group_mrp_user")
key = standard_webhooks.key_of(wms.action_new_verification_secret()["params"]["secret"])
endpoint = env["integration.endpoint"].create(
    {"name": "Reports of before", "system_id": wms.id, "unknown_policy": "keep"}
)
env.flush_all()
minutes_ago = (datetime.now(timezone.utc) - timedelta(minutes=9)).replace(microsecond=0).isoformat()


def report(name, type_="execution.operation.started", **data):
    """:return: its message, accepted as it would be over HTTP."""
    event = {"specversion": "1.0", "id": name, "source": "/wms/before", "type": type_, "data": data}
    body = json.dumps(event).encode()
    headers = {
        "content-type": "application/json",
        **standard_webhooks.sign([key], name, int(time.time()), body),
    }
    answer = accept(env, env.cr, endpoint.token, Request(headers, body, "127.0.0.1"))
    assert answer.status in (200, 202), answer.body
    env.invalidate_all()
    return env["integration.message"].search([("message_id", "=", name)])


def started(name, order):
    workorder = order.workorder_ids.sorted("sequence")[0]
    return report(name, order=order.name, operation=workorder.barcode, started_at=minutes_ago)


started("processed", orders[0])
started("superseded", orders[0])
started("shadowed", orders[0])
report("waiting", order="WH/MO/99999", operation="WH/MO/99999/1", started_at=minutes_ago)
report("quarantined", order=orders[0].name)
report("kept", type_="wms.pallet.moved", pallet="P-1")
report(
    "dead",
    "execution.scrap.recorded",
    order=orders[0].name,
    product="BRG-6204",
    quantity={"value": 1},
    lot="no such lot",
)
run(InboxLane)
sql("UPDATE integration_event SET traceparent = 'false' WHERE causation_id = 'processed'")
for state in ("superseded", "shadowed"):
    sql("UPDATE integration_message SET state = %s WHERE message_id = %s", state, state)
open_messages = {
    name: started(name, order)
    for name, order in zip(("received", "processing", "retrying"), orders[1:4], strict=True)
}
sql(
    "UPDATE integration_message SET state = 'processing', leased_by = 'gone:1', attempt_count = 1,"
    " lease_until = now() AT TIME ZONE 'UTC' - interval '1 minute' WHERE id = %s",
    open_messages["processing"].id,
)
sql(
    "UPDATE integration_message SET state = 'retrying', reason = 'locked', attempt_count = 2 WHERE id = %s",
    open_messages["retrying"].id,
)

env["integration.incident"]._open("trial.open", "A trial", "It is open", "Nothing", key="1", system=wms)
env["integration.incident"]._open("trial.over", "A trial", "It is over", "Nothing", key="2", system=wms)
env["integration.incident"]._close("trial.over", key="2")

# -- what has to come of it --------------------------------------------------------------------------


def waiting(subscription, *states):
    return deliveries(subscription, *states).event_id.mapped("event_id")


new = events(last).mapped("event_id")
expected = {
    "anything": waiting(anything, "pending", "retrying", "sending") + new,
    "ordered": waiting(ordered, "pending", "retrying", "sending") + new,
    "stopped": waiting(stopped, "paused") + new,
    "replayed": events(orders[:5])
    .filtered(lambda event: event.type == "manufacturing.order.released" and not event.error)
    .mapped("event_id"),
    "order_of": {event.event_id: event.subject for event in events(orders)},
    "replay": replay.id,
    "stopped_id": stopped.id,
    "unbuilt": unbuilt.id,
    "erased": erased.id,
    "begun_later": orders[1:4].mapped("name"),
}
env["ir.config_parameter"].set_param("test_upgrade.expected", json.dumps(expected))
env.cr.commit()
partner.shutdown()
