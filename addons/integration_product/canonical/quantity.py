"""Quantities with their unit as UN/CEFACT Recommendation 20 codes it."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, PlainSerializer

from odoo.addons.integration_core.canonical import Canonical, Inbound

from .unit import unit_code

# A number in JSON, without the tail that binary fractions have (0.1 + 0.2).
Amount = Annotated[
    Decimal,
    Field(allow_inf_nan=False),
    PlainSerializer(lambda v: int(v) if v == v.to_integral() else float(v), return_type=int | float),
]


class Quantity(Canonical):
    """An amount and its unit."""

    value: Amount
    unit: str = Field(examples=["C62"], description="UN/CEFACT Recommendation 20 code", max_length=32)


class Reported(Inbound):
    """A reported quantity; in the document's own unit when none is named."""

    value: Decimal = Field(ge=0, max_digits=16, decimal_places=6, examples=[18])
    unit: str | None = Field(None, examples=["C62"], description="UN/CEFACT Recommendation 20 code")


def quantity(value, uom):
    """:param uom: the ``uom.uom`` that ``value`` is in."""
    return Quantity(value=value, unit=unit_code(uom))
