from odoo import models

from odoo.addons.integration_core.errors import NotYetKnown, RejectMessage

from .mrp_workorder import naive


class MrpProduction(models.Model):
    _name = "mrp.production"
    _inherit = ["mrp.production", "integration.linked"]

    # Their conversation is the order's.
    _integration_linked_fields = ("workorder_ids", "scrap_ids")

    def _integration_quantity(self, amount):
        """A reported amount in the order's unit, as a float."""
        return self.product_uom_id._integration_convert(amount)

    def _integration_scrap(self, product, report, workorder, lot, reason=None):
        """Scrap from where the order takes its components.

        :raises RejectMessage: there is not so much of it, or nothing to scrap.
        :return: the scrap order.
        """
        self.ensure_one()
        self._integration_check_released()
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": product.id,
                "scrap_qty": product.uom_id._integration_convert(report.quantity),
                "product_uom_id": product.uom_id.id,
                "lot_id": lot.id,
                "production_id": self.id,
                "workorder_id": workorder.id,
                "company_id": self.company_id.id,
                "origin": self.name,
                "scrap_reason_tag_ids": [(6, 0, self._integration_scrap_reason(reason).ids)],
            }
        )
        if not scrap.check_available_qty():
            raise RejectMessage(
                self.env._(
                    "%(quantity)s %(product)s cannot be scrapped: there is not so much at %(location)s.",
                    quantity=scrap.scrap_qty,
                    product=product.display_name,
                    location=scrap.location_id.display_name,
                )
            )
        scrap.action_validate()
        return scrap

    def _integration_scrap_reason(self, name):
        """Partners' reasons become tags, so that scrap can be counted by them.

        :param name: a text, or the tag that a code list maps it to.
        """
        tags = self.env["stock.scrap.reason.tag"].sudo()
        if isinstance(name, models.BaseModel):
            return name
        if not name:
            return tags
        return tags.search([("name", "=", name)], limit=1) or tags.create({"name": name})

    def _integration_check_released(self):
        if self.state == "draft":
            raise NotYetKnown(self.env._("%s is not released yet.", self.name))
        if self.state == "cancel":
            raise RejectMessage(self.env._("%s is cancelled.", self.name))

    def _integration_complete(self, done):
        """Mark as done with the reported quantity and lots; what is short becomes a backorder.

        :return: the order, its backorder and the lots.
        """
        self.ensure_one()
        self._integration_check_released()
        if self.state == "done":
            raise RejectMessage(self.env._("%s is done already.", self.name))
        good = self._integration_quantity(done.good)
        if self.product_uom_id.is_zero(good):
            raise RejectMessage(
                self.env._("Nothing good was made of %s: cancel the order, or correct the report.", self.name)
            )
        lots = self._integration_lots(done.lots)
        if self.product_id.tracking != "none" and not lots:
            raise RejectMessage(
                self.env._(
                    "%s is tracked: the report of its completion has to name a lot.",
                    self.product_id.display_name,
                )
            )
        if self.product_id.tracking == "serial" and len(lots) != good:
            raise RejectMessage(
                self.env._(
                    "%(order)s: %(good)s good need as many serial numbers, %(count)s came.",
                    order=self.name,
                    good=good,
                    count=len(lots),
                )
            )
        self.lot_producing_ids = lots
        self.qty_producing = good
        self._set_qty_producing()
        is_short = self.product_uom_id.compare(good, self.product_qty) < 0
        siblings = self._integration_siblings()
        self.with_context(
            skip_backorder=True,
            skip_consumption=True,
            skip_redirection=True,
            mo_ids_to_backorder=self.ids if is_short else [],
        ).button_mark_done()
        if self.state != "done":
            raise RejectMessage(
                self.env._("%s could not be closed: open it in Odoo and mark it as done there.", self.name)
            )
        self.date_finished = max(naive(done.completed_at), self.date_start)
        return [self, self._integration_siblings() - siblings - self, lots]

    def _integration_siblings(self):
        return self.production_group_id.production_ids

    def _integration_lots(self, names):
        """The lots of the product by these names; those that are new are made."""
        if self.product_id.tracking == "none":
            return self.env["stock.lot"]
        lots = self.env["stock.lot"].search(
            [
                ("name", "in", names),
                ("product_id", "=", self.product_id.id),
                ("company_id", "in", [self.company_id.id, False]),
            ]
        )
        missing = [name for name in dict.fromkeys(names) if name not in lots.mapped("name")]
        return lots | self.env["stock.lot"].create(
            [
                {"name": name, "product_id": self.product_id.id, "company_id": self.company_id.id}
                for name in missing
            ]
        )
