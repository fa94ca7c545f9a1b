"""What leaves: the life of production orders and of their work orders."""

from odoo.addons.integration_core.declare import ANY, becomes, event

from .canonical import ManufacturingOrder, WorkOrder, manufacturing_order, work_order

ORDER = "mrp.production"
WORKORDER = "mrp.workorder"


@event(
    "manufacturing.order.released",
    version=1,
    data=ManufacturingOrder,
    on=ORDER,
    when=becomes(state="confirmed"),
)
def order_released(order):
    """The order is confirmed: the shop floor may start it."""
    return manufacturing_order(order)


@event(
    "manufacturing.order.started",
    version=1,
    data=ManufacturingOrder,
    on=ORDER,
    when=becomes(state="progress"),
)
def order_started(order):
    """Work on the order has begun."""
    return manufacturing_order(order)


@event(
    "manufacturing.order.completed", version=1, data=ManufacturingOrder, on=ORDER, when=becomes(state="done")
)
def order_completed(order):
    """The order is done: its products are in stock."""
    return manufacturing_order(order)


@event(
    "manufacturing.order.cancelled",
    version=1,
    data=ManufacturingOrder,
    on=ORDER,
    when=becomes(state="cancel"),
)
def order_cancelled(order):
    """The order is cancelled: nothing more is to be made."""
    return manufacturing_order(order)


def _is_released(workorder):
    return workorder.production_id.state not in ("draft", "cancel")


@event(
    "manufacturing.workorder.ready",
    version=1,
    data=WorkOrder,
    on=WORKORDER,
    key="order",
    # The first operations are ready from the start, and count once their order is released.
    when=[becomes(state="ready"), becomes(ORDER, state="confirmed", via="workorder_ids")],
    only_if=lambda workorder: workorder.state == "ready" and _is_released(workorder),
)
def workorder_ready(workorder):
    """What the operation waits for is there: it may start."""
    return work_order(workorder)


@event(
    "manufacturing.workorder.started",
    version=1,
    data=WorkOrder,
    on=WORKORDER,
    key="order",
    when=becomes(state="progress"),
)
def workorder_started(workorder):
    """Work on the operation has begun."""
    return work_order(workorder)


@event(
    "manufacturing.workorder.paused",
    version=1,
    data=WorkOrder,
    on=WORKORDER,
    key="order",
    when=becomes("mrp.workcenter.productivity", date_end=ANY, via="workorder_id"),
    only_if=lambda workorder: workorder.state == "progress" and all(workorder.time_ids.mapped("date_end")),
)
def workorder_paused(workorder):
    """Nobody works on the operation for now."""
    return work_order(workorder)


@event(
    "manufacturing.workorder.completed",
    version=1,
    data=WorkOrder,
    on=WORKORDER,
    key="order",
    when=becomes(state="done"),
)
def workorder_completed(workorder):
    """The operation is done."""
    return work_order(workorder)


@event(
    "manufacturing.workorder.cancelled",
    version=1,
    data=WorkOrder,
    on=WORKORDER,
    key="order",
    when=becomes(state="cancel"),
)
def workorder_cancelled(workorder):
    """The operation is not to be done."""
    return work_order(workorder)
