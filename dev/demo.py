"""./hub demo"""

import argparse
import time

from dev.databases import Databases
from dev.odoo import Odoo
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
    parser.add_argument("--database", help="kept from one demo to the next")
    options = parser.parse_args(arguments)
    return once() if options.once else stay(options)


def once():
    from dev.story import Story

    odoo = Odoo()
    databases = Databases(odoo)
    database = databases.copy(databases.suite(), databases.own("once"))
    site = Site(odoo, database, name="once")
    try:
        site.start().connect_mes().start_mes()
        return Story(site).tell()
    finally:
        site.stop()


def stay(options):
    odoo = Odoo()
    databases = Databases(odoo)
    template = databases.suite()
    database = options.database or databases.own("demo")
    if _origin(odoo, database) != template:
        with step("Making the demo's database"):
            databases.copy(template, database)
            odoo.server.sql(f"COMMENT ON DATABASE {database} IS '{template}'")
    site = Site(odoo, database, options.port, options.mes_port, ["--work", "--pace", "4"])
    try:
        site.start().connect_mes().start_mes()
        say(WELCOME.format(url=site.url, mes_log=site.mes.log))
        while True:
            time.sleep(1)
            for process in (site.server, site.worker, site.mes):
                if not process.is_alive():
                    raise Problem(
                        f"{process.name} has ended. Its last lines:\n       {process.tail()}",
                        f"The whole log: {process.log}",
                    )
    except KeyboardInterrupt:
        say("\n·  Stopping …")
        return 0
    finally:
        site.stop()


def _origin(odoo, database):
    rows = odoo.server.sql(  # the name is ours
        f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{database}'"  # noqa: S608
    )
    return rows[0] if rows else None
