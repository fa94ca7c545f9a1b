"""The normal form of a column's value: equal for Odoo exactly if equal here.

A value reaches us in three formats: as read from the table, as ``_write_multi`` gets it, as ``_create`` does.
They differ for numeric columns (Decimal, text), translated ones (a document), dates and times (text) and in
what is empty (NULL, false, zero, an empty text): Odoo shows all of these as the same.
"""

from datetime import date, datetime

from odoo import fields as odoo_fields

EMPTY = None
# What can be watched. Lines are watched where they are (``model=``, ``via=``).
KINDS = {
    "boolean", "char", "date", "datetime", "float", "html", "integer", "many2one", "many2one_reference",
    "monetary", "reference", "selection", "text",
}  # fmt: skip
# Of amounts without declared digits: more than a double can tell apart after a few operations.
DIGITS = 9


def normal(field, value, before=EMPTY):
    """The normal form of ``value`` of ``field``, in whatever format it is.

    :param before: the normal form that is overwritten: translations are written one by one.
    """
    value = getattr(value, "adapted", value)  # psycopg2's Json
    if field.translate:
        if isinstance(value, dict):
            known = {**before, **value} if isinstance(before, dict) and field.translate is True else value
            return {lang: text for lang, text in known.items() if text} or EMPTY
        return {**(before if isinstance(before, dict) else {}), "en_US": value} if value else EMPTY
    if not value:
        return EMPTY
    if field.type in ("float", "monetary"):
        return round(float(value), DIGITS) or EMPTY
    if field.type == "datetime" and not isinstance(value, datetime):
        return odoo_fields.Datetime.to_datetime(value)
    if field.type == "date" and not (isinstance(value, date) and not isinstance(value, datetime)):
        return odoo_fields.Date.to_date(value)
    if field.type == "boolean":
        return True
    return value
