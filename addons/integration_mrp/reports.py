"""Canonical models of inbound shop floor reports."""

from decimal import Decimal

from pydantic import AwareDatetime, Field

from odoo.addons.integration_core.canonical import Inbound
from odoo.addons.integration_product.canonical import Reported


class OperationStarted(Inbound):
    order: str = Field(examples=["WH/MO/00012"])
    operation: str = Field(examples=["WH/MO/00012/31"], description="Reference from the released order")
    started_at: AwareDatetime
    operator: str | None = Field(None, examples=["M. Okafor"])


class OperationCompleted(Inbound):
    order: str = Field(examples=["WH/MO/00012"])
    operation: str = Field(examples=["WH/MO/00012/31"])
    completed_at: AwareDatetime
    good: Reported
    machine_minutes: Decimal | None = Field(
        None, ge=0, le=100000, description="Net time; from start to end when it is left out"
    )
    operator: str | None = Field(None, examples=["M. Okafor"])


class ScrapRecorded(Inbound):
    order: str = Field(examples=["WH/MO/00012"])
    operation: str | None = Field(None, examples=["WH/MO/00012/31"])
    product: str = Field(examples=["BRG-6204"], description="Code of what was scrapped")
    quantity: Reported
    lot: str | None = Field(None, examples=["B-24117"])
    reason: str | None = Field(None, examples=["Raceway damaged"], max_length=100)


class OrderCompleted(Inbound):
    order: str = Field(examples=["WH/MO/00012"])
    completed_at: AwareDatetime
    good: Reported
    lots: list[str] = Field([], examples=[["GX40-2611-0007"]], max_length=10000)
