"""Command `./hub test`: runs the tests."""

import os

from dev import chromium
from dev.databases import Databases
from dev.odoo import Odoo
from dev.paths import REPO

SLOWEST = ["--durations=10", "--durations-min=1"]
LANES_AT_MOST = 4
# With one of these, a person looks at a part, or wants the terminal: one lane, in pytest's own order.
SERIAL = (
    "-k",
    "-n",
    "--pdb",
    "-s",
    "--trace",
    "-x",
    "--lf",
    "--last-failed",
    "--sw",
    "--collect-only",
    "--co",
)


def main_test(arguments):
    """Prepare what the tests need, then become pytest: its exit code and closing line are ours.

    ``--fast`` leaves out what needs processes or a browser; ``--pictures`` makes the documentation's
    screenshots anew. Several files run side by side, each lane with a database of its own, unless
    pytest is told what to run or how (a file, ``-k``, ``-n``, ``--pdb``, ``-s``).
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
    if odoo.server.bindir:  # pytest-odoo copies the database for each lane with PostgreSQL's programs
        environment["PATH"] = f"{environment['PATH']}:{odoo.server.bindir}"
    command = [str(odoo.python), "-m", "pytest", "--odoo-http", *_lanes(arguments), *SLOWEST, *arguments]
    os.chdir(REPO)
    os.execvpe(command[0], command, environment)  # noqa: S606


def _lanes(arguments):
    """pytest-xdist's options for a run of everything; none for a chosen part."""
    is_chosen = any(
        ".py" in argument or argument.split("=")[0] in SERIAL or argument.startswith("-n")
        for argument in arguments
    )
    lanes = min(len(os.sched_getaffinity(0)), LANES_AT_MOST)
    if is_chosen or lanes == 1:
        return []
    # A file is one lane's: its tests share a site.
    return ["-n", str(lanes), "--dist", "loadfile", "--no-loadscope-reorder"]
