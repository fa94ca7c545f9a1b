import sys

from odoo.cli import Command
from odoo.cli import server as cli_server
from odoo.tools import config


class IntegrationWorker(Command):
    """Run the integration worker: delivers events and applies messages as they come."""

    name = "integration_worker"

    def run(self, args):
        lanes = []
        arguments = []
        for argument in args:
            if argument.startswith("--lanes="):
                lanes = [part for part in argument.partition("=")[2].split(",") if part]
            else:
                arguments.append(argument)
        config.parse_config(arguments, setup_logging=True)
        cli_server.report_configuration()
        databases = config["db_name"]
        if len(databases) != 1:
            sys.exit("integration_worker: name one database with -d; start one worker for each database.")
        # Only now: before, the addons path is not known.
        # Absolute: a command is loaded as odoo.cli, outside of its module.
        from odoo.addons.integration_core.engine.worker import (  # pylint: disable=odoo-addons-relative-import
            Worker,
        )

        Worker(databases[0], lanes).run()
