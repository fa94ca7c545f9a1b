"""Paths of the project. All generated files are in one folder, ``STATE``."""

import hashlib
import os
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
STATE = Path(os.environ.get("HUB_STATE") or REPO / ".hub").resolve()
ADDONS = REPO / "addons"
REQUIREMENTS = REPO / "requirements"
LOGS = STATE / "log"
BIN = STATE / "bin"

# Two checkouts on one machine must not meet in a place that they share, such as /tmp.
TAG = hashlib.sha256(str(STATE).encode()).hexdigest()[:8]


def folder(path):
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    return path


def suite():
    """The names of the suite's modules, as Odoo installs them."""
    return sorted(path.parent.name for path in ADDONS.glob("*/__manifest__.py"))


def digest(*parts):
    """A short name for a state of texts and files.

    :param parts: strings, files, or folders (every file in them but tests, texts and compiled ones).
    """
    sha = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path) and part.is_dir():
            files = sorted(p for p in part.rglob("*") if p.is_file() and not _is_beside(p))
            for file in files:
                sha.update(str(file.relative_to(part)).encode() + b"\0" + file.read_bytes())
        elif isinstance(part, Path):
            sha.update(part.read_bytes())
        else:
            sha.update(str(part).encode())
        sha.update(b"\0")
    return sha.hexdigest()[:10]


def _is_beside(path):
    """Whether a file has no say in what a database looks like."""
    return path.suffix == ".pyc" or {"tests", "readme"} & set(path.parts)
