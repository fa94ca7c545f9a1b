from odoo.addons.integration_core.tests.common import IntegrationCase


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
