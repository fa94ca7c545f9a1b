"""A carrier that asks who calls, and what its tests share."""

from cryptography.hazmat.primitives import serialization

from ..engine import tokens
from .authorization_server import Partner
from .common import OutboxCase


def pem_of(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


class ProofCase(OutboxCase):
    def setUp(self):
        super().setUp()
        tokens.forget()
        self.carrier = self.system("Carrier Nordfracht", allowed_networks="127.0.0.0/8")
        self.carrier.action_new_signing_secret()

    def credential(self, **values):
        return self.env["integration.credential"].create(
            {
                "name": "Nordfracht",
                "system_id": self.carrier.id,
                "purpose": "call",
                "hosts": "127.0.0.1",
                **values,
            }
        )

    def partner(self, *methods, **options):
        partner = Partner(*methods, **options)
        self.addCleanup(partner.close)
        return partner

    def subscribe_to(self, url, authorization, **values):
        wanted = {
            "name": "Shipments",
            "system_id": self.carrier.id,
            "url": url,
            "authorization": authorization,
        }
        return self.subscribe(**{**wanted, **values})

    def sent(self, subscription, count=1):
        """So many events, and their deliveries after one run of the engine."""
        events = [self.event(f"WH/OUT/0001{number}") for number in range(count)]
        self.subscription.active = False  # the one of other tests
        self.env.flush_all()
        self.run_lane()
        self.env.invalidate_all()
        return self.env["integration.delivery"].search(
            [("event_id", "in", [e.id for e in events]), ("subscription_id", "=", subscription.id)]
        )

    def again(self, deliveries):
        """Try those again at once that are to be tried again later."""
        self.env.cr.execute(
            "UPDATE integration_delivery SET next_attempt_at = now() AT TIME ZONE 'UTC' WHERE id = ANY (%s)",
            [deliveries.ids],
        )
        self.env["integration.subscription.health"].search([]).open_until = False
        self.env.flush_all()
        self.run_lane()
        self.env.invalidate_all()

    def in_attempts(self):
        self.env.cr.execute("SELECT to_jsonb(a)::text FROM integration_attempt AS a")
        return str(self.env.cr.fetchall())
