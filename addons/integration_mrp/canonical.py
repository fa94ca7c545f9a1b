"""Canonical models of outbound production orders and operations."""

from typing import Literal

from pydantic import Field

from odoo.addons.integration_core.canonical import Canonical, UtcDatetime, utc
from odoo.addons.integration_product.canonical import Product, Quantity, product, quantity

OrderStatus = Literal["draft", "released", "in_progress", "to_close", "completed", "cancelled"]
OperationStatus = Literal["waiting", "ready", "in_progress", "completed", "cancelled"]
# The contract's words for Odoo's states: these may change, the contract does not.
ORDER_STATUS = {
    "draft": "draft",
    "confirmed": "released",
    "progress": "in_progress",
    "to_close": "to_close",
    "done": "completed",
    "cancel": "cancelled",
}
OPERATION_STATUS = {
    "blocked": "waiting",
    "ready": "ready",
    "progress": "in_progress",
    "done": "completed",
    "cancel": "cancelled",
}


class Component(Canonical):
    product: Product
    quantity: Quantity
    lots: list[str] = Field([], description="Reserved lots or serial numbers")
    operation: str | None = Field(None, description="Reference of the operation that consumes it")


class Operation(Canonical):
    reference: str = Field(
        examples=["WH/MO/00012/31"], description="What reports of this operation have to carry"
    )
    name: str = Field(examples=["Assemble"])
    position: int = Field(description="Order on the shop floor, from 1")
    work_center: str = Field(examples=["ASSY-2"], description="Code; the name where there is none")
    expected_minutes: float


class ManufacturingOrder(Canonical):
    """A production order as partners see it."""

    reference: str = Field(examples=["WH/MO/00012"])
    status: OrderStatus = Field(examples=["released"])
    product: Product
    quantity: Quantity
    produced: Quantity
    lots: list[str] = Field([], description="Lots or serial numbers of the product")
    is_tracked: bool = Field(description="Whether the report of completion has to name a lot")
    planned_start: UtcDatetime | None = None
    planned_end: UtcDatetime | None = None
    bom: str | None = Field(None, description="Reference of the bill of materials")
    bom_revision: int | None = None
    origin: str | None = Field(None, examples=["SO0042"])
    components: list[Component] = []
    operations: list[Operation] = []


class WorkOrder(Canonical):
    """One operation of a production order."""

    reference: str = Field(examples=["WH/MO/00012/31"])
    order: str = Field(examples=["WH/MO/00012"])
    name: str = Field(examples=["Assemble"])
    status: OperationStatus = Field(examples=["in_progress"])
    work_center: str = Field(examples=["ASSY-2"])
    produced: Quantity
    expected_minutes: float
    minutes: float
    started_at: UtcDatetime | None = None
    finished_at: UtcDatetime | None = None


def work_center(record):
    return record.code or record.name


def manufacturing_order(order):
    """:param order: one ``mrp.production``."""
    raw_moves = order.move_raw_ids.filtered(lambda move: move.state != "cancel")
    return ManufacturingOrder(
        reference=order.name,
        status=ORDER_STATUS[order.state],
        product=product(order.product_id),
        quantity=quantity(order.product_qty, order.product_uom_id),
        produced=quantity(order.qty_produced, order.product_uom_id),
        lots=order.lot_producing_ids.mapped("name"),
        is_tracked=order.product_id.tracking != "none",
        planned_start=utc(order.date_start),
        planned_end=utc(order.date_finished),
        bom=order.bom_id.code or None,
        bom_revision=getattr(order.bom_id, "version", None),
        origin=order.origin or None,
        components=[component(move) for move in raw_moves],
        operations=[
            operation(workorder, position)
            for position, workorder in enumerate(order.workorder_ids.sorted(lambda w: (w.sequence, w.id)), 1)
        ],
    )


def component(move):
    return Component(
        product=product(move.product_id),
        quantity=quantity(move.product_uom_qty, move.product_uom),
        lots=move.move_line_ids.lot_id.mapped("name"),
        operation=move.workorder_id.barcode or None,
    )


def operation(workorder, position):
    return Operation(
        reference=workorder.barcode,
        name=workorder.name,
        position=position,
        work_center=work_center(workorder.workcenter_id),
        expected_minutes=round(workorder.duration_expected, 2),
    )


def work_order(workorder):
    """:param workorder: one ``mrp.workorder``."""
    is_begun = workorder.state in ("progress", "done")
    return WorkOrder(
        reference=workorder.barcode,
        order=workorder.production_id.name,
        name=workorder.name,
        status=OPERATION_STATUS[workorder.state],
        work_center=work_center(workorder.workcenter_id),
        produced=quantity(workorder.qty_produced, workorder.product_uom_id),
        expected_minutes=round(workorder.duration_expected, 2),
        minutes=round(workorder.duration, 2),
        started_at=utc(workorder.date_start) if is_begun else None,
        finished_at=utc(workorder.date_finished) if workorder.state == "done" else None,
    )
