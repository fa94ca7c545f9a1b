"""The keys that seal secrets. They are never in the database, so a dump of it opens nothing.

Looked for in this order, the first that is there counts:

1. environment ``INTEGRATION_HUB_KEYS``: the keys themselves
2. environment ``INTEGRATION_HUB_KEY_FILE``, or ``integration_key_file`` in odoo.conf: a file
3. ``integration_hub.keys`` in Odoo's data folder, made with a fresh key when it is not there

A line (or, in the environment, a part between ``;``) is ``name:base64 of 32 bytes``. The first key
seals; all of them open.
"""

import base64
import binascii
import logging
import os
import re
import secrets
from pathlib import Path

from odoo.tools import config

_logger = logging.getLogger(__name__)
KEY_BYTES = 32
FILE_NAME = "integration_hub.keys"


class KeysUnreadable(Exception):
    """The place of the keys is known, but there is nothing usable in it. The text says what."""


def parse(text, origin):
    """``{name: key}`` in the order of ``text``.

    :raises KeysUnreadable: names the line, never shows it.
    """
    keys = {}
    for number, line in enumerate(text.replace(";", "\n").splitlines(), 1):
        name, _, encoded = line.strip().partition(":")
        if not name or name.startswith("#"):
            continue
        try:
            key = base64.b64decode(encoded.strip(), validate=True)
        except binascii.Error as error:
            raise KeysUnreadable(f"{origin}, line {number}: the key is not base64") from error
        if len(key) != KEY_BYTES:
            raise KeysUnreadable(f"{origin}, line {number}: a key has {KEY_BYTES} bytes, this one {len(key)}")
        keys[name.strip()] = key
    if not keys:
        raise KeysUnreadable(f"{origin} holds no key")
    return keys


def key_file():
    """The file in use (it may not exist yet)."""
    named = os.environ.get("INTEGRATION_HUB_KEY_FILE") or config.get("integration_key_file")
    return Path(named) if named else Path(config["data_dir"]) / FILE_NAME


def load():
    """The keys of this server; makes the default file when nothing was configured.

    :raises KeysUnreadable: a configured place holds no usable key.
    """
    given = os.environ.get("INTEGRATION_HUB_KEYS")
    if given:
        return parse(given, "INTEGRATION_HUB_KEYS")
    path = key_file()
    is_default = path == Path(config["data_dir"]) / FILE_NAME
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError as error:
        if not is_default:
            raise KeysUnreadable(f"{path} is not there") from error
    except OSError as error:
        raise KeysUnreadable(f"{path} cannot be read: {error.strerror}") from error
    _create(path)
    return parse(path.read_text(encoding="utf-8"), str(path))


def add_key():
    """Put a fresh key before those of the key file: it seals from now on, the others still open.

    :return: its name.
    :raises KeysUnreadable: the keys come from the environment, where nothing can be added.
    """
    if os.environ.get("INTEGRATION_HUB_KEYS"):
        raise KeysUnreadable("INTEGRATION_HUB_KEYS holds the keys: put the new one first there")
    known = load()
    path = key_file()
    numbers = [int(name[1:]) for name in known if re.fullmatch(r"k[0-9]{1,6}", name)]
    name = f"k{max(numbers, default=0) + 1}"
    draft = _draft(path, _fresh(name) + path.read_text(encoding="utf-8"))
    draft.replace(path)
    return name


def _fresh(name):
    return f"{name}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n"


def _draft(path, text):
    """A new file beside ``path``, for its owner alone, on disk."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _create(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(path, _fresh("k1"))
    try:
        # Linking fails where another process was faster, and its key is then the one.
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        os.unlink(draft)
    _logger.warning(
        "A new master key for integration secrets is in %s: back it up, apart from the database.", path
    )
