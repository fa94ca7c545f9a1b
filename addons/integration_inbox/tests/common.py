import json
import time
from pathlib import Path

from pydantic import Field

from odoo import SUPERUSER_ID

from odoo.addons.integration_core import declare
from odoo.addons.integration_core.canonical import Inbound
from odoo.addons.integration_core.errors import NotYetKnown, RejectMessage
from odoo.addons.integration_core.testing import IntegrationCase
from odoo.addons.integration_core.trust.throttle import GUESSES
from odoo.addons.integration_core.wire import standard_webhooks

from ..accept import accept
from ..answer import PATH
from ..testing import Reporting
from ..verification import Request
from ..verification.schemes import SCHEMES

RENAMED = "test.partner.renamed"
POSITION = "test.partner.located"
PERSONAL = "test.partner.introduced"
MOVED = "test.partner.moved"
PAYLOADS = Path(__file__).parent / "payloads"


class Renamed(Inbound):
    partner: str
    name: str = Field(max_length=40)


class InboxCase(Reporting, IntegrationCase):
    """An endpoint of a system, whose messages rename partners.

    Its handler shows every way that a handler may end: by the name that a message asks for.
    """

    def setUp(self):
        super().setUp()
        GUESSES.forget()
        self.without_jitter()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.declare_handlers()
        cls.crm = cls.system("CRM Nord")
        cls.crm.action_create_service_user()
        cls.crm.user_id.group_ids += cls.env.ref("base.group_partner_manager")
        cls.secret = cls.crm.action_new_verification_secret()["params"]["secret"]
        cls.endpoint = cls.env["integration.endpoint"].create(
            {"name": "Customers", "system_id": cls.crm.id, "event_patterns": "test.*"}
        )
        cls.partner = cls.env["res.partner"].create({"name": "Nordwind GmbH", "ref": "K-100"})
        cls.env["integration.external.id"]._learn(cls.crm, cls.partner, "K-100")

    @classmethod
    def declare_handlers(cls):
        def rename(message, renamed):
            """Give a partner its new name."""
            partner = message.find("res.partner", renamed.partner)
            partner.name = renamed.name
            partner.comment = f"{partner.comment or ''}+"
            match renamed.name:
                case "Not yet":
                    raise NotYetKnown("Its owner is not known yet.")
                case "Never":
                    raise RejectMessage("That name is taken.")
                case "Slow":
                    deadline = time.monotonic() + 30
                    while time.monotonic() < deadline:
                        pass
                case "Slow query":
                    message.env.cr.execute("SELECT pg_sleep(30)")
                case "Bug":
                    raise ZeroDivisionError("division by zero")
                case "Nameless":
                    partner.name = False  # the table refuses it once it is written there
                case "Forbidden":
                    message.env["ir.config_parameter"].create({"key": "x", "value": "y"})
            return partner

        def move(message, moved):
            """Note at which gate a partner's site is."""
            partner = message.find("res.partner", moved.partner)
            partner.street = moved.name
            return partner

        for name, apply, options in (
            (RENAMED, rename, {}),
            (POSITION, rename, {"latest_wins": True}),
            (PERSONAL, rename, {"data_class": "personal"}),
            (MOVED, move, {}),
        ):
            declaration = declare.HandlerDeclaration(name, 1, Renamed, apply, "integration_inbox", **options)
            declare.HANDLERS[name, 1]["test"] = declaration
            cls.addClassCleanup(declare.HANDLERS.pop, (name, 1))

    def body(self, name="Nordwind AG", kind=RENAMED, event_id="e-1", **attributes):
        event = {
            "specversion": "1.0",
            "id": event_id,
            "source": "/crm/nord",
            "type": kind,
            "subject": "K-100",
            "data": {"partner": "K-100", "name": name},
            **attributes,
        }
        return json.dumps({k: v for k, v in event.items() if v is not None}).encode()

    def headers(self, body, message_id="msg_1", secret=None, timestamp=None, **changes):
        key = standard_webhooks.key_of(secret or self.secret)
        headers = {
            "content-type": "application/cloudevents+json",
            **standard_webhooks.sign([key], message_id, timestamp or int(time.time()), body),
            **{name.replace("_", "-"): value for name, value in changes.items()},
        }
        return {name: value for name, value in headers.items() if value is not None}

    def post_as(self, scheme, body, headers, secret=None, kind=None, **settings):
        """Let the endpoint verify by another scheme, and accept one request. :return: answer, message."""
        if secret:
            kind = kind or SCHEMES[scheme].kinds[0]
            self.env["integration.credential"].create(
                {"system_id": self.crm.id, "purpose": "verify", "kind": kind, "secret": secret}
            )
        self.endpoint.write({"scheme": scheme, **settings})
        self.env.flush_all()
        answer = self.accept(body, headers)
        self.env.invalidate_all()
        return answer, self.env["integration.message"].search(
            [("endpoint_id", "=", self.endpoint.id)], limit=1
        )

    @property
    def path(self):
        return PATH + self.endpoint.token

    def accept(self, body, headers, address="10.1.2.3", peer="10.0.0.1", endpoint=None):
        """Accept a request without HTTP."""
        request = Request({name.lower(): value for name, value in headers.items()}, body, address, peer)
        return accept(self.env(user=SUPERUSER_ID), self.env.cr, (endpoint or self.endpoint).token, request)

    def run_lane(self):
        self.run_inbox()

    def message(self, message_id="msg_1"):
        return self.env["integration.message"].search(
            [("endpoint_id", "=", self.endpoint.id), ("message_id", "=", message_id)]
        )
