def migrate(cr, version):
    """What retires already is revoked after the overlap, counted from now: nothing ended it before."""
    cr.execute(
        """
        UPDATE integration_credential AS credential
           SET retires_at = now() AT TIME ZONE 'UTC' + make_interval(hours => system.overlap_h)
          FROM integration_system AS system
         WHERE system.id = credential.system_id AND credential.state = 'retiring'
           AND credential.retires_at IS NULL
        """
    )
