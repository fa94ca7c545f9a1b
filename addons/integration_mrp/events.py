"""Outbound events: the life cycle of production orders and work orders."""

from odoo.addons.integration_core.declare import ANY, becomes, lifecycle, transition

from .canonical import ManufacturingOrder, WorkOrder, manufacturing_order, work_order

ORDER = "mrp.production"
WORKORDER = "mrp.workorder"


@lifecycle(
    "manufacturing.order",
    on=ORDER,
    data=ManufacturingOrder,
    released=transition("The order is confirmed: the shop floor may start it.", becomes(state="confirmed")),
    started=transition("Work on the order has begun.", becomes(state="progress")),
    completed=transition("The order is done: its products are in stock.", becomes(state="done")),
    cancelled=transition("The order is cancelled: nothing more is to be made.", becomes(state="cancel")),
)
def order(record):
    return manufacturing_order(record)


def _is_ready(workorder):
    return workorder.state == "ready" and workorder.production_id.state not in ("draft", "cancel")


def _is_paused(workorder):
    return workorder.state == "progress" and all(workorder.time_ids.mapped("date_end"))


@lifecycle(
    "manufacturing.workorder",
    on=WORKORDER,
    part_of=ORDER,
    data=WorkOrder,
    key="order",
    ready=transition(
        "What the operation waits for is there: it may start.",
        becomes(state="ready"),
        # The first operations are ready from the start, and count once their order is released.
        becomes(ORDER, state="confirmed", via="workorder_ids"),
        only_if=_is_ready,
    ),
    started=transition("Work on the operation has begun.", becomes(state="progress")),
    paused=transition(
        "Nobody works on the operation for now.",
        becomes("mrp.workcenter.productivity", date_end=ANY, via="workorder_id"),
        only_if=_is_paused,
    ),
    completed=transition("The operation is done.", becomes(state="done")),
    cancelled=transition("The operation is not to be done.", becomes(state="cancel")),
)
def operation(record):
    return work_order(record)
