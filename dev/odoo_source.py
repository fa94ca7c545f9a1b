"""A real Odoo 19.0 Community: the one of ODOO_HOME, Debian's package, or a git checkout."""

import os
import re
from pathlib import Path

from dev.debian import KEYRING, Apt, archive, unpack
from dev.paths import STATE, folder
from dev.run import need_disk, output, run
from dev.say import Problem, step

PREFIX = STATE / "odoo"
GIT = "https://github.com/odoo/odoo.git"
SOURCES = """\
Types: deb
URIs: {uri}
Suites: sid bookworm
Components: main
Signed-By: {keyring}
"""
# Odoo's web assets are links to these. Font Awesome must be 4.7 and Inconsolata 001: bookworm has them.
ASSETS = [
    "libjs-jquery/sid",
    "libjs-underscore/sid",
    "libjs-jquery-form/sid",
    "fonts-roboto-unhinted/sid",
    "fonts-montserrat/sid",
    "fonts-ocr-b/sid",
    "fonts-inconsolata/bookworm",
    "fonts-font-awesome/bookworm",
]


class OdooSource:
    """:ivar root: the folder to put on ``sys.path``; :ivar addons: Odoo's folders of addons."""

    def __init__(self, root, addons, version):
        self.root = Path(root)
        self.addons = [Path(a) for a in addons]
        self.version = version


def find():
    """The Odoo that is there, or ``None``.

    :raises Problem: when ODOO_HOME points to something else than Odoo 19.
    """
    home = os.environ.get("ODOO_HOME")
    if home:
        return _checkout(Path(home).expanduser().resolve(), "ODOO_HOME")
    if (PREFIX / ".complete").exists():
        if (PREFIX / "odoo-bin").exists():
            return _checkout(PREFIX, str(PREFIX))
        root = PREFIX / "usr/lib/python3/dist-packages"
        return OdooSource(root, [root / "odoo/addons"], (PREFIX / ".complete").read_text().strip())
    return None


def get():
    """The Odoo to run, fetched when there is none."""
    source = find()
    if source is None:
        need_disk(4)
        if archive() and KEYRING.exists():
            _from_debian()
        else:
            _from_git()
        source = find()
    return source


def _from_debian():
    with step("Fetching Odoo 19 Community (122 MB)"):
        apt = Apt("debian", SOURCES.format(uri=archive(), keyring=KEYRING))
        apt.update()
        files = apt.download(["odoo-19/sid", *ASSETS])
    with step("Unpacking Odoo"):
        unpack(files, PREFIX)
        # Debian left this one out as non-free; browsers log an error when it is missing.
        gap = PREFIX / "usr/lib/python3/dist-packages/odoo/addons/mail/static/lib/selfie_segmentation"
        (folder(gap) / "selfie_segmentation.js").touch()
        dangling = output(["find", PREFIX, "-xtype", "l"]).strip()
        if dangling:
            raise Problem(
                "Odoo was unpacked, but some of its web assets are missing:\n       " + dangling[:600],
                "The package archive has changed; set ODOO_HOME to an Odoo 19 checkout meanwhile.",
            )
        for file in files:  # 120 MB that nobody needs any more
            file.unlink()
        (PREFIX / ".complete").write_text(files[0].name.split("_")[1] + "\n")


def _from_git():
    """Where no Debian archive is known (Ubuntu): the 19.0 branch, without history."""
    with step("Fetching Odoo 19 Community with git"):
        if (PREFIX / ".git").exists():  # interrupted before: fetch is resumable, clone is not
            run(["git", "-C", PREFIX, "fetch", "--depth", "1", "origin", "19.0"], "Fetching Odoo", "git")
            run(["git", "-C", PREFIX, "checkout", "-f", "FETCH_HEAD"], "Fetching Odoo", "git")
        else:
            url = os.environ.get("HUB_ODOO_GIT") or GIT
            command = ["git", "clone", "--depth", "1", "--branch", "19.0", url, folder(PREFIX)]
            run(command, "Fetching Odoo", "git")
    (PREFIX / ".complete").write_text("git\n")


def _checkout(home, named):
    release = home / "odoo/release.py"
    text = release.read_text(encoding="utf-8") if release.exists() else ""
    version = re.search(r"version_info\s*=\s*\((\d+), *(\d+)", text)
    if not version or version.group(1) != "19":
        found = ".".join(version.groups()) if version else "no Odoo"
        raise Problem(
            f"{named} is {home}, where there is {found}; the suite needs Odoo 19.0.",
            "Point it to the folder of a 19.0 checkout (the one with odoo-bin), or unset it.",
        )
    addons = [path for path in (home / "addons", home / "odoo/addons") if path.is_dir()]
    head = output(["git", "-C", home, "rev-parse", "--short", "HEAD"]).strip()
    return OdooSource(home, addons, "19.0 " + (head or str(home)))
