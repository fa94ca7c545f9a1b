def migrate(cr, version):
    """The claim goes endpoint by endpoint: its index has another definition under the same name.

    A message's company is its endpoint's.
    """
    for index in ("integration_message_due_idx", "integration_message__company_id_index"):
        cr.execute(f'DROP INDEX IF EXISTS "{index}"')
    cr.execute("ALTER TABLE integration_message ALTER COLUMN company_id DROP NOT NULL")
