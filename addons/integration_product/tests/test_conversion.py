from collections import namedtuple

from odoo.exceptions import ValidationError
from odoo.tests import TransactionCase, tagged

from odoo.addons.integration_core.errors import RejectMessage

from ..unece import CODES, SHAPE, post_init_hook

Amount = namedtuple("Amount", "value unit")


@tagged("post_install", "-at_install")
class TestConversion(TransactionCase):
    """Reported quantities become quantities in the unit of a document, or are refused with a sentence."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kilogram = cls.env.ref("uom.product_uom_kgm")
        cls.piece = cls.env.ref("uom.product_uom_unit")
        cls.dozen = cls.env.ref("uom.product_uom_dozen")

    def crate(self, contains, code):
        return self.env["uom.uom"].create(
            {
                "name": f"Crate of {contains}",
                "relative_factor": contains,
                "relative_uom_id": self.piece.id,
                "unece_code": code,
            }
        )

    def test_odoos_own_units_have_their_codes(self):
        for external_id, code in CODES.items():
            self.assertEqual(self.env.ref(external_id).unece_code, code)
            self.assertRegex(code, SHAPE)

    def test_a_code_that_somebody_chose_is_kept(self):
        self.piece.unece_code = "EA"
        post_init_hook(self.env)
        self.assertEqual(self.piece.unece_code, "EA")

    def test_what_is_no_code_cannot_be_saved(self):
        for wrong in ("kg", "K", "KÄ", "K G"):
            with self.assertRaisesRegex(ValidationError, "is not a UN/CEFACT code"):
                self.kilogram.unece_code = wrong

    def test_grams_become_kilograms(self):
        self.assertAlmostEqual(self.kilogram._integration_convert(Amount(350, "GRM")), 0.35)

    def test_without_a_unit_it_is_the_documents(self):
        self.assertEqual(self.kilogram._integration_convert(Amount(7, None)), 7)

    def test_kilograms_are_no_pieces(self):
        with self.assertRaisesRegex(RejectMessage, "KGM cannot be converted to Units"):
            self.piece._integration_convert(Amount(3, "KGM"))

    def test_an_unknown_code_is_refused(self):
        with self.assertRaisesRegex(RejectMessage, "ZZZ is not a unit that is known here"):
            self.piece._integration_convert(Amount(3, "ZZZ"))

    def test_a_code_of_two_sizes_is_refused(self):
        self.crate(24, "XCR")
        self.crate(48, "XCR")
        with self.assertRaisesRegex(RejectMessage, "XCR is the code of several units: .*Crate of 48"):
            self.piece._integration_convert(Amount(2, "XCR"))

    def test_a_code_of_two_sizes_is_the_documents_own_unit_where_that_is_one(self):
        self.crate(24, "XCR")
        crate = self.crate(48, "XCR")
        self.assertEqual(crate._integration_convert(Amount(2, "XCR")), 2)

    def test_a_code_of_two_units_of_one_size_is_no_question(self):
        self.crate(12, "DZN")
        self.assertEqual(self.piece._integration_convert(Amount(2, "DZN")), 24)

    def test_the_name_of_a_unit_without_code_comes_back(self):
        self.crate(30, False)
        self.assertEqual(self.piece._integration_convert(Amount(2, "X-Crate of 30")), 60)
