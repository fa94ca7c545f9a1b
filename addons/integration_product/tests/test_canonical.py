import json

from odoo.tests import TransactionCase, tagged

from ..canonical import Quantity, product, quantity, unit


@tagged("post_install", "-at_install")
class TestCanonical(TransactionCase):
    def test_a_product_is_named_by_its_reference_or_by_its_name(self):
        gear = self.env["product.product"].create({"name": "Planet gear", "default_code": "PLG-77"})
        self.assertEqual(product(gear).code, "PLG-77")
        gear.default_code = False
        self.assertEqual(product(gear).code, "Planet gear")

    def test_a_quantity_carries_the_code_of_its_unit(self):
        told = quantity(0.1 + 0.2, self.env.ref("uom.product_uom_kgm"))
        self.assertEqual(json.loads(told.model_dump_json())["unit"], "KGM")

    def test_a_unit_without_code_goes_by_its_name_in_every_language(self):
        pack = self.env["uom.uom"].create(
            {
                "name": "Pack of 7",
                "relative_factor": 7,
                "relative_uom_id": self.env.ref("uom.product_uom_unit").id,
            }
        )
        self.assertEqual(quantity(2, pack).unit, "X-Pack of 7")

    def test_whole_numbers_have_no_decimals(self):
        self.assertEqual(Quantity(value="10", unit="C62").model_dump_json(), '{"value":10,"unit":"C62"}')

    def test_a_unit_says_how_much_of_its_reference_it_contains(self):
        dozen = unit(self.env.ref("uom.product_uom_dozen"))
        self.assertEqual((dozen.code, dozen.reference, dozen.factor), ("DZN", "C62", 12))
        ton = unit(self.env.ref("uom.product_uom_ton"))
        self.assertEqual((ton.reference, ton.factor), ("GRM", 1_000_000))
