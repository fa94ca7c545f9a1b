"""Debian packages without installing them: fetched with their signatures checked, unpacked here.

A private apt state does it, so neither root nor a change of the system is needed.
"""

import os
import shutil
from pathlib import Path

from dev.paths import STATE, folder
from dev.run import output, run
from dev.say import Problem

APT = STATE / "apt"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def archive():
    """The address of a Debian archive: HUB_DEBIAN_MIRROR, or the one that this machine uses."""
    mirror = os.environ.get("HUB_DEBIAN_MIRROR")
    if mirror:
        return mirror
    listed = output(["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)"])
    if not listed:  # lists were never fetched, as in a fresh container
        listed = output(["apt-get", "indextargets", "--format", "Debian||$(SITE)"])
        if not Path("/etc/debian_version").exists() or "ID=debian" not in _os_release():
            listed = ""
    for line in sorted(set(listed.splitlines())):
        origin, _label, uri = line.split("|")
        if origin == "Debian" and uri and "security" not in uri:
            return uri
    return None


def _os_release():
    try:
        return Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return ""


class Apt:
    """One private apt state.

    :param name: its folder below the state folder.
    :param sources: text of a deb822 ``.sources`` file; ``None`` uses the machine's own sources.
    """

    def __init__(self, name, sources=None):
        self.home = folder(APT / name)
        for part in ("lists/partial", "cache/archives/partial"):
            folder(self.home / part)
        self.options = [
            "-o", f"Dir::State::Lists={self.home}/lists",
            "-o", f"Dir::Cache={self.home}/cache",
            "-o", "APT::Get::List-Cleanup=0",
            "-o", "Acquire::Languages=none",
            # A mirror that lags behind still serves what is signed, and that is what we check.
            "-o", "Acquire::Check-Valid-Until=false",
            "-o", "APT::Sandbox::User=root",
            "-o", "Acquire::Retries=3",
        ]  # fmt: skip
        if sources:
            (self.home / "hub.sources").write_text(sources, encoding="utf-8")
            self.options += [
                "-o", f"Dir::Etc::sourcelist={self.home}/hub.sources",
                "-o", "Dir::Etc::sourceparts=/dev/null",
            ]  # fmt: skip

    def update(self):
        run(["apt-get", *self.options, "update"], "Reading the package lists", "apt")

    def download(self, packages):
        """Fetch ``packages`` (``name`` or ``name/suite``); the files are returned."""
        target = folder(self.home / "debs")
        for package in packages:
            name = package.partition("/")[0]
            if not list(target.glob(f"{name}_*.deb")):
                run(["apt-get", *self.options, "download", package], f"Fetching {name}", "apt", cwd=target)
        return [next(target.glob(f"{p.partition('/')[0]}_*.deb")) for p in packages]

    def missing(self, package):
        """The packages that installing ``package`` would bring to this machine."""
        plan = output(
            ["apt-get", *self.options, "install", "-y", "--no-install-recommends", "--simulate", package]
        )
        return [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]


def unpack(files, prefix):
    for file in files:
        run(["dpkg", "-x", file, folder(prefix)], f"Unpacking {file.name}", "apt")


def bring(package, what, place=STATE):
    """A program and the libraries it lacks, from the machine's own package sources, unpacked below ``place``.

    :return: the prefix that it was unpacked into.
    :raises Problem: where there is no apt, or no such package.
    """
    prefix = place / "packages" / package
    if (prefix / ".complete").exists():
        return prefix
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise Problem(f"{what} is not on this machine.", f"Install it ({package}) and start again.")
    apt = Apt("own")
    apt.update()
    names = apt.missing(package)
    if package not in names:
        raise Problem(
            f"{what} is not on this machine, and its packages do not offer {package!r}.",
            "Install it by hand and start again.",
        )
    unpack(apt.download(names), prefix)
    (prefix / ".complete").touch()
    return prefix


def library_path(prefix):
    """``LD_LIBRARY_PATH`` for what was unpacked into ``prefix``."""
    return ":".join(sorted({str(path.parent) for path in Path(prefix).rglob("lib*.so*")}))


WRAPPER = """\
#!/bin/sh
# The libraries that this machine lacks were unpacked with the program.
LD_LIBRARY_PATH="{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}" exec "{program}" "$@"
"""


def wrap(programs, prefix, target):
    """A script for each of ``programs`` that starts it with the libraries below ``prefix``.

    :return: the folder of the scripts, ``target``.
    """
    libraries = library_path(prefix)
    for program in programs:
        script = folder(target) / program.name
        script.write_text(WRAPPER.format(libraries=libraries, program=program))
        script.chmod(0o755)
    return Path(target)
