"""Odoo's own command with the right configuration."""

import os

from dev import odoo_source, postgres, python
from dev.paths import ADDONS, STATE, folder

LAUNCHER = """\
#!{python}
# A script file, not `python -m odoo`: Odoo starts itself again from it in multi-worker mode.
import sys
sys.path.insert(0, {root!r})
import odoo.cli
odoo.cli.main()
"""


class Odoo:
    """What is needed to start ``odoo-bin``: prepared once, used by every command.

    :param server: another PostgreSQL than the usual one. :param addons: another state of the suite.
    :param name: of its configuration file; one of its own for another state of the suite.
    """

    def __init__(self, server=None, addons=ADDONS, name="odoo"):
        self.addons = addons
        self.name = name
        self.python = python.venv()
        self.source = odoo_source.get()
        self.server = server or postgres.server()
        self.launcher = self._launcher()

    def _launcher(self):
        text = LAUNCHER.format(python=self.python, root=str(self.source.root))
        path = folder(STATE / "bin") / "odoo-bin"
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            path.chmod(0o755)
        return path

    @property
    def addons_path(self):
        extra = [
            str(path) for path in self.python.parent.parent.glob("lib/python*/site-packages/odoo/addons")
        ]
        return ",".join([str(path) for path in self.source.addons] + [str(self.addons)] + extra)

    @property
    def environment(self):
        return {
            **os.environ,
            **self.server.environment,
            "ODOO_RC": str(self.config()),
            "PATH": f"{STATE / 'bin'}:{self.python.parent}:{os.environ.get('PATH', '')}",
            "PYTHONUNBUFFERED": "1",
        }

    def config(self, name=None, **options):
        """Write a configuration file; ``options`` add to or replace the usual ones."""
        lines = {
            "addons_path": self.addons_path,
            "data_dir": STATE / "data",
            "db_host": self.server.host,
            "db_user": self.server.user,
            "list_db": "False",
            "without_demo": "False",
            "limit_time_real": 600,
            "limit_time_cpu": 300,
            "max_cron_threads": 2,
            **{key: value for key, value in (("db_port", self.server.port),) if value},
            **options,
        }
        if self.server.password:
            lines["db_password"] = self.server.password
        text = "[options]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items())
        path = folder(STATE / "conf") / f"{name or self.name}.conf"
        if not path.exists() or path.read_text() != text:
            path.touch(mode=0o600)
            path.write_text(text)
        return path

    def command(self, *arguments, config=None):
        """The command line of ``odoo-bin`` (``integration_worker`` and the like come first)."""
        arguments = [str(a) for a in arguments]
        head = [str(self.python), str(self.launcher)]
        if arguments and not arguments[0].startswith("-"):
            sub, arguments = arguments[:1], arguments[1:]
            head += [f"--addons-path={self.addons_path}", *sub]
        # Without one, ODOO_RC in the environment names it: not every command knows -c.
        return [*head, *(["-c", str(config)] if config else []), *arguments]
