"""Child processes of hub, stopped by pid."""

import os
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

from dev.paths import LOGS, STATE, folder
from dev.say import Problem, say

PIDS = STATE / "run"
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def free_port():
    """A port that nothing listens on, below those that the system gives to outgoing connections.

    By chance, not the next free one: between this and its use others look for one, too.
    """
    while True:
        port = random.randrange(15_000, 32_000)  # noqa: S311
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def need_port(port, option):
    """:raises Problem: when something else listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Problem(
                f"Port {port} is taken by another program.",
                f"Stop it (./hub down stops an earlier demo), or choose another: {option} {port + 100}",
            ) from error


class Process:
    """One child, in a session of its own, with a log file and a pid file.

    :param name: names the log and the pid file.
    """

    def __init__(self, name, command, environment, cwd=None):
        self.name = name
        self.command = [str(c) for c in command]
        self.environment = environment
        self.cwd = cwd
        self.child = None

    @property
    def log(self):
        return folder(LOGS) / f"{self.name}.log"

    def start(self):
        with self.log.open("ab") as out:
            self.child = subprocess.Popen(  # noqa: S603
                self.command,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=self.environment,
                cwd=self.cwd,
                start_new_session=True,
            )
        # With the start time: a pid alone may by then be somebody else's.
        (folder(PIDS) / f"{self.name}.pid").write_text(f"{self.child.pid} {_started(self.child.pid)}")
        return self

    @property
    def pid(self):
        return self.child.pid

    def is_alive(self):
        return self.child is not None and self.child.poll() is None

    def stop(self, timeout_s=15):
        """Ask it to end; after ``timeout_s`` seconds make it."""
        if self.is_alive():
            _end(self.child.pid, timeout_s, self.child.poll)
            self.child.wait(timeout=5)
        (PIDS / f"{self.name}.pid").unlink(missing_ok=True)

    def kill(self):
        """As a power cut would: no chance to clean up."""
        if self.is_alive():
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait(timeout=10)

    def tail(self, lines=12):
        return "\n       ".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def wait_for(condition, what, timeout_s, process=None, interval_s=0.1):
    """Poll until ``condition()`` is true-ish and return it.

    :raises Problem: after ``timeout_s`` seconds, or at once when ``process`` has ended.
    """
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        if process is not None and not process.is_alive():
            raise Problem(
                f"{process.name} ended while waiting for {what}. Its last lines:\n       {process.tail()}",
                f"The whole log: {process.log}",
            )
        time.sleep(interval_s)
    shown = f" Its last lines:\n       {process.tail()}" if process else ""
    raise Problem(f"{what} did not happen within {timeout_s:g} s.{shown}", f"The logs are in {LOGS}.")


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=2) as response:  # noqa: S310
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def stop_all():
    """End what pid files of earlier runs name, when it is still the same process."""
    stopped = []
    for path in sorted(PIDS.glob("*.pid")) if PIDS.exists() else []:
        try:
            pid, _, started = path.read_text().partition(" ")
        except FileNotFoundError:  # who started it is stopping it at this moment
            continue
        if started and _started(int(pid)) == started:
            _end(int(pid), 15, lambda pid=pid: None if Path(f"/proc/{pid}").exists() else 0)
            stopped.append(path.stem)
        path.unlink(missing_ok=True)
    return stopped


@contextmanager
def undisturbed():
    """Signals that ask this process to end are ignored: it is ending, and has to finish that."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _started(pid):
    """When a process started, in clock ticks since boot (field 22 of proc(5) stat)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def _end(pid, timeout_s, poll):
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if poll() is not None:
                return
            time.sleep(0.05)
    say(f"   process {pid} would not end")
