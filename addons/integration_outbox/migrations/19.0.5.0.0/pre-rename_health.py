"""The breaker's and rate limiter's table has its field-standard name: integration.subscription.health."""

OLD, NEW = "integration.gate", "integration.subscription.health"


def migrate(cr, version):
    old, new = OLD.replace(".", "_"), NEW.replace(".", "_")
    cr.execute("SELECT to_regclass(%s)", [old])
    if cr.fetchone()[0] is None:
        return
    cr.execute(f"ALTER TABLE {old} RENAME TO {new}")  # pylint: disable=sql-injection
    cr.execute(f"ALTER SEQUENCE {old}_id_seq RENAME TO {new}_id_seq")  # pylint: disable=sql-injection
    cr.execute("UPDATE ir_model SET model = %s WHERE model = %s", [NEW, OLD])
    cr.execute("UPDATE ir_model_fields SET model = %s WHERE model = %s", [NEW, OLD])
    cr.execute("UPDATE ir_model_fields SET relation = %s WHERE relation = %s", [NEW, OLD])
    cr.execute(
        "UPDATE ir_model_data SET name = replace(name, %s, %s) WHERE module = 'integration_outbox' AND name ~ %s",
        [old, new, f"^(model|field|constraint)_{old}(__|_|$)"],
    )
