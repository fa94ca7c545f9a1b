"""Products."""

from pydantic import Field

from odoo.addons.integration_core.canonical import Canonical


class Product(Canonical):
    """A product variant as every business document names it."""

    code: str = Field(examples=["GBX-40"], description="Internal reference; the name where there is none")
    name: str = Field(examples=["Planetary gearbox GX-40"])
    barcode: str | None = Field(None, examples=["4006381333931"])


def product(record):
    """:param record: one ``product.product``."""
    return Product(code=record.default_code or record.name, name=record.name, barcode=record.barcode or None)
