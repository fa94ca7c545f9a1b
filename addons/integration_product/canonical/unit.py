"""Units of measure."""

from pydantic import Field

from odoo.addons.integration_core.canonical import Canonical


class Unit(Canonical):
    """A unit of measure, and how much of its reference unit it contains."""

    code: str = Field(examples=["DZN"], description="UN/CEFACT Recommendation 20 code", max_length=32)
    name: str = Field(examples=["Dozens"])
    reference: str = Field(examples=["C62"], description="Code of the smallest unit of its kind")
    factor: float = Field(examples=[12], description="Reference units in one of this unit")


def unit_code(uom):
    """The code of a ``uom.uom``; ``X-`` and its name where it has none (a pack of 6)."""
    return uom.unece_code or f"X-{uom.with_context(lang=None).name}"[:32]


def unit(uom):
    """:param uom: one ``uom.uom``."""
    reference = uom
    while reference.relative_uom_id:
        reference = reference.relative_uom_id
    return Unit(
        code=unit_code(uom),
        name=uom.name,
        reference=unit_code(reference),
        factor=uom.factor / reference.factor,
    )
