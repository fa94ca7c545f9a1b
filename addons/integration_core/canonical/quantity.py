"""Quantities with their unit as UN/CEFACT Recommendation 20 codes it."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, PlainSerializer

from .base import Canonical

# A number in JSON, without the tail that binary fractions have (0.1 + 0.2).
Amount = Annotated[
    Decimal,
    Field(allow_inf_nan=False),
    PlainSerializer(lambda v: int(v) if v == v.to_integral() else float(v), return_type=int | float),
]

# External ids of Odoo's own units to their codes; C62 is "one", the code for pieces.
CODES = {
    "uom.product_uom_unit": "C62",
    "uom.product_uom_dozen": "DZN",
    "uom.product_uom_kgm": "KGM",
    "uom.product_uom_gram": "GRM",
    "uom.product_uom_ton": "TNE",
    "uom.product_uom_lb": "LBR",
    "uom.product_uom_oz": "ONZ",
    "uom.product_uom_hour": "HUR",
    "uom.product_uom_day": "DAY",
    "uom.product_uom_minute": "MIN",
    "uom.product_uom_meter": "MTR",
    "uom.product_uom_millimeter": "MMT",
    "uom.product_uom_cm": "CMT",
    "uom.product_uom_km": "KMT",
    "uom.product_uom_inch": "INH",
    "uom.product_uom_foot": "FOT",
    "uom.product_uom_yard": "YRD",
    "uom.product_uom_mile": "SMI",
    "uom.product_uom_litre": "LTR",
    "uom.product_uom_cubic_meter": "MTQ",
    "uom.product_uom_floz": "OZA",
    "uom.product_uom_qt": "QTL",
    "uom.product_uom_gal": "GLL",
    "uom.product_uom_square_meter": "MTK",
    "uom.product_uom_square_foot": "FTK",
    "uom.product_uom_milliliter": "MLT",
    "uom.product_uom_cubic_inch": "INQ",
    "uom.product_uom_cubic_foot": "FTQ",
    "uom.product_uom_kwh": "KWH",
}


_CODES = "integration_core.unit_codes"


class Quantity(Canonical):
    """An amount and its unit."""

    value: Amount
    unit: str = Field(examples=["C62"], description="UN/CEFACT Recommendation 20 code", max_length=32)


def unit_code(uom):
    """The code of a unit of measure; ``X-`` and its name where none is known (a pack of 6)."""
    code = _codes(uom.env).get(uom.id)
    return code or f"X-{uom.with_context(lang=None).name}"[:32]


def _codes(env):
    """``{id of a unit: its code}``, put together once per transaction from Odoo's cache of external ids."""
    cache = env.cr.cache
    codes = cache.get(_CODES)
    if codes is None:
        find = env["ir.model.data"]._xmlid_to_res_id
        codes = cache[_CODES] = {find(external_id, False): code for external_id, code in CODES.items()}
        env.cr.postcommit.add(lambda: cache.pop(_CODES, None))
        env.cr.postrollback.add(lambda: cache.pop(_CODES, None))
    return codes
