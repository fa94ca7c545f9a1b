"""A lane: one kind of waiting work, and the loop that does it.

The same lane runs in both shapes of the engine: in an ``ir.cron`` until nothing is left or its time is
up, and in the worker for as long as the process lives.
"""

import abc
import time

import psycopg2

from .. import logs

_logger = logs.get_logger(__name__)

# The longest sleep: what a lost notification can cost, in seconds.
POLL_S = 5.0
# A lane that has begun, was woken or found work goes on looking so long, in seconds, this often: who wakes it
# again and again within that time need not.
LINGER_S = 0.15
LINGER_EVERY_S = 0.02
# After a failure that is not one row's: a restarting PostgreSQL is asked again this often, in seconds.
RECOVER_S = 1.0
# So long a lane that has to end finishes what is under way; then leases bring its rows back.
DRAIN_S = 25.0

# A cron waits for what is due within so many seconds; Odoo would start it again a minute later.
CRON_REST_S = 3.0

LANES = {}


class Lane(abc.ABC):
    """Declared by subclassing with a ``name``; one instance works in one thread.

    :param is_threaded: whether it may start threads of its own beside that: in a worker, not in a cron.

    :cvar lingers: whether it goes on looking for ``LINGER_S`` after it was woken.
    :cvar name: what emitters wake it by, and what its cron and the worker call it.
    :cvar cron: external id of the ``ir.cron`` that runs it where there is no worker.
    :ivar progress_at: ``time.monotonic()`` of when the loop last came round.
    """

    name = None
    cron = None
    lingers = False

    def __init_subclass__(cls, **kwargs):  # pylint: disable=missing-return
        super().__init_subclass__(**kwargs)
        cls.module = cls.__module__.split(".")[2]
        LANES[cls.name] = cls

    def __init__(self, registry, is_threaded=False):
        self.registry = registry
        self.is_threaded = is_threaded
        self.progress_at = time.monotonic()

    @abc.abstractmethod
    def run_once(self):
        """Do a small round of work. What working on one row raises is that row's failed attempt.

        :return: whether anything was done or is under way; ``False`` lets the loop rest.
        """

    def seconds_to_next(self):
        """How long until a row is due by itself; ``None`` when none is waiting."""
        return

    def rest(self, seconds, sleep):
        """Do nothing for so long, or until ``sleep(seconds)`` is interrupted. :return: whether it was."""
        return sleep(seconds)

    def drain(self, deadline=None):  # noqa: B027, a lane without work in hand has nothing to do
        """Finish what is under way; nothing new is begun. Called again where the database failed it.

        :param deadline: ``time.monotonic()`` after which what is left is left to its leases.
        """

    def close(self):  # noqa: B027
        """Give back connections and threads; the lane is not used again."""

    def forget(self):  # noqa: B027
        """Drop connections and work in hand after a failure; leases bring the rows back."""


class Periodic:
    """A chore of a lane, done every ``every_s`` seconds between its rounds of work."""

    def __init__(self, every_s, chore):
        self.every_s, self.chore = every_s, chore
        self._due_at = 0.0

    def run_if_due(self, is_due=False):
        """:param is_due: whether it is, whatever the time."""
        now = time.monotonic()
        if is_due or now >= self._due_at:
            self.chore()
            self._due_at = now + self.every_s


def installed(registry):
    """The lanes of the modules that are installed in this database, as ``{name: class}``."""
    return {name: lane for name, lane in LANES.items() if lane.module in registry._init_modules}


def run(lane, is_stopping, rest, deadline=None):
    """The loop around a lane; the one place where the engine catches what its work raises.

    :param is_stopping: callable, true once the loop has to end.
    :param rest: callable that sleeps up to that many seconds, or until somebody calls.
    :param deadline: for a cron: ``time.monotonic()`` to stop at; with nothing due soon it ends at once.
    """
    lingers_until = time.monotonic() + LINGER_S
    while not is_stopping():
        lane.progress_at = time.monotonic()
        if deadline is not None and time.monotonic() >= deadline:
            break
        try:
            if lane.run_once():
                lingers_until = time.monotonic() + LINGER_S
                continue
            pause = lane.seconds_to_next()
            if lane.lingers and time.monotonic() < lingers_until:
                pause = LINGER_EVERY_S if pause is None else min(pause, LINGER_EVERY_S)
        except psycopg2.Error as error:
            _logger.warning("lane %s: the database is not there, trying again: %s", lane.name, error)
            pause = _recover(lane)
        except Exception:
            _logger.exception("lane %s: its work failed, trying again", lane.name)
            pause = _recover(lane)
        if deadline is not None and (pause is None or pause > CRON_REST_S):
            break
        if lane.rest(POLL_S if pause is None else max(0.0, min(pause, POLL_S)), rest):
            lingers_until = time.monotonic() + LINGER_S
    _drain(lane)


def _drain(lane):
    """What is under way is finished, and written down, also when the database has to come back first.

    It ends whatever happens: what cannot be finished in time is left to its leases.
    """
    end = time.monotonic() + DRAIN_S
    while True:
        try:
            return lane.drain(end)
        except Exception as error:  # noqa: BLE001, whatever it is: the lane has to end
            if time.monotonic() > end:
                _logger.error(
                    "lane %s could not finish what it had in hand, its leases bring it back: %s",
                    lane.name,
                    error,
                )
                return None
            _logger.warning("lane %s: trying again to finish what is under way: %s", lane.name, error)
            lane.rest(RECOVER_S, time.sleep)


def _recover(lane):
    lane.forget()
    return RECOVER_S
