"""Lots and serial numbers."""

from pydantic import Field

from odoo.addons.integration_core.canonical import Canonical, UtcDatetime, utc


class Lot(Canonical):
    """A lot or serial number of a product. Unique together with its product, not by its name alone."""

    name: str = Field(examples=["GX40-2611-0007"])
    product: str = Field(examples=["GBX-40"], description="Code of the product")
    reference: str | None = Field(None, description="Another number of the same lot, of its maker")
    expires_at: UtcDatetime | None = Field(None, description="Where expiration dates are kept")


def lot(record):
    """:param record: one ``stock.lot``; here without ``stock``, for those who have it."""
    product = record.product_id
    return Lot(
        name=record.name,
        product=product.default_code or product.name,
        reference=record.ref or None,
        expires_at=utc(record.expiration_date) if "expiration_date" in record._fields else None,
    )
