from odoo import fields, models

from odoo.addons.integration_core.errors import CODE_MODEL

# What waits for a code: handlers' messages wait, and those that no mapping could read are put aside.
WAITING = ("waiting", "retrying", "quarantined", "dead")


class IntegrationCode(models.Model):
    """Values that messages carry: the messages that wait for one go on when it is mapped."""

    _inherit = "integration.code"

    example_message_id = fields.Many2one(
        "integration.message", string="Example", readonly=True, ondelete="set null", index="btree_not_null"
    )
    waiting_count = fields.Integer(
        string="Waiting Messages",
        compute="_compute_waiting_count",
        help="Messages that are processed as soon as the value is mapped.",
    )

    def _compute_waiting_count(self):
        for code in self:
            code.waiting_count = len(code._waiting()) if code.state == "unmapped" else 0

    def _waiting(self):
        """index: integration_message_missing_idx"""
        self.ensure_one()
        return (
            self.env["integration.message"]
            .sudo()
            .search(
                [
                    ("missing_model", "=", CODE_MODEL),
                    ("missing_key", "=", f"{self.list_id.code}/{self.external_value}"),
                    ("endpoint_id.system_id", "=", self.system_id.id),
                    ("state", "in", WAITING),
                    ("body", "!=", False),
                ]
            )
        )

    def _go_on(self):
        result = super()._go_on()
        for code in self.filtered(lambda code: code.direction != "out"):
            waiting = code._waiting()
            if waiting:
                text = self.env._(
                    "%(value)s was mapped to %(meaning)s", value=code.external_value, meaning=code.value
                )
                waiting._apply_again(self.env.user, text)
        return result
