"""Handlers of inbound messages: shop floor reports on work orders, scrap and production orders."""

from odoo.addons.integration_core.declare import handler
from odoo.addons.integration_core.errors import RejectMessage

from .reports import OperationCompleted, OperationStarted, OrderCompleted, ScrapRecorded


@handler(
    "execution.operation.started",
    version=1,
    data=OperationStarted,
    mirrors=("manufacturing.workorder.started",),
)
def start_operation(message, started):
    """Start the work order.

    Raises NotYetKnown while the work order does not exist or its order is not released, Superseded
    when it is finished already, RejectMessage when it is cancelled.
    """
    workorder = _workorder(message, started)
    workorder._integration_start(started)
    return workorder


@handler(
    "execution.operation.completed",
    version=1,
    data=OperationCompleted,
    mirrors=("manufacturing.workorder.completed",),
)
def complete_operation(message, done):
    """Finish the work order with its good quantity and its time.

    Raises NotYetKnown while the work order does not exist or its order is not released, RejectMessage
    when it is cancelled or was finished before.
    """
    workorder = _workorder(message, done)
    workorder._integration_finish(done)
    return workorder


@handler("execution.scrap.recorded", version=1, data=ScrapRecorded)
def record_scrap(message, report):
    """Take scrapped material out of stock, on account of the order.

    Raises NotYetKnown while order or product is not known, RejectMessage when stock does not suffice.
    """
    order = message.find("mrp.production", report.order)
    product = message.find("product.product", report.product)
    workorder = message.env["mrp.workorder"]
    if report.operation:
        workorder = _workorder(message, report)
    lot = message.env["stock.lot"]
    if report.lot:
        lot = lot.search([("name", "=", report.lot), ("product_id", "=", product.id)], limit=1)
        if not lot:
            raise RejectMessage(
                message.env._(
                    "Lot %(lot)s of %(product)s is not known.", lot=report.lot, product=product.display_name
                )
            )
    # What the plant calls it, where somebody mapped it; else in the partner's own words.
    reason = message.code("scrap_reason", report.reason, default=report.reason)
    return order._integration_scrap(product, report, workorder, lot, reason)


@handler(
    "execution.order.completed", version=1, data=OrderCompleted, mirrors=("manufacturing.order.completed",)
)
def complete_order(message, done):
    """Close the order with what was made; what is missing goes to a backorder.

    Raises NotYetKnown while the order does not exist or is not released, RejectMessage when it is done
    or cancelled, or when a lot is missing.
    """
    order = message.find("mrp.production", done.order)
    return order._integration_complete(done)


def _workorder(message, report):
    workorder = message.find("mrp.workorder", report.operation)
    if workorder.production_id.name != report.order:
        raise RejectMessage(
            message.env._(
                "Operation %(operation)s belongs to %(owner)s, not to %(order)s.",
                operation=report.operation,
                owner=workorder.production_id.name,
                order=report.order,
            )
        )
    return workorder
