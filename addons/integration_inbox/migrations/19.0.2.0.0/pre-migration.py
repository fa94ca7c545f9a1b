def migrate(cr, version):
    """The claim goes endpoint by endpoint: its index has another definition under the same name."""
    cr.execute("DROP INDEX IF EXISTS integration_message_due_idx")
