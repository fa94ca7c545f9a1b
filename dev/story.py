"""Demo scenario of one production order on running processes, with the result of each step."""

import json
import time
import urllib.error
import urllib.request

from dev.processes import wait_for
from dev.say import say

QUANTITY = 10
SCRAP = 2
MINUTES = {"Assemble": 84.5, "Run-in and test": 35.0}
# The clock of a delivery is checked to this, in seconds: the order's confirmation to its arrival.
SOON_S = 1.0


class Failed(Exception):
    pass


class Story:
    def __init__(self, site):
        self.site = site
        self.number = 0

    def tell(self):
        """:return: 0 when every step held, 1 with the step that did not."""
        try:
            self.planner = self.site.api("demo")
            self.admin = self.site.api("admin")
            reference = self.order_is_released()
            self.shop_floor_reports(reference)
            self.order_is_done(reference)
            self.forgery_is_refused(reference)
            self.partner_is_away()
        except Failed as failure:
            say(f"\n✗  {failure}")
            for line in self.open_ends():
                say(f"     {line}")
            return 1
        say(f"\n✓  All {self.number} steps held.")
        return 0

    # -- the steps ---------------------------------------------------------------------------------

    def order_is_released(self):
        order, reference = self.confirm_order()
        self.show(
            f"{reference}: {QUANTITY} gearboxes confirmed by a planner over the web API",
            self.planner.read_one("mrp.production", [("id", "=", order)], ["state", "product_qty"]),
        )
        event = self.wait(lambda: self.mes_received(reference), "the MES gets the order", 10)
        late = event["at"] - self.confirmed_at
        self.check(late <= SOON_S, f"the MES got it after {late:.3f} s, later than {SOON_S} s")
        data = event["data"]
        self.check(
            [o["name"] for o in data["operations"]] == list(MINUTES) and len(data["components"]) == 4,
            f"the order arrived incomplete: {data}",
        )
        self.show(
            f"The MES got it {max(late, 0) * 1000:.0f} ms after the confirmation, verified and parsed it",
            {
                "type": event["type"],
                "operations": [f"{o['reference']} {o['name']}" for o in data["operations"]],
                "components": [
                    f"{c['quantity']['value']} {c['quantity']['unit']} {c['product']['code']}"
                    for c in data["components"]
                ],
            },
        )
        return reference

    def shop_floor_reports(self, reference):
        self.ask_mes("/produce", {"order": reference, "mishaps": True})
        posted = self.wait(lambda: self.mes_posted(7), "the MES reports the production", 30)
        statuses = [(p["type"].removeprefix("execution."), p["sequence"], p["status"]) for p in posted]
        self.check(
            [s for *_rest, s in statuses] == [202, 202, 200, 202, 202, 202, 202], f"answers: {statuses}"
        )
        self.show(
            "The MES reported, one message twice and two in the wrong order",
            *(f"{s} number {n}: {t}" for t, n, s in statuses),
        )

    def order_is_done(self, reference):
        order = self.wait(
            lambda: self.planner.read_one(
                "mrp.production",
                [("name", "=", reference), ("state", "=", "done")],
                ["qty_produced", "lot_producing_ids", "workorder_ids", "scrap_ids"],
            ),
            "the order is done",
            30,
        )
        self.check(order["qty_produced"] == QUANTITY, f"{order['qty_produced']} were booked")
        (lot,) = self.planner.call("stock.lot", "read", order["lot_producing_ids"], ["name", "product_qty"])
        self.check(lot["product_qty"] == QUANTITY, f"lot {lot}")
        scraps = self.planner.search_read(
            "stock.scrap", [("production_id", "=", order["id"])], ["product_id", "scrap_qty", "state"]
        )
        self.check([(s["scrap_qty"], s["state"]) for s in scraps] == [(SCRAP, "done")], f"scrap {scraps}")
        workorders = self.planner.call(
            "mrp.workorder", "read", order["workorder_ids"], ["name", "state", "qty_produced", "duration"]
        )
        for workorder in workorders:
            self.check(
                workorder["state"] == "done"
                and workorder["qty_produced"] == QUANTITY
                and abs(workorder["duration"] - MINUTES[workorder["name"]]) < 0.02,
                f"work order {workorder}",
            )
        messages = self.admin.search_read(
            "integration.message",
            [("subject", "=", reference)],
            ["type", "state", "sequence"],
            order="sequence",
        )
        self.check(
            [(m["sequence"], m["state"]) for m in messages] == [(n, "processed") for n in range(1, 7)],
            f"messages {messages}",
        )
        self.show(
            f"{reference} is done, each report applied once",
            f"{QUANTITY} in stock as lot {lot['name']}",
            f"{SCRAP} {scraps[0]['product_id'][1]} scrapped",
            *(f"{w['name']}: {w['qty_produced']:g} good in {w['duration']:g} min" for w in workorders),
        )

    def forgery_is_refused(self, reference):
        before = self.picture()
        body = json.dumps(
            {"specversion": "1.0", "id": "forged", "source": "/x", "type": "execution.order.completed"}
        )
        headers = {
            "content-type": "application/cloudevents+json",
            "webhook-id": "msg_forged",
            "webhook-timestamp": str(int(time.time())),
            "webhook-signature": "v1,Zm9yZ2VkZm9yZ2VkZm9yZ2VkZm9yZ2VkZm9yZ2VkZm8=",
        }
        request = urllib.request.Request(self.site.endpoint_url, body.encode(), headers)
        try:
            urllib.request.urlopen(request, timeout=10)
            status, problem = 200, {}
        except urllib.error.HTTPError as error:
            status, problem = error.code, json.load(error)
        self.check(status == 401, f"a forged message was answered {status}")
        self.check(self.picture() == before, "a forged message changed something")
        self.show(
            "A message with a wrong signature is refused and changes nothing", f"401 {problem['detail']}"
        )

    def partner_is_away(self):
        self.site.mes.stop()
        order, reference = self.confirm_order()
        retrying = self.wait(lambda: self.delivery(reference, "retrying"), "the delivery is retried", 20)
        self.show(
            f"The MES is switched off; {reference} waits",
            f"{retrying['reason']} (attempt {retrying['attempt_count']})",
        )
        self.site.start_mes()
        self.wait(lambda: self.mes_received(reference), "the MES gets the order after all", 150)
        delivered = self.wait(lambda: self.delivery(reference, "delivered"), "the delivery is noted", 10)
        self.show(
            f"The MES is back and got {reference}", f"delivered with attempt {delivered['attempt_count']}"
        )

    def open_ends(self):
        """What is not at its end, and why: where to look first when a step did not hold."""
        for model in ("integration.message", "integration.delivery"):
            done = ("processed", "delivered")
            for row in self.admin.search_read(
                model, [("state", "not in", done)], ["display_name", "state", "reason"], limit=10
            ):
                yield f"{model} {row['display_name']}: {row['state']}, {row['reason'] or 'no reason'}"

    # -- what they need ----------------------------------------------------------------------------

    def confirm_order(self):
        """As the planner: a new order, confirmed with its button."""
        variant = self.admin.ref("integration_mrp.product_gearbox")
        bom = self.admin.ref("integration_mrp.bom_gearbox")
        order = self.planner.call(
            "mrp.production", "create", [{"product_id": variant, "bom_id": bom, "product_qty": QUANTITY}]
        )[0]
        self.planner.call("mrp.production", "action_confirm", [order])
        self.confirmed_at = time.time()
        return order, self.planner.read_one("mrp.production", [("id", "=", order)], ["name"])["name"]

    def delivery(self, reference, state):
        return self.admin.read_one(
            "integration.delivery",
            [
                ("subject", "=", reference),
                ("event_type", "=", "manufacturing.order.released"),
                ("state", "=", state),
            ],
            ["attempt_count", "reason"],
        )

    def picture(self):
        """Counts of everything that a message might change."""
        return {
            model: self.admin.call(model, "search_count", [])
            for model in ("integration.message", "mrp.production", "stock.move", "stock.scrap", "stock.lot")
        }

    def mes_state(self):
        with urllib.request.urlopen(self.site.mes_url + "/state", timeout=5) as response:
            return json.load(response)

    def mes_received(self, reference, kind="manufacturing.order.released"):
        events = [e for e in self.mes_state()["received"] if e["subject"] == reference and e["type"] == kind]
        return events[0] if events else None

    def mes_posted(self, count):
        posted = self.mes_state()["posted"]
        return posted if len(posted) >= count else None

    def ask_mes(self, path, document):
        request = urllib.request.Request(self.site.mes_url + path, json.dumps(document).encode())
        urllib.request.urlopen(request, timeout=5).close()

    def wait(self, condition, what, timeout_s):
        try:
            return wait_for(condition, what, timeout_s, interval_s=0.05)
        except Exception as error:
            raise Failed(str(error)) from error

    @staticmethod
    def check(holds, otherwise):
        if not holds:
            raise Failed(otherwise)

    def show(self, sentence, *evidence):
        self.number += 1
        say(f"\n{self.number}. {sentence}")
        for line in evidence:
            if isinstance(line, dict):
                for key, value in line.items():
                    say(f"     {key}: {'; '.join(value) if isinstance(value, list) else value}")
            else:
                say(f"     {line}")
