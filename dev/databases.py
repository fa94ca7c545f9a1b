"""Databases built once per state of the code, and copied.

``…base_…``  Odoo's own modules with demo data; rebuilt when Odoo or the pins change
``…suite_…`` a copy of it with the suite installed; rebuilt when the addons change
"""

import ast
import os
import shutil

from dev.paths import ADDONS, REQUIREMENTS, STATE, TAG, digest, folder, suite
from dev.run import need_disk, run
from dev.say import step


def odoo_modules():
    """Odoo's own modules that the suite builds on, read off the manifests."""
    depends = set()
    for manifest in ADDONS.glob("*/__manifest__.py"):
        depends.update(ast.literal_eval(manifest.read_text(encoding="utf-8"))["depends"])
    return sorted(depends - set(suite()))


class Databases:
    def __init__(self, odoo):
        self.odoo = odoo
        self.sql = odoo.server.sql
        # On a server that others use as well, two checkouts must not take each other's databases.
        self.prefix = "hub_" if odoo.server.is_private else f"hub_{TAG}_"

    def own(self, purpose):
        """The name of this checkout's database for a purpose (``demo``)."""
        return self.prefix + purpose

    def names(self):
        """The databases of this checkout."""
        listed = self.sql("SELECT datname FROM pg_database")
        return [name for name in listed if name.startswith(self.prefix)]

    def drop(self, name):
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        shutil.rmtree(self._filestore(name), ignore_errors=True)

    def copy(self, template, name):
        """A new database ``name`` like ``template``; one that exists is replaced."""
        self.drop(name)
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        source, target = self._filestore(template), self._filestore(name)
        shutil.rmtree(target, ignore_errors=True)
        if source.exists():  # attachments never change in place: links are enough
            shutil.copytree(source, target, copy_function=_link)
        return name

    def _filestore(self, name):
        return STATE / "data/filestore" / name

    def base(self):
        """The template with Odoo's own modules."""
        name = self.own("base_") + digest(self.odoo.source.version, REQUIREMENTS / "odoo.in", *odoo_modules())
        if name not in self.names():
            need_disk(3)
            with step("Building a database with Odoo's own modules and demo data (once)"):
                self._build(name, None, odoo_modules())
                self._forget(self.own("base_"), name)
        return name

    def suite(self):
        """The template with the suite, as the code is now."""
        base = self.base()
        name = self.own("suite_") + digest(base, ADDONS, REQUIREMENTS / "all.txt")
        if name not in self.names():
            with step("Installing the suite into a copy of it (once per state of the code)"):
                self._build(name, base, suite())
                self._forget(self.own("suite_"), name)
        return name

    def _build(self, name, template, modules):
        """Under another name until it is whole: a build that was killed leaves nothing that counts."""
        half = name + "_half"
        if template:
            self.copy(template, half)
        else:
            self.drop(half)
            self.sql(f"CREATE DATABASE \"{half}\" TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C'")
        folder(STATE / "data")
        command = self.odoo.command(
            "-d", half, "-i", ",".join(modules), "--with-demo", "--stop-after-init",
            "--no-http", "--max-cron-threads=0", "--log-level=warn",
        )  # fmt: skip
        run(command, f"Installing {', '.join(modules)}", "build", env=self.odoo.environment)
        self.sql(f'ALTER DATABASE "{half}" RENAME TO "{name}"')
        shutil.rmtree(self._filestore(name), ignore_errors=True)
        if self._filestore(half).exists():
            self._filestore(half).rename(self._filestore(name))

    def _forget(self, prefix, keep):
        for name in self.names():
            if name.startswith(prefix) and name != keep:
                self.drop(name)


def _link(source, target):
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
    return target
