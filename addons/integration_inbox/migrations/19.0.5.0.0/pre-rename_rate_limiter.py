"""The table of endpoints' rate limiters has its field-standard name: integration.endpoint.rate.limiter."""

OLD, NEW = "integration.endpoint.pace", "integration.endpoint.rate.limiter"


def migrate(cr, version):
    old, new = OLD.replace(".", "_"), NEW.replace(".", "_")
    cr.execute("SELECT to_regclass(%s)", [old])
    if cr.fetchone()[0] is None:
        return
    cr.execute(f"ALTER TABLE {old} RENAME TO {new}")  # pylint: disable=sql-injection
    cr.execute(f"ALTER SEQUENCE {old}_id_seq RENAME TO {new}_id_seq")  # pylint: disable=sql-injection
    cr.execute(f"ALTER TABLE {new} RENAME COLUMN at TO tokens_at")  # pylint: disable=sql-injection
    cr.execute("UPDATE ir_model_fields SET name = 'tokens_at' WHERE model = %s AND name = 'at'", [OLD])
    cr.execute("UPDATE ir_model SET model = %s WHERE model = %s", [NEW, OLD])
    cr.execute("UPDATE ir_model_fields SET model = %s WHERE model = %s", [NEW, OLD])
    cr.execute("UPDATE ir_model_fields SET relation = %s WHERE relation = %s", [NEW, OLD])
    cr.execute(
        "UPDATE ir_model_data SET name = replace(name, %s, %s) WHERE module = 'integration_inbox' AND name ~ %s",
        [old, new, f"^(model|field|constraint)_{old}(__|_|$)"],
    )
    cr.execute(
        "UPDATE ir_model_data SET name = %s WHERE module = 'integration_inbox' AND name = %s",
        [f"field_{new}__tokens_at", f"field_{new}__at"],
    )
