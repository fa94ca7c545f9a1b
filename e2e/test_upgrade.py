"""A database of the release before, with traffic in every state, is upgraded and works on."""

import json
import re
import shutil
import subprocess
import tarfile
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from dev.odoo import Odoo
from dev.paths import LOGS, REPO, STATE, digest, folder
from dev.processes import wait_for
from dev.run import run
from dev.site import Site

# What upgrades start from. Its database is built once, by its own code.
BEFORE = "5ddc35b0bca4"
TRAFFIC = Path(__file__).with_name("old_traffic.py")
LOG = "upgrade"
OPEN = {
    "integration_delivery": {"pending", "sending", "retrying", "paused"},
    "integration_message": {"received", "processing", "waiting", "retrying"},
}
TABLES = (
    "integration_event",
    "integration_event_pending",
    "integration_delivery",
    "integration_attempt",
    "integration_replay",
    "integration_subscription",
    "integration_endpoint",
    "integration_message",
    "integration_message_record",
    "integration_credential",
    "integration_incident",
)
READ_ALL = """
for name in sorted(env.registry):
    model = env[name]
    if name.startswith("integration.") and model._auto and not model._abstract:
        model.search([], limit=50).read()
broken = env["integration.audit.entry"]._first_broken()
assert broken is None, broken
"""


def _git(*arguments):
    return subprocess.run(["git", *arguments], cwd=REPO, capture_output=True, check=False)


pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        _git("cat-file", "-e", f"{BEFORE}^{{commit}}").returncode != 0,
        reason=f"the release before is commit {BEFORE}, and this source tree has no history with it",
    ),
]


class Partner(BaseHTTPRequestHandler):
    """Notes what comes: ``server.got`` has ``(path, id of the event)`` in order of arrival."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((self.path.strip("/"), self.headers["webhook-id"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def partner():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Partner)
    server.got = []
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def old_template(databases):
    """The database of before: the name of a template, built when it is not there."""
    name = databases.own("before_") + digest(databases.base(), BEFORE, TRAFFIC)
    if name in databases.names():
        return name
    old = Odoo(databases.odoo.server, _old_addons(), name="before")
    half = databases.copy(databases.base(), name + "_half")
    install = ["-d", half, "-i", "integration_mrp", "--with-demo", "--stop-after-init"]
    odoo_bin(old, *install)
    odoo_bin(old, "shell", "-d", half, script=TRAFFIC)
    databases._forget(databases.own("before_"), half)
    databases.sql(f'ALTER DATABASE "{half}" RENAME TO "{name}"')
    shutil.rmtree(databases._filestore(name), ignore_errors=True)
    databases._filestore(half).rename(databases._filestore(name))
    return name


def _old_addons():
    target = folder(STATE / "before") / BEFORE
    shutil.rmtree(target, ignore_errors=True)
    archive = folder(target) / "addons.tar"
    archive.write_bytes(_git("archive", BEFORE, "addons").stdout)
    with tarfile.open(archive) as tar:
        tar.extractall(target, filter="data")
    return target / "addons"


def odoo_bin(odoo, *arguments, script=None):
    """:return: what it wrote to the log, warnings and worse."""
    path = folder(LOGS) / f"{LOG}.log"
    before = path.stat().st_size if path.exists() else 0
    command = odoo.command(*arguments, "--no-http", "--max-cron-threads=0", "--log-level=warn")
    with (script or Path("/dev/null")).open() as stdin:
        run(command, "The upgrade", LOG, env=odoo.environment, stdin=stdin)
    with path.open(errors="replace") as file:
        file.seek(before)
        return file.read()


@pytest.fixture(scope="module")
def upgraded(odoo, databases, partner, tmp_path_factory):
    database = databases.copy(old_template(databases), databases.own("e2e_upgrade"))
    sql = odoo.server.sql
    sql(
        "UPDATE integration_subscription"
        rf" SET url = regexp_replace(url, ':\d+/(\w+)$', ':{partner.server_port}/\1')"
        " WHERE name LIKE 'To %'",
        database,
    )
    # A copy under another name sends nothing; here it stands for the database itself.
    sql(
        f"UPDATE ir_config_parameter SET value = jsonb_set(value::jsonb, '{{name}}', to_jsonb('{database}'::text))"
        " WHERE key = 'integration_hub.identity'",
        database,
    )
    (expected,) = sql("SELECT value FROM ir_config_parameter WHERE key = 'test_upgrade.expected'", database)
    before = SimpleNamespace(counts=counts(sql, database), states=states(sql, database))
    modules = sql(
        "SELECT name FROM ir_module_module WHERE name LIKE 'integration%' AND state = 'installed'", database
    )
    log = odoo_bin(odoo, "-d", database, "-u", ",".join(modules), "--stop-after-init")
    read_all = tmp_path_factory.mktemp("upgrade") / "read_all.py"
    read_all.write_text(READ_ALL)
    yield SimpleNamespace(
        database=database,
        sql=lambda statement: sql(statement, database),
        before=before,
        after=SimpleNamespace(counts=counts(sql, database), states=states(sql, database)),
        expected=SimpleNamespace(**json.loads(expected)),
        log=log,
        read_all=read_all,
        partner=partner,
    )
    databases.drop(database)


def counts(sql, database):
    return {table: int(sql(f"SELECT count(*) FROM {table}", database)[0]) for table in TABLES}


def states(sql, database):
    """``{table: {state: count}}``; what waits in whatever way counts as open."""
    found = {}
    for table, open_states in OPEN.items():
        rows = sql(f"SELECT state FROM {table}", database)
        found[table] = Counter("open" if state in open_states else state for state in rows)
    return found


@pytest.fixture(scope="module")
def works_on(odoo, upgraded):
    """The upgraded database on a site with a worker."""
    site = Site(odoo, upgraded.database, name="e2e_upgrade")
    log_start = {
        one.log: one.log.stat().st_size if one.log.exists() else 0 for one in (site.server, site.worker)
    }
    site.start()
    yield SimpleNamespace(site=site, admin=site.api(), log_start=log_start)
    site.stop()


def arrived(upgraded, path):
    return [event_id for where, event_id in upgraded.partner.got if where == path]


def complaints(log):
    """Lines of Odoo's log that report a warning or worse."""
    lines = re.findall(r"^[\d-]+ [\d:,]+ \d+ (?:WARNING|ERROR|CRITICAL) .*$", log, re.MULTILINE)
    return [line for line in lines if "DeprecationWarning" not in line]


def test_the_upgrade_warns_of_nothing(upgraded):
    assert complaints(upgraded.log) == []


def test_nothing_is_lost_and_nothing_changes_its_state(upgraded):
    assert upgraded.after.counts == upgraded.before.counts
    assert upgraded.after.states == upgraded.before.states


def test_every_row_can_be_read_and_the_audit_trail_is_whole(odoo, upgraded):
    odoo_bin(odoo, "shell", "-d", upgraded.database, script=upgraded.read_all)


def test_no_trace_says_false_any_more(upgraded):
    assert upgraded.sql("SELECT count(*) FROM integration_event WHERE traceparent = 'false'") == ["0"]


def test_what_waited_is_delivered(upgraded, works_on):
    wanted = set(upgraded.expected.anything) | set(upgraded.expected.ordered)
    assert len(wanted) > 5
    for path in ("anything", "ordered"):
        missing = set(getattr(upgraded.expected, path))
        wait_for(
            lambda p=path, m=missing: m <= set(arrived(upgraded, p)), f"what waited for {path}", 60,
            works_on.site.worker,
        )  # fmt: skip


def test_an_ordered_subscription_kept_its_order(upgraded, works_on):
    wait_for(lambda: set(upgraded.expected.ordered) <= set(arrived(upgraded, "ordered")), "what waited", 60)
    wanted, got = ({}, {})
    for kept, ids in ((wanted, upgraded.expected.ordered), (got, arrived(upgraded, "ordered"))):
        for event_id in filter(upgraded.expected.ordered.__contains__, ids):
            kept.setdefault(upgraded.expected.order_of[event_id], []).append(event_id)
    assert got == wanted


def test_what_waited_for_a_paused_subscription_goes_when_it_is_resumed(upgraded, works_on):
    assert not arrived(upgraded, "stopped")
    admin, id_ = works_on.admin, upgraded.expected.stopped_id
    asked = admin.call("integration.subscription", "action_resume", [id_])
    if isinstance(asked, dict) and asked.get("res_model"):
        (dialog,) = admin.call(asked["res_model"], "create", [{}], context=asked["context"])
        admin.call(asked["res_model"], "action_resume", [dialog])
    wait_for(
        lambda: set(upgraded.expected.stopped) <= set(arrived(upgraded, "stopped")),
        "what waited while it was paused",
        60,
        works_on.site.worker,
    )


def test_a_replay_that_was_running_ends(upgraded, works_on):
    def state():
        return upgraded.sql(f"SELECT state FROM integration_replay WHERE id = {upgraded.expected.replay}")

    wait_for(lambda: state() == ["done"], "the replay's end", 60, works_on.site.worker)
    wait_for(lambda: set(upgraded.expected.replayed) <= set(arrived(upgraded, "anything")), "its events", 60)


def test_messages_that_waited_are_applied(upgraded, works_on):
    for name in ("received", "processing", "retrying"):
        wait_for(
            lambda n=name: upgraded.sql(
                f"SELECT 1 FROM integration_message WHERE message_id = '{n}' AND state = 'processed'"
            ),
            f"{name} is applied",
            60,
            works_on.site.worker,
        )
    for order in upgraded.expected.begun_later:
        rows = works_on.admin.search_read(
            "mrp.workorder", [("production_id.name", "=", order)], ["state"], order="sequence"
        )
        assert rows[0]["state"] == "progress", order


def test_what_needs_a_person_still_waits_for_one(upgraded, works_on):
    waiting = upgraded.sql("SELECT message_id FROM integration_message WHERE state = 'waiting'")
    assert waiting == ["waiting"]
    for state in ("quarantined", "kept", "superseded", "shadowed", "dead"):
        assert upgraded.sql(f"SELECT message_id FROM integration_message WHERE state = '{state}'") == [state]


def test_the_log_of_the_site_has_no_error(works_on):
    for path, start in works_on.log_start.items():
        with path.open(errors="replace") as file:
            file.seek(start)
            log = file.read()
        assert [line for line in complaints(log) if " WARNING " not in line] == []
