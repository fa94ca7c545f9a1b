from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """A person or an administrator is no service user any more: messages wait, and an incident says so."""
    api.Environment(cr, SUPERUSER_ID, {})["integration.system"]._report_service_users()
