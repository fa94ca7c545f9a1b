from . import controllers, models, several_databases, wizards

several_databases.listen()


def uninstall_hook(env):
    """What Odoo does not know of: the function behind the audit trail's triggers."""
    env.cr.execute("DROP FUNCTION IF EXISTS integration_audit_entry_refuse() CASCADE")
