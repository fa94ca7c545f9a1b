"""Modules come, are upgraded, and go without leaving anything behind."""

import os

import pytest

from dev.paths import LOGS, suite
from dev.run import run

pytestmark = pytest.mark.e2e

OURS = "name LIKE 'integration\\_%' AND state = 'installed'"
UNINSTALL = """
modules = env["ir.module.module"].search([("name", "in", {modules!r}), ("state", "=", "installed")])
modules.button_immediate_uninstall()
"""


@pytest.fixture(scope="module")
def database(databases):
    name = databases.copy(os.environ["HUB_TEST_TEMPLATE"], databases.own("e2e_life"))
    yield name
    databases.drop(name)


def odoo_bin(odoo, *arguments, script=None, log="module-life"):
    command = odoo.command(*arguments, "--no-http", "--max-cron-threads=0", "--log-level=warn")
    path = LOGS / f"{log}.log"
    before = path.stat().st_size if path.exists() else 0
    if script is None:
        run(command, "The module's life", log, env=odoo.environment)
    else:
        source = LOGS / f"{log}.py"
        source.write_text(script)
        with source.open() as stdin:
            run(command, "The module's life", log, env=odoo.environment, stdin=stdin)
    with path.open(errors="replace") as file:
        file.seek(before)
        return file.read()


def test_an_upgrade_changes_nothing_and_warns_of_nothing(odoo, database):
    def picture():
        # Fields that mixins of other modules add change hands with the order of loading.
        records = "SELECT module, name FROM ir_model_data WHERE model <> 'ir.model.fields' ORDER BY 1, 2"
        return odoo.server.sql(records, database) + odoo.server.sql(
            "SELECT name, version, direction, status FROM integration_event_type ORDER BY 1, 2", database
        )

    before = picture()
    log = odoo_bin(odoo, "-d", database, "-u", ",".join(suite()), "--stop-after-init")
    assert picture() == before
    ours = [
        line for line in log.splitlines() if "integration_" in line and ("WARNING" in line or "ERROR" in line)
    ]
    assert not [line for line in ours if "DeprecationWarning" not in line], "\n".join(ours)


def test_a_neutralized_copy_sends_nothing_and_accepts_nothing(odoo, databases, database):
    copy = databases.copy(database, databases.own("e2e_copy"))
    odoo_bin_neutralize = odoo.command("neutralize", "-d", copy)
    run(odoo_bin_neutralize, "Neutralizing", "module-life", env=odoo.environment)
    assert odoo.server.sql("SELECT DISTINCT state FROM integration_subscription", copy) == ["paused"]
    assert odoo.server.sql("SELECT count(*) FROM integration_endpoint WHERE active", copy) == ["0"]
    assert odoo.server.sql("SELECT DISTINCT is_held FROM integration_system", copy) == ["t"]
    assert odoo.server.sql("SELECT count(*) FROM integration_credential WHERE sealed_secret != ''", copy) == [
        "0"
    ]
    tokens = "SELECT token FROM integration_endpoint ORDER BY id"
    assert not set(odoo.server.sql(tokens, copy)) & set(odoo.server.sql(tokens, database))
    databases.drop(copy)


def test_an_uninstall_leaves_no_table_no_cron_and_no_menu(odoo, database):
    odoo_bin(odoo, "shell", "-d", database, script=UNINSTALL.format(modules=suite()))
    assert odoo.server.sql(f"SELECT name FROM ir_module_module WHERE {OURS}", database) == []
    for question in (
        "SELECT tablename FROM pg_tables WHERE tablename LIKE 'integration\\_%'",
        # Demo products that stock moves speak of stay, as with Odoo's own demo data.
        "SELECT name FROM ir_model_data WHERE module LIKE 'integration\\_%' AND model NOT LIKE 'product.%'",
        "SELECT cron_name FROM ir_cron WHERE cron_name LIKE 'Integration%'",
        "SELECT model FROM ir_model WHERE model LIKE 'integration.%'",
    ):
        assert odoo.server.sql(question, database) == [], question


def test_products_install_alone_and_leave_units_as_they_were(odoo, database):
    column = "SELECT column_name FROM information_schema.columns WHERE table_name = 'uom_uom' ORDER BY 1"
    before = odoo.server.sql(column, database)
    odoo_bin(odoo, "-d", database, "-i", "integration_product", "--stop-after-init")
    installed = odoo.server.sql(f"SELECT name FROM ir_module_module WHERE {OURS} ORDER BY name", database)
    assert installed == ["integration_core", "integration_product"]
    codes = "SELECT count(*) FROM uom_uom WHERE unece_code IN ('C62', 'KGM', 'HUR')"
    assert odoo.server.sql(codes, database) == ["3"]
    odoo_bin(odoo, "shell", "-d", database, script=UNINSTALL.format(modules=suite()))
    assert odoo.server.sql(column, database) == before


def test_what_was_uninstalled_can_be_installed_again(odoo, database):
    odoo_bin(odoo, "-d", database, "-i", "integration_mrp", "--stop-after-init")
    installed = odoo.server.sql(f"SELECT name FROM ir_module_module WHERE {OURS} ORDER BY name", database)
    assert installed == suite()
