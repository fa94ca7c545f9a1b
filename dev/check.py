"""./hub test"""

import os

from dev import chromium
from dev.databases import Databases
from dev.odoo import Odoo
from dev.paths import REPO


def main_test(arguments):
    """Prepare what the tests need, then become pytest: its exit code and closing line are ours.

    ``--fast`` leaves out what needs processes or a browser; ``--pictures`` makes the documentation's
    screenshots anew.
    """
    arguments = list(arguments)
    is_fast = "--fast" in arguments
    if is_fast:
        arguments.remove("--fast")
        arguments += ["-m", "not e2e and not browser"]
    if "--pictures" in arguments:
        arguments.remove("--pictures")
        os.environ["HUB_PICTURES"] = "1"
    odoo = Odoo()
    databases = Databases(odoo)
    template = databases.suite()
    database = databases.copy(template, databases.own("test"))
    config = odoo.config(
        "test",
        db_name=database,
        workers=0,
        max_cron_threads=0,
        http_interface="127.0.0.1",
        # Odoo's bound on address space would be the browser's as well, which is its child.
        limit_memory_hard=0,
    )
    environment = {
        **odoo.environment,
        "ODOO_RC": str(config),
        "PYTHONPATH": str(odoo.source.root),
        "HUB_TEST_TEMPLATE": template,
        "HUB_CHROMIUM": "" if is_fast else chromium.get(),
    }
    command = [str(odoo.python), "-m", "pytest", "--odoo-http", *arguments]
    os.chdir(REPO)
    os.execvpe(command[0], command, environment)  # noqa: S606
