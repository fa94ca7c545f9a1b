"""A PostgreSQL cluster of its own with a copy of the suite's database, to be broken on purpose.

Its clock runs an hour ahead where libfaketime can be had (:mod:`benchmarks.clock`).
"""

import os
import signal

from benchmarks import clock
from dev import postgres
from dev.databases import Databases
from dev.odoo import Odoo
from dev.run import run as run_command
from dev.say import Problem, say, step

DATABASE = "hub_faults"


class Breakable:
    """:param name: of whose it is: two may be broken at the same time.
    :ivar odoo: an :class:`Odoo` on this cluster. :ivar restarts: :ivar cuts: how often, so far.
    """

    def __init__(self, name):
        bindir = postgres.binaries()
        if bindir is None:
            raise Problem(
                "There are no PostgreSQL server binaries on this machine.", "Unset PGHOST, or install them."
            )
        usual = Odoo()
        template = Databases(usual).suite()
        self.environment = clock.ahead()
        self.restarts = self.cuts = 0
        self.cluster = postgres.Cluster(bindir, f"{postgres.BROKEN}{name}")
        self.cluster.start(**self.environment)
        server = postgres.Server(self.cluster.socket, postgres.ROLE, bindir=bindir)
        self.odoo = Odoo(server)
        with step("Copying the suite's database to a cluster that may break"):
            server.sql(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
            server.sql(f"CREATE DATABASE {DATABASE} TEMPLATE template0")
            dump = self.cluster.home / "suite.dump"
            dump.unlink(missing_ok=True)
            dump_command = [usual.server.program("pg_dump"), "-Fc", "-Z1", "-d", template, "-f", dump]
            switch = {"user": postgres.runner()} if postgres.runner() else {}
            run_command(
                dump_command, "Dumping", "faults", env={**usual.server.environment}, cwd="/", **switch
            )
            restore = [server.program("pg_restore"), "-O", "-j2", "-d", DATABASE, dump]
            run_command(restore, "Restoring", "faults", env={**server.environment}, cwd="/", **switch)

    def restart(self, draw):
        self.cluster.stop(draw.choice(["fast", "immediate"]))
        self.cluster.start(**self.environment)
        self.restarts += 1

    def cut(self, sql):
        """Cut every connection. :param sql: runs a statement in its database."""
        sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        self.cuts += 1

    def remove(self):
        self.cluster.remove()


class Victims:
    """The processes that a nursery writes down. :ivar kills: how many were killed, so far."""

    def __init__(self, path):
        self.path, self.kills = path, 0
        path.unlink(missing_ok=True)

    def living(self):
        try:
            return [int(pid) for pid in self.path.read_text().split()]
        except (FileNotFoundError, ValueError):
            return []

    def kill(self, draw):
        try:
            os.kill(draw.choice(self.living()), signal.SIGKILL)
            self.kills += 1
        except (ProcessLookupError, IndexError):
            say("·  nobody to kill at this moment")
