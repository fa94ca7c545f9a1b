"""./hub new-domain: what it makes installs, passes its tests, and is refused once a declaration is wrong."""

import os

import pytest

from dev.new_domain import make
from dev.paths import LOGS
from dev.run import run
from dev.say import Problem

pytestmark = pytest.mark.e2e


@pytest.fixture
def database(databases):
    name = databases.copy(os.environ["HUB_TEST_TEMPLATE"], databases.own("e2e_domain"))
    yield name
    databases.drop(name)


def install(odoo, database, addons, module, *arguments):
    """Install a module. :return: what Odoo logged.

    :raises Problem: with what went wrong.
    """
    command = odoo.command(
        "-d", database, "-i", module, f"--addons-path={odoo.addons_path},{addons}", "--stop-after-init",
        "--no-http", "--max-cron-threads=0", *arguments,
    )  # fmt: skip
    run(command, f"Installing {module}", "new-domain", env=odoo.environment)
    return (LOGS / "new-domain.log").read_text(errors="replace").rpartition("\n$ ")[2]


def test_a_new_domain_installs_and_passes_its_tests(odoo, database, tmp_path):
    module = make("cold_chain", tmp_path).name
    log = install(odoo, database, tmp_path, module, f"--test-tags=/{module}")
    assert "0 failed, 0 error(s) of 4 tests" in log, log[-2000:]
    (names,) = odoo.server.sql(
        f"SELECT string_agg(name, ' ' ORDER BY direction DESC) FROM integration_event_type WHERE module = '{module}'",
        database,
    )
    assert names == "cold_chain.job.released cold_chain.job.reported"


def test_a_wrong_declaration_stops_the_installation_with_a_sentence(odoo, database, tmp_path):
    folder = make("cold_chain", tmp_path)
    events = folder / "events.py"
    events.write_text(events.read_text().replace('state="confirmed"', 'state="confirmd"'))
    with pytest.raises(Problem) as failed:
        install(odoo, database, tmp_path, folder.name)
    said = str(failed.value)
    assert "cold_chain.job.released v1" in said
    assert "cold_chain.job.state never becomes 'confirmd'" in said
    assert f"{folder.name}/events.py" in said
    states = odoo.server.sql(f"SELECT state FROM ir_module_module WHERE name = '{folder.name}'", database)
    assert states != ["installed"]


def test_a_name_that_is_taken_or_none_is_refused(tmp_path):
    make("cold_chain", tmp_path)
    with pytest.raises(Problem, match="is there already"):
        make("cold_chain", tmp_path)
    with pytest.raises(Problem, match="no name for a domain"):
        make("Cold-Chain", tmp_path)
