from datetime import datetime, timedelta, timezone

from odoo.addons.integration_core.testing import IntegrationCase
from odoo.addons.integration_inbox.testing import Reporting
from odoo.addons.integration_outbox.testing import Emitting, Sending


class PlantCase(Emitting, Sending, IntegrationCase):
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


class ReportsCase(Reporting, PlantCase):
    """An MES that reports on the plant's orders."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mes = cls.system("MES Halle 3")
        cls.connect(cls.mes, "mrp.group_mrp_user")

    def ago(self, minutes):
        now = datetime.now(timezone.utc).replace(microsecond=0)
        return (now - timedelta(minutes=minutes)).isoformat()

    def report(self, kind, **data):
        """Accept and apply one report; its message is returned."""
        return self.post(f"execution.{kind}", data, data.get("order"))

    def accept_report(self, kind, **data):
        """:return: the id of its message."""
        return self.accept_post(f"execution.{kind}", data, data.get("order"))

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
