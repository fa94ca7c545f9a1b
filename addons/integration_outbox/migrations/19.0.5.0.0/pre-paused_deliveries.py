"""Pausing a subscription rewrites no delivery any more: what was paused with it waits as it did before.

index: integration_delivery_held_idx, which this migration replaces by one of dead deliveries alone
"""


def migrate(cr, version):
    cr.execute(
        """
        UPDATE integration_delivery
           SET state = CASE WHEN failure_count = 0 THEN 'pending' ELSE 'retrying' END,
               next_attempt_at = coalesce(next_attempt_at, clock_timestamp() AT TIME ZONE 'UTC')
         WHERE state = 'paused'
        """
    )
    cr.execute("DROP INDEX IF EXISTS integration_delivery_held_idx")
