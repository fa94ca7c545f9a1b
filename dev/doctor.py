"""Command `./hub doctor`: lists what is installed, what is missing and how to get it. Changes nothing."""

import os
import platform
import shutil

from dev import chromium, debian, odoo_source, postgres, python
from dev.paths import REPO, STATE
from dev.processes import PIDS
from dev.say import Problem, say


def main_doctor(_arguments):
    findings = [_machine(), _disk(), _python(), _venv(), _odoo(), _postgres(), _chromium(), _processes()]
    for mark, title, text in findings:
        say(f"{mark}  {title:<12} {text}")
    return 1 if any(mark == "✗" for mark, *_rest in findings) else 0


def _machine():
    system = platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())
    who = "root" if os.getuid() == 0 else "an ordinary user"
    return "·", "machine", f"{system}, {os.cpu_count()} cores, as {who}"


def _disk():
    place = next(path for path in (STATE, *STATE.parents) if path.exists())
    free = shutil.disk_usage(place).free / 1e9
    return "✓" if free > 6 else "✗", "disk", f"{free:.0f} GB free for {STATE}; a first start takes about 4"


def _python():
    try:
        path, version = python.interpreter()
    except Problem as problem:
        return "✗", "python", f"{problem.what} {problem.do}"
    return "✓", "python", f"{version} at {path}"


def _venv():
    mark = python.home() / ".complete"
    return (
        ("✓", "packages", str(python.home()))
        if mark.exists()
        else ("·", "packages", "installed at the first start")
    )


def _odoo():
    try:
        source = odoo_source.find()
    except Problem as problem:
        return "✗", "odoo", f"{problem.what} {problem.do}"
    if source:
        return "✓", "odoo", f"{source.version} at {source.root}"
    if debian.archive() and debian.KEYRING.exists():
        return "·", "odoo", "fetched as a Debian package at the first start"
    if shutil.which("git"):
        return "·", "odoo", "fetched with git at the first start"
    return "✗", "odoo", "nothing to fetch it with: install git, or set ODOO_HOME to an Odoo 19 checkout"


def _postgres():
    if postgres.is_given():
        try:
            given = postgres.server()
            version = given.sql("SHOW server_version")[0]
        except Problem as problem:
            return "✗", "postgresql", f"{problem.what} {problem.do}"
        return "✓", "postgresql", f"{version} at PGHOST={given.host}"
    bindir = postgres.binaries()
    if bindir is None:
        if shutil.which("apt-get"):
            return "·", "postgresql", "fetched as a package at the first start"
        return "✗", "postgresql", "no initdb on this machine: install PostgreSQL, or set PGHOST"
    cluster = postgres.Cluster(bindir) if (postgres.place() / "pg").exists() else None
    runs = (
        "a private cluster runs"
        if cluster and cluster.is_running()
        else "a private cluster starts when needed"
    )
    return "✓", "postgresql", f"{bindir}; {runs}"


def _chromium():
    found = chromium.find()
    return ("✓", "browser", found) if found else ("·", "browser", "fetched when browser tests run first")


def _processes():
    running = sorted(path.stem for path in PIDS.glob("*.pid")) if PIDS.exists() else []
    return "·", "running", ", ".join(running) if running else f"nothing of {REPO.name}"
