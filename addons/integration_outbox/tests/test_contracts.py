from odoo.tests import TransactionCase, tagged

from odoo.addons.integration_core.testing import Contracts


@tagged("post_install", "-at_install")
class TestContracts(Contracts, TransactionCase):
    module = "integration_outbox"
