"""How the shop floor reports: what comes in."""

from decimal import Decimal

from pydantic import AwareDatetime, Field

from odoo.addons.integration_core.canonical import Inbound


class Amount(Inbound):
    """A reported quantity; in the order's own unit when none is named."""

    value: Decimal = Field(ge=0, max_digits=16, decimal_places=6, examples=[18])
    unit: str | None = Field(None, examples=["C62"], description="UN/CEFACT Recommendation 20 code")


class OperationStarted(Inbound):
    order: str = Field(examples=["WH/MO/00012"])
    operation: str = Field(examples=["WH/MO/00012/31"], description="Reference from the released order")
    started_at: AwareDatetime
    operator: str | None = Field(None, examples=["M. Okafor"])


class OperationCompleted(Inbound):
    order: str = Field(examples=["WH/MO/00012"])
    operation: str = Field(examples=["WH/MO/00012/31"])
    completed_at: AwareDatetime
    good: Amount
    machine_minutes: Decimal | None = Field(
        None, ge=0, le=100000, description="Net time; from start to end when it is left out"
    )
    operator: str | None = Field(None, examples=["M. Okafor"])


class ScrapRecorded(Inbound):
    order: str = Field(examples=["WH/MO/00012"])
    operation: str | None = Field(None, examples=["WH/MO/00012/31"])
    product: str = Field(examples=["BRG-6204"], description="Code of what was scrapped")
    quantity: Amount
    lot: str | None = Field(None, examples=["B-24117"])
    reason: str | None = Field(None, examples=["Raceway damaged"], max_length=100)


class OrderCompleted(Inbound):
    order: str = Field(examples=["WH/MO/00012"])
    completed_at: AwareDatetime
    good: Amount
    lots: list[str] = Field([], examples=[["GX40-2611-0007"]], max_length=10000)
