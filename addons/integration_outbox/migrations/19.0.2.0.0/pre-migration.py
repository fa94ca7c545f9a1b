def migrate(cr, version):
    """What waited to be dispatched was a state of the event; it is a row of its own from now on."""
    cr.execute("CREATE TABLE integration_event_pending (id SERIAL PRIMARY KEY)")
    cr.execute(
        "INSERT INTO integration_event_pending (id) SELECT id FROM integration_event WHERE state = 'pending'"
    )
    cr.execute("ALTER TABLE integration_event ALTER COLUMN state DROP NOT NULL")
    # Indexes that nothing reads any more, or whose definition changed under the same name.
    for index in (
        "integration_event_pending_idx",
        "integration_event__company_id_index",
        "integration_event__partition_key_index",
        "integration_delivery_due_idx",
        "integration_delivery_lease_idx",
        "integration_delivery_state_idx",
        "integration_delivery__event_id_index",
        "integration_delivery__company_id_index",
        "integration_delivery_event_subscription_uniq",
    ):
        cr.execute(f'DROP INDEX IF EXISTS "{index}"')
    cr.execute("ALTER TABLE integration_delivery ALTER COLUMN company_id DROP NOT NULL")
