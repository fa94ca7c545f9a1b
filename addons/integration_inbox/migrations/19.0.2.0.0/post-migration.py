def migrate(cr, version):
    """What was received before: what its sender was told, so that a repeat is told the same."""
    cr.execute(
        """
        UPDATE integration_message
           SET told = CASE WHEN state = 'quarantined' THEN 'quarantined' ELSE 'accepted' END
         WHERE told IS NULL
        """
    )
