from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.integration_core.errors import RejectMessage

from ..unece import SHAPE

# Of a unit without a code: "X-" and its name. It is what leaves, so it may come back.
NAMED = "X-"


class UomUom(models.Model):
    _inherit = "uom.uom"

    unece_code = fields.Char(
        string="UN/CEFACT Code",
        size=3,
        index="btree_not_null",
        help="Code of the unit in UN/CEFACT Recommendation 20, such as KGM for kilograms or C62 for pieces. "
        "Partners receive and send quantities with it. Empty: X- and the name of the unit.",
    )

    @api.constrains("unece_code")
    def _check_unece_code(self):
        for unit in self.filtered("unece_code"):
            if not SHAPE.match(unit.unece_code):
                raise ValidationError(
                    self.env._(
                        "%s is not a UN/CEFACT code: codes have two or three capital letters and digits, "
                        "such as KGM.",
                        unit.unece_code,
                    )
                )

    @api.model
    def _integration_find(self, code, near=None):
        """The unit that a partner means by ``code``.

        :param near: where several units have the code: the one that is meant is of its kind.
        :raises RejectMessage: there is none, or there are several of different size.
        """
        units = self._integration_search([("unece_code", "=", code)])
        if not units and code.startswith(NAMED):
            units = self._integration_search([("name", "=", code.removeprefix(NAMED))])
        if near:
            if near in units:
                return near
            units = units.filtered(lambda unit: unit._has_common_reference(near)) or units
        if not units:
            raise RejectMessage(self.env._("%s is not a unit that is known here.", code))
        if len(set(units.mapped("factor"))) > 1 or not all(u._has_common_reference(units[0]) for u in units):
            raise RejectMessage(
                self.env._(
                    "%(code)s is the code of several units: %(units)s. Leave it to one of them.",
                    code=code,
                    units=", ".join(units.mapped("name")),
                )
            )
        return units[0]

    @api.model
    def _integration_search(self, domain):
        """Units by code or by original name; archived ones (Odoo archives dozens) where no other fits."""
        found = self.with_context(lang=None, active_test=False).search(domain).with_env(self.env)
        return found.filtered("active") or found

    def _integration_convert(self, amount):
        """A reported amount in this unit, as a float; it is in this unit where it names none.

        :param amount: what has ``value`` and ``unit``, the code of a unit or nothing.
        :raises RejectMessage: the unit is not known, or is of another kind (kilograms for pieces).
        """
        self.ensure_one()
        if not amount.unit:
            return float(amount.value)
        reported = self._integration_find(amount.unit, near=self)
        if not reported._has_common_reference(self):
            raise RejectMessage(
                self.env._(
                    "%(reported)s cannot be converted to %(unit)s.", reported=amount.unit, unit=self.name
                )
            )
        return reported._compute_quantity(float(amount.value), self, round=False)
