from psycopg2 import IntegrityError

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestExternalId(IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.carrier = cls.system("Carrier")
        cls.partner = cls.env["res.partner"].create({"name": "Norrland Logistik AB"})
        cls.ids = cls.env["integration.external.id"]

    def test_a_learnt_id_finds_its_record_for_its_system_only(self):
        self.ids._learn(self.carrier, self.partner, "C-4711")
        self.assertEqual(self.ids._find(self.carrier, "res.partner", "C-4711"), self.partner)
        self.assertFalse(self.ids._find(self.system("Shop"), "res.partner", "C-4711"))

    def test_learning_again_changes_nothing(self):
        for _ in range(2):
            self.ids._learn(self.carrier, self.partner, "C-4711")
        self.assertEqual(self.carrier.external_id_count, 1)

    def test_one_id_names_one_record(self):
        values = {"system_id": self.carrier.id, "res_model": "res.partner", "external_key": "C-4711"}
        self.ids.create({**values, "res_id": self.partner.id})
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.ids.create({**values, "res_id": self.company.partner_id.id})

    def test_a_deleted_record_is_not_found_and_said_to_be_deleted(self):
        self.ids._learn(self.carrier, self.partner, "C-4711")
        self.partner.unlink()
        link = self.ids.search([("external_key", "=", "C-4711")])
        self.assertFalse(self.ids._find(self.carrier, "res.partner", "C-4711"))
        self.assertEqual(link.record_name, "(deleted)")
