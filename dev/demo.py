"""Command `./hub demo`: runs Odoo, a worker and a simulated MES."""

import argparse
import contextlib
import time

from dev.databases import Databases
from dev.odoo import Odoo
from dev.processes import undisturbed
from dev.say import Problem, say, step
from dev.site import Site

WELCOME = """
  Odoo runs at   {url}
  Log in as      admin / admin  (or demo / demo, who may operate but not configure)

  Where to look  Integrations > Systems > Shop floor MES: what goes out, what comes in
                 Manufacturing > confirm an order of "Planetary gearbox GX-40":
                 the MES gets it, works on it, and reports it done within a minute
                 Integrations > Traffic: each event, delivery and message with what it did

  The MES writes to {mes_log}
  Ctrl-C stops all of it.
"""


def main_demo(arguments):
    parser = argparse.ArgumentParser(prog="./hub demo")
    parser.add_argument("--once", action="store_true", help="run the story, then stop")
    parser.add_argument("--port", type=int, default=8069)
    parser.add_argument("--mes-port", type=int, default=8471)
    parser.add_argument("--pace", type=float, default=4, help="seconds between the steps of the MES's work")
    parser.add_argument("--database", help="kept from one demo to the next")
    options = parser.parse_args(arguments)
    return once() if options.once else stay(options)


def once():
    from dev.story import Story

    with running() as (odoo, sites):
        databases = Databases(odoo)
        database = databases.copy(databases.suite(), databases.own("once"))
        site = Site(odoo, database, name="once")
        sites.append(site)
        site.start().connect_mes().start_mes()
        return Story(site).tell()


def stay(options):
    with running() as (odoo, sites):
        try:
            site = _site(odoo, options)
            sites.append(site)
            site.start().connect_mes().start_mes()
            say(WELCOME.format(url=site.url, mes_log=site.mes.log))
            while True:
                time.sleep(1)
                _need_life(site)
        except KeyboardInterrupt:
            with contextlib.suppress(OSError):  # the terminal may be gone
                say("\n·  Stopping …")
            return 0


@contextlib.contextmanager
def running():
    """Gives Odoo and a list for sites: they are stopped at the end, and PostgreSQL unless others use it."""
    odoo, sites = Odoo(), []
    try:
        yield odoo, sites
    finally:
        with undisturbed():
            for site in sites:
                site.stop()
            odoo.server.release()


def _site(odoo, options):
    databases = Databases(odoo)
    template = databases.suite()
    database = options.database or databases.own("demo")
    if _origin(odoo, database) != template:
        with step("Making the demo's database"):
            databases.copy(template, database)
            odoo.server.sql(f"COMMENT ON DATABASE {database} IS '{template}'")
    # With threads, not processes: browsers then get the bus's websocket from the port that they know.
    # Several processes would need a proxy that sends /websocket to Odoo's second port.
    return Site(odoo, database, options.port, options.mes_port, ["--work", "--pace", options.pace], workers=0)


def _need_life(site):
    """:raises Problem: a process of the site has ended."""
    for process in (site.server, site.worker, site.mes):
        if not process.is_alive():
            raise Problem(
                f"{process.name} has ended. Its last lines:\n       {process.tail()}",
                f"The whole log: {process.log}",
            )


def _origin(odoo, database):
    rows = odoo.server.sql(  # the name is ours
        f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{database}'"  # noqa: S608
    )
    return rows[0] if rows else None
