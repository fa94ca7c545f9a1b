"""The door: what it says when something is wrong."""

import os
import socket
import subprocess
import sys
import threading

import pytest

from dev import check, odoo_source, postgres, processes, python, run
from dev.paths import REPO
from dev.say import Problem


def hub(*arguments, **environment):
    return subprocess.run(
        [sys.executable, REPO / "hub", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def test_help_names_every_command():
    shown = hub("help").stdout
    for command in ("demo", "test", "bench", "lint", "odoo", "shell", "psql", "down", "doctor"):
        assert f"./hub {command}" in shown


def test_an_unknown_command_is_named():
    done = hub("deploy")
    assert done.returncode == 2
    assert "no command 'deploy'" in done.stderr


def test_a_wrong_odoo_home_is_explained(tmp_path):
    done = hub("odoo", "--version", ODOO_HOME=str(tmp_path))
    assert done.returncode == 1
    assert "there is no Odoo; the suite needs Odoo 19.0" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_odoo_of_another_version_is_explained(tmp_path, monkeypatch):
    (tmp_path / "odoo").mkdir()
    (tmp_path / "odoo/release.py").write_text("version_info = (18, 0, 0, FINAL, 0, '')\n")
    monkeypatch.setenv("ODOO_HOME", str(tmp_path))
    with pytest.raises(Problem, match=r"there is 18\.0"):
        odoo_source.find()


def test_a_postgresql_that_does_not_answer_is_explained(tmp_path):
    done = hub("psql", PGHOST=str(tmp_path))
    assert done.returncode == 1
    assert f"The PostgreSQL of PGHOST={tmp_path} did not answer" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_machine_without_postgresql_and_without_packages_is_explained(tmp_path, monkeypatch):
    monkeypatch.delenv("PGHOST", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(postgres, "place", lambda: tmp_path)
    monkeypatch.setattr(postgres, "PROGRAMS", "no/such/place")
    with pytest.raises(
        Problem, match="no PostgreSQL server binaries.*Install the package postgresql, or set PGHOST"
    ):
        postgres.server()


def test_a_port_that_is_taken_is_explained():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Problem, match=r"Port \d+ is taken.*--port"):
            processes.need_port(taken.getsockname()[1], "--port")


def test_a_python_that_does_not_fit_is_explained(monkeypatch, tmp_path):
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\necho 3.8\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(old))
    with pytest.raises(Problem, match=r"this machine has 3\.8.*HUB_PYTHON"):
        python.interpreter()


def test_a_full_disk_is_explained():
    with pytest.raises(Problem, match="not enough room.*HUB_STATE"):
        run.need_disk(10**9)


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("Could not resolve 'deb.example'", "the network did not answer"),
        ("cp: error writing 'x': No space left on device", "the disk is full"),
        ("something else", "something else"),
    ],
)
def test_a_command_that_fails_names_the_cause(output, says):
    with pytest.raises(Problem, match=says):
        run.run(["sh", "-c", f'echo "{output}"; exit 3'], "Fetching Odoo", "test-of-run")


def test_a_program_that_is_missing_is_named():
    with pytest.raises(Problem, match="'no-such-program' is not on this machine"):
        run.run(["no-such-program"], "Fetching Odoo", "test-of-run")


def test_a_build_that_was_killed_leaves_no_pid_of_ours(tmp_path, monkeypatch):
    """A pid file of a dead process must not make us end a stranger who has its number now."""
    monkeypatch.setattr(processes, "PIDS", tmp_path)
    stranger = subprocess.Popen(["sleep", "30"])
    (tmp_path / "odoo.pid").write_text(f"{stranger.pid} 12345")
    assert processes.stop_all() == []
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def living(name, command):
    """A child that runs ``command`` in a shell, once it has come as far as to say so."""
    ready = processes.PIDS / f"{name}.ready"
    child = processes.Process(name, ["sh", "-c", f"{command}; touch {ready}; sleep 30"], None).start()
    processes.wait_for(ready.exists, "the child is ready", 10, child)
    threading.Thread(target=child.child.wait, daemon=True).start()  # a dead child that nobody reaps stays
    return child


def test_down_while_the_demo_stops_minds_no_pid_file_that_is_gone(tmp_path, monkeypatch):
    """Who stops its own processes removes their pid files: before they are read, or after."""
    monkeypatch.setattr(processes, "PIDS", tmp_path)
    monkeypatch.setattr(processes, "LOGS", tmp_path)
    first = living("demo-mes", f"trap 'rm {tmp_path}/demo-mes.pid {tmp_path}/demo-odoo.pid; exit' TERM")
    second = living("demo-odoo", "true")
    stopped = processes.stop_all()
    second.stop()
    assert stopped == ["demo-mes"]
    assert not first.is_alive()


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    bindir = postgres.binaries()
    if bindir is None:
        pytest.skip("needs PostgreSQL's server programs, and there are none")
    monkeypatch.setattr(postgres, "STATE", tmp_path)
    made = postgres.Cluster(bindir, f"-unit-{os.getpid()}")
    yield made
    made.remove()


def test_postgresql_ends_with_the_demo_that_started_it(cluster):
    cluster.use()
    assert cluster.is_running()
    cluster.release()
    assert not cluster.is_running()


def test_postgresql_stays_while_somebody_else_uses_it(cluster):
    cluster.use()
    other = postgres.Cluster(cluster.bindir, cluster.name)
    other.use()
    cluster.release()
    assert other.is_running()


def test_postgresql_stays_when_it_was_there_before_the_demo(cluster):
    cluster.start()
    cluster.use()
    cluster.release()
    assert cluster.is_running()


@pytest.mark.parametrize("arguments", [[], ["-q"], ["-m", "not e2e and not browser"], ["addons"]])
def test_several_files_run_side_by_side(monkeypatch, arguments):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})
    assert check._lanes(arguments)[:2] == ["-n", "2"]


@pytest.mark.parametrize(
    "arguments",
    [["e2e/test_demo.py"], ["-k", "demo"], ["--pdb"], ["-n0"], ["tests/unit/test_hub.py::test_x"]],
)
def test_a_chosen_part_runs_as_pytest_was_told(monkeypatch, arguments):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1})
    assert check._lanes(arguments) == []


def test_one_core_has_one_lane(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0})
    assert check._lanes([]) == []


@pytest.fixture
def odoo_repository(tmp_path):
    """A git repository with the branch 19.0 and as much of Odoo as hub looks at."""
    path = tmp_path / "upstream"
    (path / "odoo/addons").mkdir(parents=True)
    (path / "addons").mkdir()
    (path / "odoo/release.py").write_text("version_info = (19, 0, 0, FINAL, 0, '')\n")
    for file in ("odoo-bin", "odoo/addons/__init__.py", "addons/README"):
        (path / file).touch()
    git = ["git", "-C", path, "-c", "user.name=t", "-c", "user.email=t@example.com"]
    for command in (["init", "-q", "-b", "19.0"], ["add", "-A"], ["commit", "-q", "-m", "19.0"]):
        subprocess.run([*git, *command], check=True)
    return path


@pytest.mark.parametrize("interrupted", [False, True])
def test_where_there_is_no_debian_archive_odoo_comes_with_git(
    odoo_repository, tmp_path, monkeypatch, interrupted
):
    monkeypatch.setattr(odoo_source, "PREFIX", tmp_path / "odoo")
    monkeypatch.setattr(odoo_source, "archive", lambda: None)
    monkeypatch.setenv("HUB_ODOO_GIT", f"file://{odoo_repository}")
    if interrupted:  # a clone that was killed: a repository without a work tree
        subprocess.run(["git", "init", "-q", tmp_path / "odoo"], check=True)
        subprocess.run(
            ["git", "-C", tmp_path / "odoo", "remote", "add", "origin", f"file://{odoo_repository}"],
            check=True,
        )
    source = odoo_source.get()
    assert source.version.startswith("19.0 ")
    assert [path.name for path in source.addons] == ["addons", "addons"]
