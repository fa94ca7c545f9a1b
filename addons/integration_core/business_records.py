"""What is a business record, and what its row holds: for those who watch what reaches the tables."""

from odoo.tools import SQL

# Rows of these models come and go with others: they say nothing of the business.
SILENT_PREFIXES = ("mail.", "bus.", "ir.", "integration.", "res.users.", "base_import.")


def is_business(model_name):
    return not model_name.startswith(SILENT_PREFIXES)


def stored(records, columns, ids=None):
    """The values in the table, before they are overwritten: ``{id: {column: value}}``.

    :param ids: of these alone, where not of all ``records``.
    """
    ids = records._ids if ids is None else ids
    if not ids:
        return {}
    cr = records.env.cr
    cr.execute(
        SQL(
            "SELECT id, %s FROM %s WHERE id IN %s",
            SQL(", ").join(map(SQL.identifier, columns)),
            SQL.identifier(records._table),
            tuple(ids),
        )
    )
    return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in cr.fetchall()}
