import json
from datetime import timedelta

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.integration_core.canonical import Canonical
from odoo.addons.integration_core.declare import (
    EventDeclaration,
    becomes,
    changed,
    created,
    deleted,
)
from odoo.addons.integration_core.testing import Declaring

from .common import OutboxCase


class Partner(Canonical):
    reference: str
    name: str


class PartnerV2(Canonical):
    reference: str
    full_name: str


def partner(record):
    """Something about a partner."""
    return Partner(reference=record.ref or "?", name=record.name)


def partner_v2(record):
    """Something about a partner, said better."""
    return PartnerV2(reference=record.ref or "?", full_name=record.name)


def declaration(what, *triggers, version=1, **values):
    return EventDeclaration(
        **{
            "name": f"test.partner.{what}",
            "version": version,
            "data": Partner if version == 1 else PartnerV2,
            "build": partner if version == 1 else partner_v2,
            "model": "res.partner",
            "triggers": triggers,
            "module": "integration_outbox",
            "key": "reference",
            **values,
        }
    )


class DeclarationCase(Declaring, OutboxCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.env["res.partner"].create(
            {
                "name": "Nordwind GmbH",
                "ref": "K-100",
                "partner_latitude": 53.55,
                "email": "a@nordwind.example",
            }
        )

    def setUp(self):
        super().setUp()
        self.commit_events()

    def names(self):
        return [event.type.removeprefix("test.partner.") for event in self.emitted("test.*")]


@tagged("post_install", "-at_install")
class TestTriggers(DeclarationCase):
    """Before and after a transaction are compared; what is between does not count."""

    def new(self, **values):
        return self.env["res.partner"].create({"name": "Hansa KG", "ref": "K-200", **values})

    def test_a_new_record_is_created_and_not_changed(self):
        self.declare(declaration("created", created()), declaration("changed", changed("name")))
        partner = self.new()
        self.env.flush_all()
        partner.name = "Hansa AG"
        self.assertEqual(self.names(), ["created"])
        self.assertEqual(json.loads(self.emitted("test.*").data)["name"], "Hansa AG")
        partner.name = "Hansa SE"
        self.assertEqual(self.names(), ["created", "changed"])

    def test_what_is_created_and_deleted_again_never_was(self):
        self.declare(declaration("created", created()), declaration("deleted", deleted()))
        self.new().unlink()
        with self.env.cr.savepoint():
            later = self.new()
        later.unlink()
        self.assertEqual(self.names(), [])

    def test_a_deletion_tells_what_went(self):
        self.declare(declaration("deleted", deleted()), declaration("changed", changed("name")))
        self.partner.name = "Nordwind AG"
        self.partner.unlink()
        events = self.emitted("test.*")
        self.assertEqual(self.names(), ["deleted"])
        self.assertEqual((events.subject, json.loads(events.data)["name"]), ("K-100", "Nordwind AG"))

    def test_a_deletion_that_was_undone_is_none(self):
        self.declare(declaration("deleted", deleted()))
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.partner.unlink()
            raise ZeroDivisionError
        self.assertEqual(self.names(), [])

    def test_a_line_tells_of_its_whole(self):
        self.declare(declaration("contacts_changed", created(via="parent_id"), deleted(via="parent_id")))
        contact = self.new(parent_id=self.partner.id)
        self.assertEqual(self.emitted("test.*").mapped("res_id"), self.partner.ids)
        contact.unlink()
        self.assertEqual(self.emitted("test.*").mapped("res_id"), self.partner.ids * 2)

    def test_there_and_back_again_is_no_change(self):
        self.declare(declaration("changed", changed("name")))
        for name in ("Nordwind AG", "Nordwind GmbH"):
            self.partner.name = name
            self.env.flush_all()
        self.assertEqual(self.names(), [])

    def test_there_and_back_again_over_savepoints_is_no_change(self):
        self.declare(declaration("changed", changed("name")))
        with self.env.cr.savepoint():
            self.partner.name = "Nordwind AG"
        self.env.cr.flush()
        self.assertEqual(
            self.env["integration.event"].search_count([("type", "=", "test.partner.changed")]), 1
        )
        self.partner.name = "Nordwind GmbH"
        self.assertEqual(self.names(), [])

    def test_the_same_value_in_another_form_is_no_change(self):
        self.declare(declaration("moved", changed("partner_latitude", "parent_id", "active", "email")))
        self.partner.write({"partner_latitude": 53.550000001, "parent_id": False, "active": 1})
        self.env.flush_all()
        self.env.invalidate_all()
        self.partner.write({"partner_latitude": 53.55, "email": "a@nordwind.example"})
        self.assertEqual(self.names(), [])
        self.partner.partner_latitude = 54.32
        self.assertEqual(self.names(), ["moved"])

    def test_a_translated_text_changes_in_each_language(self):
        self.declare(
            declaration(
                "renamed",
                changed("name"),
                model="res.country",
                data=Partner,
                build=lambda country: Partner(reference=country.code, name=country.name),
            )
        )
        self.env["res.lang"]._activate_lang("de_DE")
        country = self.env.ref("base.de").with_context(lang="de_DE")
        country.name = "Deutschland"
        self.commit_events()
        before = len(self.names())
        self.env.invalidate_all()
        country.update_field_translations("name", {"de_DE": "Deutschland"})
        self.assertEqual(len(self.names()), before)
        country.name = "Bundesrepublik Deutschland"
        self.assertEqual(len(self.names()), before + 1)

    def test_one_record_is_told_of_in_the_order_of_its_life(self):
        self.declare(
            declaration("created", created()),
            declaration("named", becomes(name="Hansa KG")),
            declaration("mailed", becomes(email="a@hansa.example")),
        )
        self.new(email="a@hansa.example")
        self.assertEqual(self.names(), ["created", "named", "mailed"])

    def test_records_are_told_of_in_the_order_of_their_creation(self):
        self.declare(declaration("changed", changed("name")))
        second = self.new()
        self.commit_events()
        second.name, self.partner.name = "Hansa SE", "Nordwind SE"
        self.assertEqual(self.emitted("test.*").mapped("res_id"), [self.partner.id, second.id])


@tagged("post_install", "-at_install")
class TestCompanies(DeclarationCase):
    """What a company has is told to its subscribers; what all share, to everybody's."""

    def test_a_shared_record_is_told_to_every_company(self):
        self.declare(declaration("changed", changed("name")))
        plant = self.env["res.company"].create({"name": "Plant Gdańsk"})
        there = self.subscription_of(
            self.env["integration.system"].create({"name": "ERP Gdańsk", "company_id": plant.id})
        )
        self.partner.name = "Nordwind AG"
        shared = self.emitted("test.*")
        self.assertFalse(shared.company_id)
        self.assertIn(shared, self.told(self.subscription))
        self.assertIn(shared, self.told(there))
        self.partner.company_id = plant
        self.commit_events()
        self.partner.name = "Nordwind SE"
        own = self.emitted("test.*") - shared
        self.assertEqual(own.company_id, plant)
        self.assertNotIn(own, self.told(self.subscription))
        self.assertIn(own, self.told(there))

    def test_a_shared_event_is_seen_and_sent_in_every_company(self):
        self.declare(declaration("changed", changed("name")))
        self.partner.name = "Nordwind AG"
        shared = self.emitted("test.*")
        self.assertEqual(shared.with_user(self.operator()).subject, "K-100")
        self.run_lane()
        _headers, body = self.receiver.requests[-1]
        self.assertNotRegex(json.loads(body)["source"], r"/\d+$", "it comes from no company alone")


@tagged("post_install", "-at_install")
class TestVersions(DeclarationCase):
    """Several versions of an event are live, and each subscription gets one."""

    def setUp(self):
        super().setUp()
        self.v1 = self.catalog(1)
        self.declare(
            declaration("changed", changed("name")), declaration("changed", changed("name"), version=2)
        )

    def catalog(self, version):
        return self.env["integration.event.type"].create(
            {"name": "test.partner.changed", "version": version, "direction": "outbound", "module": "test"}
        )

    def versions(self, subscription):
        events = self.told(subscription).filtered(lambda e: e.type == "test.partner.changed")
        return events.mapped("version")

    def test_each_subscription_gets_one_version(self):
        pinned = self.subscription_of(self.system("Old ERP"), pinned_type_ids=self.v1.ids)
        self.partner.name = "Nordwind AG"
        self.assertEqual(sorted(self.emitted("test.*").mapped("version")), [1, 2])
        self.assertEqual(self.versions(self.subscription), [2], "the newest")
        self.assertEqual(self.versions(pinned), [1])

    def test_a_version_that_nobody_wants_is_not_made(self):
        self.partner.name = "Nordwind AG"
        self.assertEqual(self.emitted("test.*").mapped("version"), [2])

    def test_what_was_the_newest_then_is_replayed_to_those_who_want_the_newest(self):
        old = self.event(name="test.partner.changed", version=1)
        self.assertIn(old, self.told(self.subscription))
        self.assertFalse(old.is_older_version)
        self.assertGreater(fields.Datetime.now() + timedelta(days=1), old.occurred_at)

    def test_a_pinned_version_that_goes_stops_its_subscription(self):
        pinned = self.subscription_of(self.system("Old ERP"), pinned_type_ids=self.v1.ids)
        self.v1.unlink()
        self.assertEqual(pinned.state, "paused", "it is not sent another version unasked")
        self.assertIn("test.partner.changed v1", pinned.pause_reason)
        self.assertEqual(self.subscription.state, "active")

    def test_one_version_of_an_event_is_pinned(self):
        with self.assertRaisesRegex(ValidationError, "one version of test.partner.changed"):
            self.subscription.pinned_type_ids = self.v1 + self.catalog(2)

    def test_one_version_costs_no_question(self):
        self._restore()
        self.declare(declaration("changed", changed("name")))
        asked = []
        execute = type(self.env.cr).execute

        def spy(cr, query, *args, **kwargs):
            asked.append(str(getattr(query, "code", query)))
            return execute(cr, query, *args, **kwargs)

        self.patch(type(self.env.cr), "execute", spy)
        self.partner.name = "Nordwind AG"
        self.assertEqual(self.emitted("test.*").mapped("version"), [1])
        self.assertTrue(asked)
        self.assertFalse([query for query in asked if "pinned" in query])
