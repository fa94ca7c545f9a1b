"""UN/CEFACT Recommendation 20 codes of Odoo's own units, and the shape of any such code."""

import re

# Two or three letters and digits; Recommendation 21's packages are X and their code (a box: XBX).
SHAPE = re.compile(r"^[0-9A-Z]{2,3}$")

# By external id; C62 is "one", the code for pieces.
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


def post_init_hook(env):
    """Give Odoo's own units their codes; one that has a code keeps it, one that is gone stays gone."""
    for external_id, code in CODES.items():
        unit = env.ref(external_id, raise_if_not_found=False)
        if unit and not unit.unece_code:
            unit.unece_code = code
