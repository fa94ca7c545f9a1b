"""Sites of real processes for the end-to-end tests; each has a database of its own."""

import os

import pytest
from browser import browser

from dev.databases import Databases
from dev.odoo import Odoo
from dev.site import Site


@pytest.fixture(scope="session")
def odoo():
    return Odoo()


@pytest.fixture(scope="session")
def databases(odoo):
    return Databases(odoo)


@pytest.fixture(scope="module")
def new_site(odoo, databases, request):
    """Make a site: ``new_site()`` starts Odoo, the worker and the MES on a copy of the suite's database."""
    sites = []

    def make(start=True, with_worker=True, **options):
        name = "e2e_" + request.module.__name__.rpartition(".")[2].removeprefix("test_") + str(len(sites))
        database = databases.copy(os.environ["HUB_TEST_TEMPLATE"], databases.own(name))
        site = Site(odoo, database, name=name, **options)
        sites.append(site)
        if start:
            site.start(with_worker).connect_mes().start_mes()
        return site

    yield make
    for site in sites:
        site.stop()
        databases.drop(site.database)


@pytest.fixture(scope="module")
def site(new_site):
    return new_site()


@pytest.fixture(scope="module")
def screen(site, story):
    """An administrator's browser, once the module's ``story`` is told."""
    with browser(site) as screen:
        yield screen.log_in("admin")


@pytest.fixture
def nothing_broke(screen):
    screen.errors.clear()
    yield
    assert not screen.errors, screen.errors
