from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.integration_code import MOST_UNMAPPED, note_unmapped
from ..policy.codes import CodeUnmapped
from .common import IntegrationCase


class CodeCase(IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.carrier = cls.system("Carrier Nord")
        cls.list = cls.env["integration.code.list"].create({"name": "Stages", "code": "stage"})
        cls.countries = cls.env["integration.code.list"].create(
            {"name": "Countries", "code": "country", "kind": "record", "res_model": "res.country"}
        )

    def map(self, external, value, code_list=None, **values):
        return self.env["integration.code"].create(
            {
                "list_id": (code_list or self.list).id,
                "system_id": self.carrier.id,
                "external_value": external,
                "value": value,
                **values,
            }
        )

    def inbound(self, *arguments):
        return self.env["integration.code"]._function(self.carrier.id)(*arguments)

    def outbound(self, *arguments):
        return self.env["integration.code"]._function_outbound(self.carrier.id)(*arguments)


@tagged("post_install", "-at_install")
class TestCodeList(CodeCase):
    """Code lists: looked up in both directions, checked when they are edited."""

    def test_a_value_is_looked_up_in_both_directions(self):
        self.map("POD", "delivered")
        self.assertEqual(self.inbound("stage", "POD"), "delivered")
        self.assertEqual(self.outbound("stage", "delivered"), "POD")

    def test_numbers_are_looked_up_as_text_and_nothing_is_nothing(self):
        self.map("7", "delivered")
        self.assertEqual(self.inbound("stage", 7), "delivered")
        self.assertEqual(self.inbound("stage", 7.0), "delivered")
        self.assertIsNone(self.inbound("stage", None))

    def test_another_systems_values_are_not_used(self):
        self.map("POD", "delivered", system_id=self.system("Carrier Sued").id)
        with self.assertRaisesRegex(CodeUnmapped, "code list stage has no value for POD"):
            self.inbound("stage", "POD")

    def test_a_default_is_meant_where_there_is_no_value(self):
        self.assertEqual(self.inbound("stage", "POD", "unknown"), "unknown")

    def test_several_external_values_may_mean_one_where_one_of_them_is_sent(self):
        self.map("HUB", "in_transit")
        self.map("LHL", "in_transit", direction="in")
        self.assertEqual(self.inbound("stage", "LHL"), "in_transit")
        self.assertEqual(self.outbound("stage", "in_transit"), "HUB")
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.map("XYZ", "in_transit")

    def test_a_changed_value_counts_at_once(self):
        code = self.map("POD", "delivered")
        self.assertEqual(self.inbound("stage", "POD"), "delivered")
        code.value = "handed_over"
        self.assertEqual(self.inbound("stage", "POD"), "handed_over")
        code.unlink()
        with self.assertRaises(CodeUnmapped):
            self.inbound("stage", "POD")

    def test_looking_up_again_asks_no_database(self):
        self.map("POD", "delivered")
        self.inbound("stage", "POD")
        with self.assertQueryCount(0):
            for _ in range(100):
                self.inbound("stage", "POD")

    def test_a_record_is_meant_by_its_name_and_follows_it(self):
        country = self.env["res.country"].create({"name": "Freedonia", "code": "F1"})
        code = self.map("FRE", "Freedonia", self.countries)
        self.assertEqual(code.res_id, country.id)
        other = self.env["res.country"].create({"name": "Sylvania", "code": "S1"})
        code.res_id = other.id
        self.assertEqual((code.value, code.state), ("Sylvania", "mapped"))
        self.assertEqual(self.inbound("country", "FRE"), "Sylvania")

    def test_a_record_that_is_not_there_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "There is no Atlantis in Country"):
            self.map("ATL", "Atlantis", self.countries)

    def test_a_selection_takes_its_keys_and_their_labels(self):
        kinds = self.env["integration.code.list"].create(
            {
                "name": "Address Types",
                "code": "address_type",
                "kind": "selection",
                "res_model": "res.partner",
                "res_field": "type",
            }
        )
        self.assertEqual(self.map("B", "Invoice", kinds).value, "invoice")
        with self.assertRaisesRegex(ValidationError, "Choose one of: .*Invoice"):
            self.map("C", "Castle", kinds)

    def test_a_list_of_nothing_is_refused(self):
        for values in (
            {"kind": "record"},
            {"kind": "selection", "res_model": "res.partner", "res_field": "name"},
            {"code": "Not A Code"},
        ):
            with self.assertRaises(ValidationError):
                self.env["integration.code.list"].create({"name": "X", "code": "x", **values})

    def test_unmapped_values_are_collected_once_and_counted(self):
        for _ in range(3):
            note_unmapped(self.env.cr, self.carrier.id, "stage", "ZR9")
        code = self.env["integration.code"].search([("external_value", "=", "ZR9")])
        self.assertEqual((code.state, code.seen_count, code.company_id), ("unmapped", 3, self.company))
        code.value = "refused"
        self.assertEqual(code.state, "mapped")
        self.assertEqual(self.inbound("stage", "ZR9"), "refused")

    def test_a_partner_cannot_fill_the_list(self):
        for number in range(MOST_UNMAPPED + 5):
            note_unmapped(self.env.cr, self.carrier.id, "stage", f"X{number}")
        self.assertEqual(self.list.unmapped_count, MOST_UNMAPPED)

    def test_a_spreadsheet_is_imported(self):
        text = (
            "Code List,System,External Value,Value in Odoo,Direction\n"
            f"Stages,{self.carrier.name},PUP,accepted,Both\n"
            f"Countries,{self.carrier.name},DE,Germany,Inbound\n"
        )
        wizard = self.env["base_import.import"].create(
            {
                "res_model": "integration.code",
                "file": text.encode(),
                "file_name": "codes.csv",
                "file_type": "text/csv",
            }
        )
        options = {"quoting": '"', "separator": ",", "has_headers": True}
        preview = wizard.parse_preview(options)
        self.assertNotIn("error", preview)
        columns = [preview["matches"][number][0] for number in range(5)]
        self.assertEqual(columns, ["list_id", "system_id", "external_value", "value", "direction"])
        result = wizard.execute_import(columns, preview["headers"], options)
        self.assertFalse(result["messages"])
        self.assertEqual(self.inbound("stage", "PUP"), "accepted")
        self.assertEqual(self.inbound("country", "DE"), "Germany")

    # -- who may ---------------------------------------------------------------------------------

    def test_operators_map_administrators_make_lists(self):
        code = self.map("POD", "delivered").with_user(self.operator())
        code.value = "handed_over"
        with self.assertRaises(AccessError):
            code.unlink()
        with self.assertRaises(AccessError):
            self.list.with_user(self.operator()).name = "Mine"
        self.list.with_user(self.manager()).name = "Ours"
        reader = self.user("rita.reader", "integration_core.group_user")
        with self.assertRaises(AccessError):
            code.with_user(reader).value = "x"

    def test_another_companys_values_are_not_seen(self):
        other = self.env["res.company"].create({"name": "Werk Sued"})
        code = self.map("POD", "delivered", system_id=self.system("Sued", company_id=other.id).id)
        with self.assertRaises(AccessError):
            code.with_user(self.operator()).read(["value"])

    def test_who_mapped_what_stands_in_the_audit_trail(self):
        code = self.map("POD", "delivered")
        code.with_user(self.operator()).value = "handed_over"
        entry = self.env["integration.audit.entry"].search(
            [("res_model", "=", "integration.code"), ("res_id", "=", code.id)], limit=1
        )
        self.assertEqual((entry.action, entry.user_id), ("code.changed", self.operator()))
        self.assertIn("handed_over", str(entry.details))
