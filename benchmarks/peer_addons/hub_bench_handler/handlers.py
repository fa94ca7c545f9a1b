from odoo.addons.integration_core.canonical import Inbound
from odoo.addons.integration_core.declare import handler


class Counted(Inbound):
    pallet: str
    line: str
    pieces: int


@handler("bench.pallet.counted", version=1, data=Counted)
def count(message, counted):
    """Note the pallet, and add its pieces to its line's: whose row every worker wants."""
    line = message.env["res.partner"].search([("ref", "=", counted.line)])
    line.color = line.color + counted.pieces
    return message.env["res.partner"].create(
        {"name": counted.pallet, "ref": counted.pallet, "parent_id": line.id}
    )
