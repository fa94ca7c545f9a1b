def migrate(cr, version):
    """Several modules may take one event: the index by name and version has the module, too, from now on."""
    cr.execute("DROP INDEX IF EXISTS integration_event_type_name_version_uniq")
