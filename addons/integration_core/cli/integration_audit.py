import sys
from contextlib import contextmanager

from odoo import SUPERUSER_ID, api
from odoo.cli import Command
from odoo.modules.registry import Registry
from odoo.tools import config

USAGE = "integration_audit verify|export -d DATABASE"


class IntegrationAudit(Command):
    """Verify the audit trail of a database, or write it out as JSON Lines."""

    name = "integration_audit"

    def run(self, args):
        what, *arguments = args or [""]
        if what not in ("verify", "export"):
            sys.exit(f"usage: odoo-bin {USAGE}")
        with environment(arguments, "integration_audit") as env:
            trail = env["integration.audit.entry"]
            if what == "verify":
                broken = trail._first_broken()
                if broken:
                    sys.exit(f"The audit trail is broken. {trail._say_broken(broken)}")
                sys.stdout.write(f"All {trail.search_count([])} entries are as they were written.\n")
            else:
                # Absolute: a command is loaded as odoo.cli, outside of its module.
                from odoo.addons.integration_core.trust import (  # pylint: disable=odoo-addons-relative-import
                    audit_chain,
                )

                trail._append("audit.exported", trail, "The audit trail was exported on the server")
                for entry in trail._entries():
                    sys.stdout.write(audit_chain.line(entry) + "\n")


@contextmanager
def environment(arguments, command):
    """The superuser's environment in the one database that the options of a command name."""
    config.parse_config(arguments, setup_logging=True)
    databases = config["db_name"]
    if len(databases) != 1:
        sys.exit(f"{command}: name one database with -d.")
    with Registry(databases[0]).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        if "integration.audit.entry" not in env:
            sys.exit(f"{command}: the Integration Hub is not installed in {databases[0]}.")
        yield env
