from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    without = (
        env["integration.subscription"].with_context(active_test=False).search([("health_ids", "=", False)])
    )
    env["integration.subscription.health"].create(
        [{"subscription_id": subscription.id} for subscription in without]
    )
    # The rules are noupdate; their path to the company is another.
    for name, path in (("delivery", "subscription_id"), ("attempt", "delivery_id.subscription_id")):
        rule = env.ref(f"integration_outbox.rule_{name}_company", raise_if_not_found=False)
        if rule:
            rule.domain_force = f"[('{path}.company_id', 'in', company_ids)]"
    # What was delivered before counts in the hours, too.
    cr.execute(
        """
        INSERT INTO integration_delivery_hour
                    (subscription_id, hour, slot, delivered, failed, died, expired, duration_ms)
             SELECT subscription_id, date_trunc('hour', delivered_at), 0, count(*), 0, 0, 0, 0
               FROM integration_delivery
              WHERE state = 'delivered' AND delivered_at IS NOT NULL
              GROUP BY 1, 2
        ON CONFLICT (subscription_id, hour, slot) DO NOTHING
        """
    )
    cr.execute("ALTER TABLE integration_event DROP COLUMN IF EXISTS state")
    cr.execute("ALTER TABLE integration_delivery DROP COLUMN IF EXISTS company_id")
