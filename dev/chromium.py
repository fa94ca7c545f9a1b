"""Chromium for the browser tests: the installed one, or a downloaded copy."""

import os
import shutil

from dev.debian import bring, wrap
from dev.paths import BIN
from dev.say import step


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
    return str(wrap([prefix / "usr/lib/chromium/chromium"], prefix, BIN) / "chromium")
