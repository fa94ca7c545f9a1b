#!/usr/bin/env python3
"""The simulated MES. Run with --help."""

import argparse
import json
import os
import threading
import time
import urllib.error
import urllib.request
import uuid
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cloudevents.conversion import to_structured
from cloudevents.http import CloudEvent, from_http
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SOURCE = "/mes/plant-1"


class Mes:
    """What this MES knows.

    :param verify_secret: what Odoo signs with. :param sign_secret: what we sign with.
    :param odoo: the endpoint that we report to.
    """

    def __init__(self, verify_secret, sign_secret, odoo, pace_s):
        self.incoming = Webhook(verify_secret)
        self.outgoing = Webhook(sign_secret)
        self.odoo = odoo
        self.pace_s = pace_s
        self.received = []
        self.posted = []
        self.refused = 0
        self.orders = {}
        self.lock = threading.Lock()

    # -- what Odoo sends ---------------------------------------------------------------------------

    def receive(self, headers, body):
        """Verify, parse, keep; a repeated id is thanked for and ignored.

        :raises WebhookVerificationError: it is not from Odoo.
        """
        self.incoming.verify(body, dict(headers))
        event = from_http({name.lower(): value for name, value in headers.items()}, body)
        with self.lock:
            is_new = event["id"] not in {seen["id"] for seen in self.received}
            if is_new:
                self.received.append(
                    {
                        "id": event["id"],
                        "webhook_id": headers["webhook-id"],
                        "type": event["type"],
                        "subject": event["subject"],
                        "at": time.time(),
                        "data": event.data,
                    }
                )
                if event["type"] == "manufacturing.order.released":
                    self.orders[event["subject"]] = event.data
        if is_new:
            say(f"received {event['type']} of {event['subject']}")
        return event, is_new

    # -- what we report ----------------------------------------------------------------------------

    def reports(self, reference, good=None):
        """The production of a released order as events, in the order in which they happen."""
        order = self.orders[reference]
        first, second = order["operations"][:2]
        planned = order["quantity"]
        good = planned["value"] if good is None else good
        now = datetime.now(timezone.utc).replace(microsecond=0)

        def ago(minutes):
            return (now - timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")

        bearing = next(c for c in order["components"] if c["product"]["code"].startswith("BRG"))
        lot = f"GX40-{now:%y%m%d}-{reference.rsplit('/', 1)[-1]}"
        quantity = {"value": good, "unit": planned["unit"]}
        common = {"order": reference}
        steps = [
            (
                "execution.operation.started",
                {"operation": first["reference"], "started_at": ago(150), "operator": "M. Okafor"},
            ),
            (
                "execution.scrap.recorded",
                {
                    "operation": first["reference"],
                    "product": bearing["product"]["code"],
                    "quantity": {"value": 2, "unit": "C62"},
                    "reason": "Raceway damaged",
                },
            ),
            (
                "execution.operation.completed",
                {
                    "operation": first["reference"],
                    "completed_at": ago(60),
                    "good": quantity,
                    "machine_minutes": 84.5,
                    "operator": "M. Okafor",
                },
            ),
            (
                "execution.operation.started",
                {"operation": second["reference"], "started_at": ago(55), "operator": "L. Brandt"},
            ),
            (
                "execution.operation.completed",
                {
                    "operation": second["reference"],
                    "completed_at": ago(20),
                    "good": quantity,
                    "operator": "L. Brandt",
                },
            ),
            ("execution.order.completed", {"completed_at": ago(18), "good": quantity, "lots": [lot]}),
        ]
        return [
            self.event(kind, {**common, **data}, reference, number)
            for number, (kind, data) in enumerate(steps, 1)
        ]

    @staticmethod
    def event(kind, data, reference, number):
        attributes = {
            "type": kind,
            "source": SOURCE,
            "subject": reference,
            "dataschema": f"urn:odoo-integration-hub:{kind}/v1",
            "partitionkey": reference,
            "sequence": str(number),
        }
        return CloudEvent(attributes, data)

    def post(self, event):
        """Sign and send one event, trying again while Odoo does not answer."""
        _headers, body = to_structured(event)
        message_id = f"msg_{uuid.uuid5(uuid.NAMESPACE_URL, SOURCE + event['id']).hex}"
        status, answer = 0, {}
        for _try in range(20):
            now = datetime.now(timezone.utc)
            headers = {
                "content-type": "application/cloudevents+json",
                "webhook-id": message_id,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": self.outgoing.sign(message_id, now, body.decode()),
            }
            request = urllib.request.Request(self.odoo, data=body, headers=headers, method="POST")
            try:
                with urllib.request.urlopen(request, timeout=20) as response:
                    status, answer = response.status, json.load(response)
            except urllib.error.HTTPError as error:
                status, answer = error.code, json.load(error)
            except OSError:
                time.sleep(0.5)
                continue
            if status < 500:
                break
        say(
            f"reported {event['type']} number {event['sequence']}: {status} {answer.get('status') or answer.get('title', '')}"
        )
        with self.lock:
            self.posted.append(
                {
                    "id": message_id,
                    "type": event["type"],
                    "sequence": event["sequence"],
                    "status": status,
                    "answer": answer,
                }
            )
        return status

    def produce(self, reference, mishaps=False, good=None):
        """Report the whole production.

        :param mishaps: send the second report twice, and the third after the fourth, as networks do.
        """
        reports = self.reports(reference, good)
        if mishaps:
            one, two, three, four, *rest = reports
            reports = [one, two, two, four, three, *rest]
        for report in reports:
            self.post(report)
            time.sleep(self.pace_s)

    def work(self):
        """Produce every released order by itself, forever."""
        begun = set()
        while True:
            for reference in list(self.orders):
                if reference not in begun:
                    begun.add(reference)
                    time.sleep(self.pace_s)
                    self.produce(reference)
            time.sleep(0.5)

    def state(self):
        with self.lock:
            return {"received": self.received, "posted": self.posted, "refused": self.refused}


def handler_of(mes):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if self.path == "/produce":
                order = json.loads(body)
                threading.Thread(
                    target=mes.produce,
                    args=(order["order"], order.get("mishaps", False), order.get("good")),
                    daemon=True,
                ).start()
                return self.answer(202, {"status": "started"})
            if self.path != "/webhooks/odoo":
                return self.answer(404, {"title": "Not found"})
            try:
                event, is_new = mes.receive(self.headers, body)
            except WebhookVerificationError as error:
                mes.refused += 1
                return self.answer(401, {"title": str(error)})
            return self.answer(200, {"received": event["id"], "new": is_new})

        def do_GET(self):
            self.answer(200, mes.state())

        def answer(self, status, document):
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    return Handler


def say(line):
    print(f"{datetime.now(timezone.utc):%H:%M:%S} {line}", flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Secrets come in the environment: MES_VERIFY_SECRET (Odoo signs with it), MES_SIGN_SECRET (we do).",
    )
    parser.add_argument("--port", type=int, default=8471)
    parser.add_argument("--odoo", required=True, help="the endpoint in Odoo to report to")
    parser.add_argument("--work", action="store_true", help="produce released orders without being asked")
    parser.add_argument("--pace", type=float, default=0.05, help="seconds between two reports")
    options = parser.parse_args()
    mes = Mes(os.environ["MES_VERIFY_SECRET"], os.environ["MES_SIGN_SECRET"], options.odoo, options.pace)
    if options.work:
        threading.Thread(target=mes.work, daemon=True).start()
    server = ThreadingHTTPServer(("127.0.0.1", options.port), handler_of(mes))
    say(f"MES listens on port {options.port}")
    server.serve_forever()


if __name__ == "__main__":
    main()
