from odoo import models


class IntegrationEventPending(models.Model):
    """An event that is committed and waits to be handed to the subscriptions.

    Its id is the event's. The row goes when the event is dispatched, so that events themselves are never
    updated: on the hot path that is seventeen times cheaper than a state on the event with its indexes
    (``docs/decisions/append-only-events.md``).
    """

    _name = "integration.event.pending"
    _description = "Integration Event to Dispatch"
    _log_access = False

    def init(self):
        # Rows live for milliseconds: what they leave behind has to go soon, or the oldest is found late.
        self.env.cr.execute(
            """
            ALTER TABLE integration_event_pending SET (
                autovacuum_vacuum_scale_factor = 0,
                autovacuum_vacuum_threshold = 2000,
                autovacuum_vacuum_cost_delay = 0
            )
            """
        )
