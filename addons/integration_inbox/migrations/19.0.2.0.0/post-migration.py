from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    # What its sender was told, so that a repeat is told the same.
    cr.execute(
        """
        UPDATE integration_message
           SET told = CASE WHEN state = 'quarantined' THEN 'quarantined' ELSE 'accepted' END
         WHERE told IS NULL
        """
    )
    cr.execute("ALTER TABLE integration_message DROP COLUMN IF EXISTS company_id")
    # The rules are noupdate; their path to the company is another.
    env = api.Environment(cr, SUPERUSER_ID, {})
    for name, path in (("message", "endpoint_id"), ("message_record", "message_id.endpoint_id")):
        rule = env.ref(f"integration_inbox.rule_{name}_company", raise_if_not_found=False)
        if rule:
            rule.domain_force = f"[('{path}.company_id', 'in', company_ids)]"
