"""A real browser for the tests that click: the machine's Chromium, or one fetched beside the project."""

import os
import shutil

from dev.debian import bring, library_path
from dev.paths import BIN, folder
from dev.say import step

WRAPPER = """\
#!/bin/sh
# The libraries that this machine lacks were unpacked with the browser.
LD_LIBRARY_PATH="{libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}" exec "{program}" "$@"
"""


def find():
    own = BIN / "chromium"
    if own.exists():
        return str(own)
    if os.environ.get("HUB_NO_SYSTEM_CHROMIUM"):
        return None
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def get():
    """The path of a Chromium that runs."""
    found = find()
    if found:
        return found
    with step("Fetching Chromium for the browser tests"):
        prefix = bring("chromium", "Chromium")
    path = folder(BIN) / "chromium"
    program = prefix / "usr/lib/chromium/chromium"
    path.write_text(WRAPPER.format(libraries=library_path(prefix), program=program))
    path.chmod(0o755)
    return str(path)
