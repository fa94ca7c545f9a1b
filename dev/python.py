"""The virtual environment that Odoo, the worker, the tests and the demo's partners run in."""

import os
import shutil
import sys

from dev.paths import REQUIREMENTS, STATE, digest
from dev.run import need_disk, output, run
from dev.say import Problem, step

SUPPORTED = ("3.11", "3.12", "3.13")


def interpreter():
    """A Python that the pins are made for.

    :raises Problem: when this machine has none.
    """
    names = [os.environ.get("HUB_PYTHON")] if os.environ.get("HUB_PYTHON") else []
    names += [sys.executable, "python3", *(f"python{v}" for v in SUPPORTED)]
    found = set()
    for name in names:
        path = shutil.which(name)
        version = path and output([path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).strip()
        if version in SUPPORTED:
            return path, version
        if version:
            found.add(version)
    raise Problem(
        f"Odoo 19 runs here on Python {', '.join(SUPPORTED)}; this machine has {', '.join(sorted(found))}.",
        "Install one of them, or name it: HUB_PYTHON=/path/to/python3.11 ./hub …",
    )


def home(kind="all"):
    return STATE / f"venv-{kind}"


def venv(kind="all"):
    """The path of the environment's Python; made, or brought up to date, when it is not as pinned.

    :param kind: name of the pinned file in ``requirements/``: ``all`` or ``lint``.
    """
    pins = REQUIREMENTS / f"{kind}.txt"
    path, version = interpreter()
    state = digest(pins, version)
    target = home(kind)
    mark = target / ".complete"
    if not mark.exists() or mark.read_text() != state:
        need_disk(2)
        with step(f"Installing the Python packages of requirements/{pins.name}"):
            if mark.exists():
                mark.unlink()
            if (
                output(
                    [target / "bin/python", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
                ).strip()
                != version
            ):
                shutil.rmtree(target, ignore_errors=True)
                try:
                    run([path, "-m", "venv", target], "Making the virtual environment", "pip")
                except Problem as problem:
                    raise Problem(
                        f"Python {version} could not make a virtual environment.",
                        f"On Debian and Ubuntu: apt-get install python{version}-venv. Details: {problem.do}",
                    ) from problem
            pip = [
                target / "bin/python",
                "-m",
                "pip",
                "--disable-pip-version-check",
                "install",
                "--progress-bar=off",
            ]
            run([*pip, "--require-hashes", "-r", pins], "Installing the Python packages", "pip")
            mark.write_text(state)
    return target / "bin/python"


def peers():
    """The folder of the addons that benchmarks compare with; fetched when it is not as pinned.

    Apart from the environment: they name Odoo as a package that they depend on, and it is there already.
    """
    pins = REQUIREMENTS / "peers.txt"
    target = STATE / "peers"
    mark = target / ".complete"
    state = digest(pins)
    if not mark.exists() or mark.read_text() != state:
        with step("Fetching the addons that the benchmarks compare with"):
            shutil.rmtree(target, ignore_errors=True)
            pip = [venv(), "-m", "pip", "--disable-pip-version-check", "install", "--progress-bar=off"]
            run(
                [*pip, "--no-deps", "--require-hashes", "--target", target, "-r", pins],
                "Fetching them",
                "pip",
            )
            mark.write_text(state)
    return target / "odoo/addons"
