"""The small commands: odoo, shell, psql, pin, down."""

import os
import shutil
from types import SimpleNamespace

from dev import postgres, processes
from dev.databases import Databases
from dev.odoo import Odoo
from dev.paths import REQUIREMENTS, STATE, suite
from dev.python import venv
from dev.run import run
from dev.say import say, step


def _replace(command, environment):
    """Become ``command``, so that its exit code and its signals are its own."""
    os.execvpe(command[0], command, environment)  # noqa: S606


def main_odoo(arguments):
    odoo = Odoo()
    is_ours = arguments and arguments[0].startswith("integration_")
    if is_ours and not any(a.startswith(("-d", "--database")) for a in arguments):
        arguments = [*arguments, "-d", _demo_database(odoo)]
    _replace(odoo.command(*arguments), odoo.environment)


def main_shell(arguments):
    odoo = Odoo()
    database = arguments[0] if arguments else _demo_database(odoo)
    _replace(odoo.command("shell", "-d", database, "--no-http", *arguments[1:]), odoo.environment)


def main_psql(arguments):
    odoo = Odoo()
    database = arguments[0] if arguments else _demo_database(odoo)
    program = odoo.server.program("psql")
    _replace([program, "-d", database, *arguments[1:]], odoo.environment)


def _demo_database(odoo):
    databases = Databases(odoo)
    demo = databases.own("demo")
    return demo if demo in databases.names() else databases.suite()


def main_pin(_arguments):
    """Resolve the ``.in`` files anew, for all supported Pythons at once."""
    python = venv("lint")
    uv = [python, "-m", "uv", "pip", "compile", "-q", "--universal", "--python-version", "3.11"]
    uv += ["--generate-hashes", "--no-header", "--no-emit-index-url", "--upgrade"]
    for target, sources in (
        ("all.txt", ["odoo.in", "../requirements.txt", "test.in"]),
        ("lint.txt", ["lint.in"]),
        ("peers.txt", ["--no-deps", "peers.in"]),
    ):
        with step(f"Pinning requirements/{target}"):
            run([*uv, *sources, "-o", target], f"Pinning {target}", "pin", cwd=REQUIREMENTS)


def main_pot(_arguments):
    """Export the texts of every module from a database that has only this suite."""
    odoo = Odoo()
    database = Databases(odoo).suite()
    with step("Exporting the translation templates"):
        command = odoo.command("i18n", "export", "-d", database, *suite(), "-l", "pot")
        run(command, "Exporting the translation templates", "pot", env=odoo.environment)


def main_down(arguments):
    stopped = processes.stop_all()
    bindir = postgres.binaries()
    if bindir and (postgres.place() / "pg").exists():
        cluster = postgres.Cluster(bindir)
        if "--purge" in arguments:
            cluster.purge()
        else:
            cluster.stop()
        stopped.append("PostgreSQL")
        for cluster in postgres.broken(bindir):
            cluster.remove()
    if "--purge" in arguments:
        if postgres.is_given():
            databases = Databases(SimpleNamespace(server=postgres.server()))
            for name in databases.names():
                databases.drop(name)
                stopped.append(name)
        shutil.rmtree(STATE, ignore_errors=True)
        stopped.append(f"and forgot {STATE}")
    say("Stopped: " + (", ".join(stopped) if stopped else "nothing ran."))
