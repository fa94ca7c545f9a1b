import json
import time
from datetime import datetime, timedelta, timezone

from odoo import SUPERUSER_ID

from odoo.addons.integration_core.tests.common import IntegrationCase
from odoo.addons.integration_core.wire import standard_webhooks
from odoo.addons.integration_inbox.accept import accept
from odoo.addons.integration_inbox.engine.lane import InboxLane
from odoo.addons.integration_inbox.verification import Request


class PlantCase(IntegrationCase):
    """A gearbox, made of bearings in two operations and tracked by lot; stock for a few."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls.env.ref("uom.product_uom_unit")
        cls.cell, cls.bench = cls.env["mrp.workcenter"].create(
            [{"name": "Cell 7", "code": "CELL-7"}, {"name": "Bench 4", "code": "BENCH-4"}]
        )
        cls.gearbox, cls.bearing = cls.env["product.product"].create(
            [
                {"name": "Gearbox GX-90", "default_code": "GBX-90", "is_storable": True, "tracking": "lot"},
                {"name": "Bearing 6210", "default_code": "BRG-6210", "is_storable": True},
            ]
        )
        warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.env["stock.quant"]._update_available_quantity(cls.bearing, warehouse.lot_stock_id, 50)
        cls.bom = cls.env["mrp.bom"].create(
            {
                "product_tmpl_id": cls.gearbox.product_tmpl_id.id,
                "code": "GX-90 rev A",
                "company_id": cls.company.id,
                "bom_line_ids": [(0, 0, {"product_id": cls.bearing.id, "product_qty": 2})],
                "operation_ids": [
                    (
                        0,
                        0,
                        {
                            "name": "Assemble",
                            "workcenter_id": cls.cell.id,
                            "time_cycle_manual": 6,
                            "sequence": 1,
                        },
                    ),
                    (
                        0,
                        0,
                        {
                            "name": "Test",
                            "workcenter_id": cls.bench.id,
                            "time_cycle_manual": 3,
                            "sequence": 2,
                        },
                    ),
                ],
            }
        )

    @classmethod
    def order(cls, quantity=10, confirm=True):
        order = cls.env["mrp.production"].create(
            {
                "product_id": cls.gearbox.id,
                "bom_id": cls.bom.id,
                "product_qty": quantity,
                "company_id": cls.company.id,
            }
        )
        if confirm:
            order.action_confirm()
        return order


class ReportsCase(PlantCase):
    """An MES that reports on the plant's orders."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mes = cls.system("MES Halle 3")
        cls.mes.action_create_service_user()
        cls.mes.user_id.group_ids += cls.env.ref("mrp.group_mrp_user")
        cls.key = standard_webhooks.key_of(cls.mes.action_new_verification_secret()["params"]["secret"])
        cls.endpoint = cls.env["integration.endpoint"].create({"name": "Reports", "system_id": cls.mes.id})
        cls.count = 0

    def ago(self, minutes):
        now = datetime.now(timezone.utc).replace(microsecond=0)
        return (now - timedelta(minutes=minutes)).isoformat()

    def report(self, kind, **data):
        """Accept and apply one report; its message is returned."""
        message_id = self.accept_report(kind, **data)
        self.run_inbox()
        return self.env["integration.message"].search([("message_id", "=", message_id)])

    def accept_report(self, kind, **data):
        """:return: the id of its message."""
        type(self).count += 1
        message_id = f"msg_{self.count}"
        event = {
            "specversion": "1.0",
            "id": message_id,
            "source": "/mes/halle-3",
            "type": f"execution.{kind}",
            "subject": data.get("order"),
            "data": data,
        }
        body = json.dumps(event).encode()
        headers = {
            "content-type": "application/json",
            **standard_webhooks.sign([self.key], message_id, int(time.time()), body),
        }
        request = Request(headers, body, "10.1.2.3")
        answer = accept(self.env(user=SUPERUSER_ID), self.env.cr, self.endpoint.token, request)
        self.assertEqual(answer.status, 202, answer.body)
        return message_id

    def run_inbox(self):
        with self.enter_registry_test_mode():
            lane = InboxLane(self.registry)
            try:
                while lane.run_once():
                    pass
            finally:
                lane.close()

    def first(self, order):
        return order.workorder_ids.sorted("sequence")[0]

    def start(self, order, minutes_ago=30, workorder=None):
        workorder = workorder or self.first(order)
        return self.report(
            "operation.started",
            order=order.name,
            operation=workorder.barcode,
            started_at=self.ago(minutes_ago),
        )

    def finish(self, order, good=10, workorder=None, **data):
        workorder = workorder or self.first(order)
        return self.report(
            "operation.completed",
            order=order.name,
            operation=workorder.barcode,
            **{"completed_at": self.ago(5), "good": {"value": good}, **data},
        )

    def complete(self, order, good=10, lots=("GX90-0001",), **data):
        return self.report(
            "order.completed",
            order=order.name,
            **{"completed_at": self.ago(1), "good": {"value": good}, "lots": list(lots), **data},
        )

    def assert_outcome(self, message, state, says=""):
        self.assertEqual(message.state, state, message.reason)
        if says:
            self.assertIn(says, message.reason)
