from odoo import http
from odoo.tests import TransactionCase, tagged

from .. import several_databases
from ..several_databases import HEADER, address, renamed

BASE = "https://erp.nordwind.example"
PATH = "/integration/in/t0ken"


@tagged("post_install", "-at_install")
class TestSeveralDatabases(TransactionCase):
    """What a request says of its database; over real HTTP in ``e2e/test_front_doors.py``."""

    def test_a_database_in_the_path_becomes_the_header(self):
        environ = {"PATH_INFO": "/integration/db/plant_3/in/t0ken", "REQUEST_METHOD": "POST"}
        self.assertEqual(renamed(environ), {"PATH_INFO": PATH, "REQUEST_METHOD": "POST", HEADER: "plant_3"})
        token = renamed({"PATH_INFO": "/integration/db/plant_3/oauth/token", HEADER: "plant_4"})
        self.assertEqual(token, {"PATH_INFO": "/integration/oauth/token", HEADER: "plant_3"})

    def test_other_paths_are_left_alone(self):
        for path in (
            PATH,
            "/web/login",
            "/integration/db/plant_3/web/login",
            "/integration/db//in/x",
            "/x/integration/db/p/in/t",
            "",
        ):
            environ = {"PATH_INFO": path}
            self.assertIs(renamed(environ), environ, path)
        self.assertEqual(renamed({}), {})

    def reached(self, databases, wide):
        self.patch(http, "db_list", lambda force, host: databases)
        self.patch(several_databases, "config", {"server_wide_modules": wide})
        return address(BASE, PATH, "plant_3")

    def test_the_address_that_partners_are_given(self):
        alone, wide = ["base", "web"], ["base", "web", several_databases.MODULE]
        self.assertEqual(self.reached(["plant_3"], alone), (BASE + PATH, False))
        self.assertEqual(self.reached(["plant_3", "plant_4"], alone), (BASE + PATH, True))
        self.assertEqual(
            self.reached(["plant_3", "plant_4"], wide),
            (f"{BASE}/integration/db/plant_3/in/t0ken", False),
        )

    def test_listening_twice_changes_nothing(self):
        before = http.Application.__call__
        several_databases.listen()
        self.assertIs(http.Application.__call__, before)
