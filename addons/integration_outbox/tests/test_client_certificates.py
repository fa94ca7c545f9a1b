"""Mutual TLS: the partner's server asks who calls."""

import os
import ssl
import tempfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .authorization_server import CLIENT_ID, SCOPE, SECRET
from .proof import ProofCase, pem_of
from .test_partners import certificate


@tagged("post_install", "-at_install")
class TestClientCertificates(ProofCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.server_cert, self.server_key = certificate(folder.name)
        self.startPatcher(patch.dict(os.environ, SSL_CERT_FILE=self.server_cert))
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.ends_at = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=90)
        self.ours = self.issued(self.key, self.ends_at)

    def issued(self, key, ends_at):
        """A client certificate, signed by the plant's authority: the server's own certificate."""
        authority = x509.load_pem_x509_certificate(Path(self.server_cert).read_bytes())
        signs_with = serialization.load_pem_private_key(Path(self.server_key).read_bytes(), None)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "odoo.plant-3.example")])
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(authority.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.now(timezone.utc) - timedelta(days=1))
            .not_valid_after(ends_at)
            .sign(signs_with, hashes.SHA256())
        )

    def pem(self, key=None):
        return self.ours.public_bytes(serialization.Encoding.PEM).decode() + pem_of(key or self.key)

    def tls(self):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self.server_cert)
        context.load_cert_chain(self.server_cert, self.server_key)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def test_it_is_shown_where_events_go_and_where_tokens_are_fetched(self):
        partner = self.partner("client_secret_basic", ssl_context=self.tls())
        certificate_ = self.credential(kind="client_certificate", secret_pem=self.pem())
        self.credential(
            kind="oauth2_client",
            client_id=CLIENT_ID,
            secret=SECRET,
            token_url=f"{partner.url}/oauth/token",
            token_scope=SCOPE,
        )
        subscription = self.subscribe_to(f"{partner.url}/shipments", "oauth2")
        delivery = self.sent(subscription)
        self.assertEqual((delivery.state, delivery.reason), ("delivered", False))
        ours = self.ours.public_bytes(serialization.Encoding.DER)
        self.assertEqual(partner.peers, [ours, ours])
        self.assertTrue(certificate_.last_used_at)

    def test_without_it_nobody_gets_in(self):
        partner = self.partner("client_secret_basic", ssl_context=self.tls())
        delivery = self.sent(self.subscribe_to(f"{partner.url}/shipments", "signature"))
        self.assertEqual(delivery.state, "retrying")
        self.assertFalse(partner.events)

    def test_another_system_does_not_show_it(self):
        """Its connection to the same server is another one."""
        partner = self.partner("client_secret_basic", ssl_context=self.tls())
        self.credential(kind="client_certificate", secret_pem=self.pem())
        shows = self.subscribe_to(f"{partner.url}/shipments", "signature")
        stranger = self.system("Stranger", allowed_networks="127.0.0.0/8")
        stranger.action_new_signing_secret()
        does_not = self.subscribe(name="Strange", system_id=stranger.id, url=f"{partner.url}/shipments")
        delivery = self.sent(shows)
        self.assertEqual(delivery.status_code, 401, "let in by TLS, without a token")
        self.assertEqual(self.delivery(delivery.event_id, does_not).status_code, 0)

    def test_it_ends_when_the_certificate_does_and_its_owner_is_reminded(self):
        credential = self.credential(kind="client_certificate", secret_pem=self.pem())
        self.assertEqual(credential.expires_at, self.ends_at.replace(tzinfo=None))

    def test_what_does_not_fit_is_explained(self):
        for text, says in (
            ("hunter2hunter2", "no certificate in it"),
            (self.pem().partition("-----BEGIN PRIVATE")[0], "no private key in it"),
            (self.pem(ec.generate_private_key(ec.SECP256R1())), "is not the first certificate's"),
        ):
            with self.assertRaisesRegex(ValidationError, says):
                self.credential(kind="client_certificate", secret_pem=text)
        locked = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"x"),
        )
        with self.assertRaisesRegex(ValidationError, "begins BEGIN PRIVATE KEY|has a password"):
            self.credential(
                kind="client_certificate",
                secret_pem=self.pem().partition("-----BEGIN PRIVATE")[0] + locked.decode(),
            )
        for key, says in (
            (pem_of(rsa.generate_private_key(65537, 1024)), "2048 bits or more"),
            (pem_of(ec.generate_private_key(ec.SECP521R1())), "P-256"),
            (pem_of(ed25519.Ed25519PrivateKey.generate()), "P-256"),
        ):
            with self.assertRaisesRegex(ValidationError, says):
                self.credential(
                    kind="oauth2_key", client_id="odoo", token_url="https://login.example", secret_pem=key
                )
