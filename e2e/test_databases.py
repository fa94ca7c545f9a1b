"""Two checkouts that share a PostgreSQL server leave each other's databases alone."""

from types import SimpleNamespace

import pytest

from dev.databases import Databases
from dev.paths import TAG
from dev.postgres import Server

pytestmark = pytest.mark.e2e


def test_on_a_shared_server_a_checkout_sees_and_drops_only_its_own(odoo, databases):
    shared = Server(odoo.server.host, odoo.server.user, odoo.server.port, odoo.server.password)
    ours = Databases(SimpleNamespace(server=shared, source=odoo.source))
    name = ours.own("suite_old")
    shared.sql(f'DROP DATABASE IF EXISTS "{name}"')
    shared.sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
    assert TAG in name
    assert name in ours.names()
    others = set(shared.sql("SELECT datname FROM pg_database")) - set(ours.names())
    assert databases.suite() in others
    ours._forget(ours.own("suite_"), "none")
    assert name not in ours.names()
    assert others <= set(shared.sql("SELECT datname FROM pg_database"))


def test_what_hub_starts_knows_the_private_server_as_such(odoo):
    assert odoo.server.is_private
