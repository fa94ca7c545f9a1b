"""Execution of commands, with readable errors."""

import os
import shutil
import subprocess

from dev.paths import LOGS, STATE, folder
from dev.say import Problem

NETWORK_SIGNS = (
    "Temporary failure",
    "Could not resolve",
    "Could not connect",
    "Failed to fetch",
    "Network is unreachable",
    "NewConnectionError",
    "Connection refused",
    "Connection timed out",
    "No matching distribution",
)
DISK_SIGNS = ("No space left on device", "Disk quota exceeded")


def need_disk(gigabytes):
    """:raises Problem: when the state folder's disk has less room than that."""
    free = shutil.disk_usage(folder(STATE)).free / 1e9
    if free < gigabytes:
        raise Problem(
            f"There is not enough room: {free:.1f} GB free at {STATE}, {gigabytes} GB are needed.",
            "Make room, or choose another folder with HUB_STATE=/path ./hub …",
        )


def run(command, what, log, cwd=None, env=None, user=None, check=True, stdin=None):
    """Run to the end with the output in a log file.

    :param what: what is being done, for the sentence when it fails ("fetching Odoo").
    :param log: name of the log file.
    :raises Problem: when it ends with another code than 0; names the cause where it shows.
    """
    path = folder(LOGS) / f"{log}.log"
    with path.open("ab") as out:
        start = out.tell()
        out.write(("\n$ " + " ".join(map(str, command)) + "\n").encode())
        out.flush()
        try:
            done = subprocess.run(  # noqa: S603
                [str(c) for c in command],
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=stdin or subprocess.DEVNULL,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                user=user,
                check=False,
            )
        except FileNotFoundError as error:
            raise Problem(
                f"{what} failed: the program {error.filename!r} is not on this machine.",
                "Install it and start again; ./hub doctor lists what is missing.",
            ) from error
    if done.returncode and check:
        raise _explain(what, path, start)
    return done.returncode


def _explain(what, path, start):
    with path.open("rb") as file:
        file.seek(start)
        text = file.read().decode(errors="replace")
    for sign in DISK_SIGNS:
        if sign in text:
            return Problem(f"{what} failed: the disk is full.", f"Make room at {STATE} and start again.")
    for sign in NETWORK_SIGNS:
        if sign in text:
            return Problem(
                f"{what} failed: the network did not answer ({sign!r}).",
                f"Check the connection and start again, what is done is kept. The whole output: {path}",
            )
    tail = "\n       ".join(text.strip().splitlines()[-8:])
    return Problem(f"{what} failed. The last lines were:\n       {tail}", f"The whole output: {path}")


def output(command, user=None):
    """What a command prints; empty when it is not there or fails."""
    try:
        done = subprocess.run(  # noqa: S603
            [str(c) for c in command], capture_output=True, text=True, user=user, check=False
        )
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""
