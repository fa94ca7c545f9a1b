"""PostgreSQL: the server of PGHOST, or a private cluster that only this checkout's user can reach.

The private cluster listens on a Unix socket in a folder of mode 0700, so it takes no port and needs
no password. PostgreSQL refuses to run as root: started by root, it runs as another user.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from dev.debian import bring, wrap
from dev.paths import LOGS, STATE, TAG, folder
from dev.run import need_disk, output, run
from dev.say import Problem, step

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{socket}'
max_connections = 200
shared_buffers = 512MB
max_wal_size = 4GB
checkpoint_timeout = 15min
log_min_duration_statement = 5s
"""
LEAST_VERSION = 13
PROGRAMS = "usr/lib/postgresql/*/bin"
BROKEN = "-broken-"  # in the names of clusters that are broken on purpose
ROLE = "odoo"  # Odoo refuses to work as the role "postgres"


class Server:
    """How to reach PostgreSQL; ``options`` as environment of libpq (PGHOST, PGUSER, …).

    :param cluster: the private :class:`Cluster` that it is.
    """

    def __init__(self, host, user, port=None, password=None, bindir=None, cluster=None):
        self.host, self.user, self.port, self.password = host, user, port, password
        self.bindir = bindir
        self.cluster = cluster

    @property
    def is_private(self):
        """Whether it is the cluster of this checkout, and nobody else's."""
        return self.bindir is not None

    @property
    def environment(self):
        pairs = {"PGHOST": self.host, "PGUSER": self.user, "PGPORT": self.port, "PGPASSWORD": self.password}
        return {key: str(value) for key, value in pairs.items() if value}

    def sql(self, statement, database="postgres"):
        """Run one statement; what it returns comes as lines of ``|``-separated text.

        :raises Problem: with PostgreSQL's own words when it refuses.
        """
        done = subprocess.run(  # noqa: S603
            [
                self.program("psql"),
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-d",
                database,
                "-c",
                statement,
            ],
            capture_output=True,
            text=True,
            env={**os.environ, **self.environment},
            check=False,
        )
        if done.returncode:
            raise Problem(
                f"PostgreSQL refused: {done.stderr.strip()}", f"The statement was: {statement[:200]}"
            )
        return done.stdout.strip().splitlines()

    def release(self):
        """This process is done with it: a private cluster that it started ends, unless others use it."""
        if self.cluster:
            self.cluster.release()

    def program(self, name):
        return str(self.bindir / name) if self.bindir else name


def binaries():
    """The folder with ``initdb`` and ``postgres``, or ``None``: the machine's own, or what was fetched."""
    fetched = place() / "packages/postgresql/programs"
    if (fetched / "initdb").exists():
        return fetched
    found = [(int(path.parts[-3]), path.parent) for path in Path("/").glob(PROGRAMS + "/initdb")]
    found = [pair for pair in found if pair[0] >= LEAST_VERSION]
    if found:
        return max(found)[1]
    path = shutil.which("initdb")
    return Path(path).parent if path else None


def _fetch():
    prefix = bring("postgresql", "PostgreSQL", place())
    programs = [path for path in prefix.glob(PROGRAMS + "/*") if path.is_file()]
    return wrap(programs, prefix, prefix / "programs")


# A socket's path may have 107 characters: the state folder's own path may be too long.
SOCKET = Path(tempfile.gettempdir()) / f"hub-pg-{TAG}"


def is_given():
    """Whether PGHOST names a server of somebody else; what hub starts inherits PGHOST as well."""
    return os.environ.get("PGHOST") not in (None, "", str(SOCKET))


def server():
    """A running PostgreSQL, started when it is not."""
    if is_given():
        return _given()
    bindir = binaries()
    if bindir is None:
        with step("Fetching PostgreSQL, which this machine lacks"):
            try:
                _fetch()
            except Problem as problem:
                raise Problem(
                    "There are no PostgreSQL server binaries on this machine (initdb, postgres).",
                    f"Install the package postgresql, or set PGHOST to a server that runs. ({problem.what})",
                ) from problem
        bindir = binaries()
    cluster = Cluster(bindir)
    cluster.use()
    return Server(cluster.socket, ROLE, bindir=bindir, cluster=cluster)


def _given():
    user = os.environ.get("PGUSER") or pwd.getpwuid(os.getuid()).pw_name
    given = Server(os.environ["PGHOST"], user, os.environ.get("PGPORT"), os.environ.get("PGPASSWORD"))
    try:
        given.sql("SELECT 1")
    except (Problem, FileNotFoundError) as problem:
        raise Problem(
            f"The PostgreSQL of PGHOST={given.host} did not answer: {problem}",
            "Check PGHOST, PGPORT, PGUSER and PGPASSWORD (a user who may create databases), or unset PGHOST.",
        ) from problem
    return given


def runner():
    """The user that PostgreSQL runs as when hub is started by root; ``None`` when it is not."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise Problem(
        "PostgreSQL does not run as root, and there is no user 'nobody'.", "Run hub as another user."
    )


def place():
    """Where its programs and data are: the state folder, unless that user cannot get there (``/root``)."""
    folder(STATE)
    if runner() is None:
        return STATE
    reach = subprocess.run(["test", "-x", STATE], user=runner(), check=False)
    return STATE if reach.returncode == 0 else folder(Path("/var/lib") / f"odoo-integration-hub-{TAG}")


def broken(bindir):
    """The clusters to be broken that a run left when it was killed."""
    return [Cluster(bindir, path.name.removeprefix("pg")) for path in sorted(place().glob(f"pg{BROKEN}*/"))]


class Cluster:
    """A private cluster of this state folder.

    :param name: another than the usual one, for those who mean to break it.
    """

    def __init__(self, bindir, name=""):
        self.bindir = bindir
        self.switch = runner()
        self.name = name
        self.home = folder(place() / f"pg{name}")
        if self.switch:
            shutil.chown(self.home, self.switch)
        self.data = self.home / "data"
        self.socket = SOCKET.with_name(SOCKET.name + name)
        self.hold = None
        self.is_ours = False

    def use(self):
        """Start it when it is not running, and hold it: nobody's ``release`` stops it meanwhile."""
        # Inherited by what this process becomes (pytest, psql), not by what it starts.
        path = folder(STATE / "run") / f"postgresql{self.name}.lock"
        self.hold = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.set_inheritable(self.hold, True)
        fcntl.flock(self.hold, fcntl.LOCK_SH)
        self.is_ours = self.start()

    def release(self):
        """Stop it if ``use`` started it and nobody else holds it."""
        try:
            fcntl.flock(self.hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self.is_ours:
                self.stop()
        except BlockingIOError:
            pass  # somebody else works with it
        finally:
            os.close(self.hold)
            self.hold = None

    def _run(self, command, what, **environment):
        run(command, what, "postgresql", cwd="/", env={"LC_ALL": "C.UTF-8", **environment}, user=self.switch)

    def _owned(self, path):
        folder(path).chmod(0o700)
        if self.switch:
            shutil.chown(path, self.switch)

    def is_running(self):
        return bool(output([self.bindir / "pg_isready", "-h", self.socket]))

    def start(self, **environment):
        """:param environment: of the server (``LD_PRELOAD``), beside the usual.
        :return: whether it was not running before.
        """
        if not (self.home / ".complete").exists():
            need_disk(3)
            with step("Making a private PostgreSQL cluster"):
                shutil.rmtree(self.data, ignore_errors=True)
                initdb = [self.bindir / "initdb", "-D", self.data, "-U", ROLE, "-A", "trust", "-E", "UTF8"]
                self._run([*initdb, "--locale=C.UTF-8"], "Making the PostgreSQL cluster")
                with (self.data / "postgresql.conf").open("a", encoding="utf-8") as conf:
                    conf.write(SETTINGS.format(socket=self.socket))
                (self.home / ".complete").touch()
        if self.is_running():
            return False
        self._owned(self.socket)
        log = folder(LOGS) / f"postgresql-server{self.name}.log"
        log.touch()
        if self.switch:
            log = self.home / "server.log"
        self._run(
            [self.bindir / "pg_ctl", "-D", self.data, "-l", log, "-w", "-t", "60", "start"],
            "Starting PostgreSQL",
            **environment,
        )
        return True

    def stop(self, mode="fast"):
        """:param mode: ``immediate`` is what a power cut leaves."""
        if self.is_running():
            command = [self.bindir / "pg_ctl", "-D", self.data, "-m", mode, "-w", "stop"]
            self._run(command, "Stopping PostgreSQL")

    def purge(self):
        self.remove()
        if place() != STATE:
            shutil.rmtree(place(), ignore_errors=True)

    def remove(self):
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.socket, ignore_errors=True)
