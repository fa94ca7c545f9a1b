import hashlib

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..trust import credential_kinds, master_keys, sealing
from ..wire import standard_webhooks
from .common import IntegrationCase

PARTNER_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@tagged("post_install", "-at_install")
class TestCredential(IntegrationCase):
    def credential(self, secret=PARTNER_SECRET, **values):
        return self.env["integration.credential"].create(
            {"system_id": self.system().id, "purpose": "verify", "secret": secret, **values}
        )

    def in_table(self, credential):
        self.env.flush_all()
        self.env.cr.execute("SELECT * FROM integration_credential WHERE id = %s", [credential.id])
        return self.env.cr.dictfetchone()

    def test_a_secret_from_the_partner_is_sealed_and_opens_for_us(self):
        credential = self.credential()
        self.assertEqual(credential._keys(), [standard_webhooks.key_of(PARTNER_SECRET)])
        row = self.in_table(credential)
        self.assertNotIn("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", str(row))
        self.assertTrue(row["sealed_secret"].startswith("s1."))

    def test_a_sealed_secret_copied_to_another_row_does_not_open(self):
        credential, other = self.credential(), self.credential(system_id=self.system("Other").id)
        other.sudo().sealed_secret = credential.sudo().sealed_secret
        with self.assertRaisesRegex(Exception, "moved from another record"):
            other._keys()

    def test_nobody_reads_a_secret(self):
        credential = self.credential()
        for user in (self.manager(), self.env.ref("base.user_admin")):
            as_user = credential.with_user(user)
            self.assertFalse(as_user.secret)
            with self.assertRaises(AccessError):
                as_user.read(["sealed_secret"])
            with self.assertRaises(UserError):
                as_user.export_data(["sealed_secret"])
            with self.assertRaises(AccessError):
                as_user.search([("sealed_secret", "like", "s1")])
            self.assertNotIn("sealed_secret", as_user.read()[0])
            self.assertNotIn("sealed_secret", as_user.fields_get())

    def test_what_was_typed_does_not_come_back_with_the_form(self):
        made = self.env["integration.credential"].web_save(
            {"system_id": self.system().id, "purpose": "verify", "secret": PARTNER_SECRET},
            {"secret": {}, "secret_pem": {}, "fingerprint": {}},
        )
        self.assertNotIn(PARTNER_SECRET, str(made))
        self.assertTrue(made[0]["fingerprint"])
        key = self.env["integration.credential"].web_save(
            {
                "system_id": self.system().id,
                "purpose": "call",
                "kind": "oauth2_key",
                "client_id": "odoo",
                "hosts": "api.nordfracht.example",
                "token_url": "https://login.nordfracht.example/token",
            },
            {"secret_pem": {}, "public_key": {}},
        )
        self.assertNotIn("PRIVATE", str(key))
        self.assertIn("PUBLIC KEY", key[0]["public_key"])

    def test_a_partners_password_is_kept_as_a_digest_and_no_part_of_it_is_shown(self):
        credential = self.credential("edi:Sommer2026!", kind="login")
        self.assertEqual(credential._text(), f"sha256:{hashlib.sha256(b'edi:Sommer2026!').hexdigest()}")
        self.assertEqual(credential._keys(), [hashlib.sha256(b"edi:Sommer2026!").digest()])
        self.assertEqual(credential.fingerprint, "edi")

    def test_what_an_older_version_kept_whole_is_kept_as_a_digest_from_then_on(self):
        credential = self.credential("nf-live-7f3a99c1", kind="api_key")
        credential.sudo().sealed_secret = sealing.seal(
            "nf-live-7f3a99c1", credential._place(), master_keys.load()
        )
        before = credential._keys()
        credential._keep_digest()
        self.assertTrue(credential._text().startswith("sha256:"))
        self.assertEqual(credential._keys(), before)

    def test_a_copy_has_no_secret(self):
        with self.assertRaisesRegex(ValidationError, "has no secret"):
            self.credential().copy()

    def test_a_secret_that_is_none_is_explained(self):
        for secret, says in (
            ("hunter2", "starts with whsec_"),
            ("whsec_!", "not base64"),
            ("whsec_YWJj", "3 bytes"),
        ):
            with self.assertRaisesRegex(ValidationError, says):
                self.credential(secret)

    def test_the_form_generates_one_to_be_copied_before_it_is_saved(self):
        system = self.system()
        action = system.action_add_credential()
        form = Form(
            self.env["integration.credential"].with_user(self.manager()).with_context(**action["context"])
        )
        form.purpose = "verify"
        form.kind = "api_key"
        self.assertFalse(form.secret)
        form.is_generated = True
        secret = form.secret
        self.assertGreater(len(secret), 30)
        credential = form.save()
        self.assertEqual(credential._keys(), [credential_kinds.shown_digest(secret)])
        self.assertFalse(credential.secret)

    def test_a_new_one_is_not_titled_false(self):
        credentials = self.env["integration.credential"]
        for values in ({}, {"kind": "api_key"}, {"name": "Key of the 3PL"}):
            self.assertNotIn("False", str(credentials.new(values).display_name or "New"))
        named = credentials.new({"name": "Key of the 3PL", "system_id": self.system().id})
        self.assertEqual(named.display_name, "Laser cutter gateway: Key of the 3PL")

    def test_without_a_secret_there_is_no_credential(self):
        with self.assertRaisesRegex(ValidationError, "has no secret"):
            self.credential(secret=False)

    def test_a_new_secret_is_shown_once_and_the_old_one_retires(self):
        system = self.system()
        first = system.action_new_signing_secret()["params"]["secret"]
        second = system.action_new_signing_secret()["params"]["secret"]
        self.assertEqual(
            system._credentials("sign")._keys(),
            [standard_webhooks.key_of(second), standard_webhooks.key_of(first)],
        )
        self.assertEqual(system._credentials("sign").mapped("state"), ["active", "retiring"])

    def test_another_one_does_not_end_the_overlap_of_the_first(self):
        system = self.system()
        system.action_new_signing_secret()
        system.action_new_signing_secret()
        first = system._credentials("sign")[-1]
        retires_at = first.retires_at
        system.action_new_signing_secret()
        self.assertEqual((first.state, first.retires_at), ("retiring", retires_at))
        self.assertEqual(len(system._credentials("sign")), 3)

    def test_more_than_can_be_tried_are_not_made(self):
        system = self.system()
        for _ in range(4):
            system.action_new_signing_secret()
        with self.assertRaisesRegex(UserError, "4 secrets of this type are valid"):
            system.action_new_signing_secret()
        system._credentials("sign")[-1].action_revoke()
        system.action_new_signing_secret()
        self.assertEqual(len(system._credentials("sign")), 4)

    def test_signing_and_verification_secrets_are_apart(self):
        system = self.system()
        system.action_new_signing_secret()
        self.assertFalse(system._credentials("verify"))

    def test_what_is_revoked_stays_revoked(self):
        credential = self.credential()
        credential.action_revoke()
        with self.assertRaisesRegex(UserError, "is Revoked and cannot become Retiring"):
            credential.action_retire()
        self.assertFalse(credential.system_id._credentials("verify"))

    def test_an_operator_makes_no_secret(self):
        system = self.system()
        with self.assertRaises(AccessError):
            system.with_user(self.operator()).action_new_signing_secret()

    def test_hosts_and_token_endpoints_inside_are_refused_unless_the_system_allows_them(self):
        system = self.system()
        values = {"system_id": system.id, "purpose": "call", "name": "Client"}
        client = {**values, "kind": "oauth2_client", "client_id": "odoo", "secret": "nf-live-7f3a99c1"}
        for changed in (
            {"hosts": "10.20.0.5", "token_url": "https://login.carrier.example/token"},
            {
                "hosts": "api.carrier.example\n127。0。0。1",
                "token_url": "https://login.carrier.example/token",
            },
            {"hosts": "api.carrier.example", "token_url": "https://10.20.0.5/token"},
            {"hosts": "api.carrier.example", "token_url": "https://0x7f000001/token"},
        ):
            with (
                self.subTest(changed),
                self.assertRaisesRegex(ValidationError, "Allowed Private Networks"),
                self.env.cr.savepoint(),
            ):
                self.env["integration.credential"].create({**client, **changed})
        system.allowed_networks = "10.20.0.0/16"
        made = self.env["integration.credential"].create(
            {**client, "hosts": "10.20.0.5 größe.example", "token_url": "https://größe.example/token"}
        )
        self.assertEqual(made._hosts(), ["10.20.0.5", "xn--gre-6ka8i.example"])
        self.assertEqual(made._client(b"secret").url, "https://xn--gre-6ka8i.example/token")
