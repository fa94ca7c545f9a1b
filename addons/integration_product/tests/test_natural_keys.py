from odoo.tests import tagged

from odoo.addons.integration_core.errors import NotYetKnown
from odoo.addons.integration_core.tests.common import IntegrationCase


@tagged("post_install", "-at_install")
class TestNaturalKeys(IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wms = cls.system("WMS Hamburg")
        cls.bearing = cls.env["product.product"].create({"name": "Bearing", "default_code": "BRG-77"})
        cls.find = cls.env["integration.external.id"]._find

    def test_a_product_is_found_by_its_reference(self):
        self.assertEqual(self.find(self.wms, "product.product", "BRG-77"), self.bearing)

    def test_two_products_of_one_reference_are_refused_until_somebody_says_which(self):
        other = self.env["product.product"].create({"name": "Bearing, sealed", "default_code": "BRG-77"})
        with self.assertRaisesRegex(NotYetKnown, "BRG-77 is ambiguous: .*Bearing, sealed") as caught:
            self.find(self.wms, "product.product", "BRG-77")
        self.assertEqual((caught.exception.model, caught.exception.key), ("product.product", "BRG-77"))
        self.env["integration.external.id"]._learn(self.wms, other, "BRG-77")
        self.assertEqual(self.find(self.wms, "product.product", "BRG-77"), other)
