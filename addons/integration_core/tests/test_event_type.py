import json

from odoo.tests import tagged

from .. import declare
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestEventType(IntegrationCase):
    def test_the_catalog_is_what_the_installed_modules_declare(self):
        declared = {(d.name, d.version, d.direction) for d in declare.declared(self.env.registry)}
        entries = self.env["integration.event.type"].search([])
        self.assertEqual({(e.name, e.version, e.direction) for e in entries}, declared)

    def test_entries_belong_to_the_module_that_declares_them(self):
        for entry in self.env["integration.event.type"].search([]):
            self.assertTrue(entry.get_external_id()[entry.id].startswith(f"{entry.module}.event_type_"))

    def test_every_entry_has_a_summary_and_a_schema(self):
        for entry in self.env["integration.event.type"].search([]):
            self.assertTrue(entry.summary, entry.name)
            self.assertEqual(json.loads(entry.schema)["type"], "object")

    def test_an_upgrade_keeps_what_an_admin_set(self):
        entry = self.env["integration.event.type"].search([], limit=1)
        if not entry:
            self.skipTest("only the core is installed: there is no event to look at")
        entry.write({"retention_days": 7, "owner_id": self.env.user.id})
        self.env["integration.event.type"]._sync_declarations([entry.module])
        self.assertEqual((entry.retention_days, entry.owner_id), (7, self.env.user))
