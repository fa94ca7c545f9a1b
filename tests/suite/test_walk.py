"""Every model and every button of the suite, as every role, over RPC: with all modules installed."""

import inspect
import json

from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.integration_mrp.tests.common import PlantCase

NOBODY = ()
EVERY = ("user", "operator", "manager", "auditor")
OPERATORS = ("operator", "manager")
MANAGERS = ("manager",)
REVIEWERS = ("manager", "auditor")

# Who may read, write, create and delete. A model that is not here has not been thought about.
RECORDS = {
    "integration.access.token": (NOBODY, NOBODY, NOBODY, NOBODY),
    "integration.attempt": (EVERY, NOBODY, NOBODY, NOBODY),
    "integration.audit.entry": (REVIEWERS, NOBODY, NOBODY, NOBODY),
    "integration.audit.head": (NOBODY, NOBODY, NOBODY, NOBODY),
    "integration.code": (EVERY, OPERATORS, OPERATORS, MANAGERS),
    "integration.code.list": (EVERY, MANAGERS, MANAGERS, MANAGERS),
    "integration.conversation": (EVERY, NOBODY, NOBODY, NOBODY),
    "integration.credential": (EVERY, MANAGERS, MANAGERS, NOBODY),
    "integration.credential.plan": (MANAGERS, MANAGERS, MANAGERS, NOBODY),
    "integration.credential.rotation": (MANAGERS, MANAGERS, MANAGERS, NOBODY),
    "integration.data.retention": (EVERY, MANAGERS, NOBODY, NOBODY),
    "integration.delivery": (EVERY, NOBODY, NOBODY, NOBODY),
    "integration.delivery.hour": (EVERY, NOBODY, NOBODY, NOBODY),
    "integration.emergency.stop": (OPERATORS, OPERATORS, OPERATORS, NOBODY),
    "integration.endpoint": (EVERY, MANAGERS, MANAGERS, MANAGERS),
    "integration.endpoint.rate.limiter": (MANAGERS, NOBODY, NOBODY, NOBODY),
    "integration.endpoint.refusal": (EVERY, NOBODY, NOBODY, NOBODY),
    "integration.event": (EVERY, NOBODY, NOBODY, NOBODY),
    "integration.event.pending": (EVERY, NOBODY, NOBODY, NOBODY),
    "integration.event.type": (EVERY, MANAGERS, NOBODY, NOBODY),
    "integration.external.id": (EVERY, MANAGERS, MANAGERS, MANAGERS),
    "integration.subscription.health": (EVERY, NOBODY, NOBODY, NOBODY),
    "integration.identity": (EVERY, NOBODY, EVERY, NOBODY),
    "integration.incident": (EVERY, NOBODY, NOBODY, NOBODY),
    "integration.message": (EVERY, NOBODY, NOBODY, NOBODY),
    "integration.message.edit": (MANAGERS, MANAGERS, MANAGERS, MANAGERS),
    "integration.message.latest": (MANAGERS, NOBODY, NOBODY, NOBODY),
    "integration.message.match": (OPERATORS, OPERATORS, OPERATORS, OPERATORS),
    "integration.message.note": (EVERY, NOBODY, NOBODY, NOBODY),
    "integration.message.record": (EVERY, NOBODY, NOBODY, NOBODY),
    "integration.message.resume": (OPERATORS, OPERATORS, OPERATORS, OPERATORS),
    "integration.ownership": (EVERY, MANAGERS, MANAGERS, MANAGERS),
    "integration.data.subject.request": (MANAGERS, MANAGERS, MANAGERS, NOBODY),
    "integration.replay": (EVERY, OPERATORS, OPERATORS, NOBODY),
    "integration.replay.selection": (EVERY, NOBODY, NOBODY, NOBODY),
    "integration.subscription": (EVERY, MANAGERS, MANAGERS, MANAGERS),
    "integration.subscription.resume": (OPERATORS, OPERATORS, OPERATORS, OPERATORS),
    "integration.subscription.test": (MANAGERS, MANAGERS, MANAGERS, MANAGERS),
    "integration.system": (EVERY, MANAGERS, MANAGERS, MANAGERS),
    "integration.system.resume": (OPERATORS, OPERATORS, OPERATORS, NOBODY),
    "integration.worker": (EVERY, NOBODY, NOBODY, NOBODY),
}

# Who may call it. One that is not here has not been thought about. What only opens a list or a form needs
# no more than seeing the record.
BUTTONS = {
    "integration.audit.entry.action_export": REVIEWERS,
    "integration.audit.entry.action_open_record": REVIEWERS,
    "integration.audit.entry.action_verify": REVIEWERS,
    "integration.code.list.action_open_codes": EVERY,
    "integration.conversation.action_open": EVERY,
    "integration.conversation.action_open_trace": EVERY,
    "integration.credential.action_retire": MANAGERS,
    "integration.credential.action_revoke": MANAGERS,
    "integration.credential.plan.action_make": MANAGERS,
    "integration.credential.rotation.action_generate": MANAGERS,
    "integration.delivery.action_cancel": OPERATORS,
    "integration.delivery.action_open_event": EVERY,
    "integration.delivery.action_replay": OPERATORS,
    "integration.delivery.action_retry": OPERATORS,
    "integration.emergency.stop.action_resume": OPERATORS,
    "integration.emergency.stop.action_suspend": OPERATORS,
    "integration.endpoint.action_create_service_user": NOBODY,
    "integration.endpoint.action_new_secret": MANAGERS,
    "integration.endpoint.action_open_messages": EVERY,
    "integration.endpoint.action_rotate": MANAGERS,
    "integration.event.action_build": OPERATORS,
    "integration.event.action_replay": OPERATORS,
    "integration.event.action_open_deliveries": EVERY,
    "integration.event.action_open_record": EVERY,
    "integration.external.id.action_open_record": EVERY,
    "integration.identity.action_copied": MANAGERS,
    "integration.identity.action_moved": MANAGERS,
    "integration.identity.action_open": EVERY,
    "integration.incident.action_acknowledge": OPERATORS,
    "integration.incident.action_open_record": EVERY,
    "integration.incident.action_resolve": OPERATORS,
    "integration.message.action_edit_copy": MANAGERS,
    "integration.message.action_match": OPERATORS,
    "integration.message.action_retry": OPERATORS,
    "integration.message.edit.action_apply": MANAGERS,
    "integration.message.match.action_match": OPERATORS,
    "integration.message.record.action_open_record": EVERY,
    "integration.message.resume.action_resume": OPERATORS,
    "integration.data.subject.request.action_erase": MANAGERS,
    "integration.data.subject.request.action_find": MANAGERS,
    "integration.replay.action_cancel": OPERATORS,
    "integration.replay.action_open_deliveries": EVERY,
    "integration.replay.action_start": OPERATORS,
    "integration.subscription.action_approve": MANAGERS,
    "integration.subscription.action_open_deliveries": EVERY,
    "integration.subscription.action_open_types": EVERY,
    "integration.subscription.action_pause": OPERATORS,
    "integration.subscription.action_replay": OPERATORS,
    "integration.subscription.action_resume": OPERATORS,
    "integration.subscription.action_test": MANAGERS,
    "integration.subscription.resume.action_resume": OPERATORS,
    "integration.subscription.test.action_send": MANAGERS,
    "integration.system.action_add_credential": MANAGERS,
    "integration.system.action_create_service_user": NOBODY,
    "integration.system.action_new_signing_secret": MANAGERS,
    "integration.system.action_new_verification_secret": MANAGERS,
    "integration.system.action_open_credentials": EVERY,
    "integration.system.action_open_deliveries": EVERY,
    "integration.system.action_open_external_ids": EVERY,
    "integration.system.action_open_messages": EVERY,
    "integration.system.action_plan_secret": MANAGERS,
    "integration.system.action_release": MANAGERS,
    "integration.system.action_resume": OPERATORS,
    "integration.system.action_revoke_all": MANAGERS,
    "integration.system.action_suspend": OPERATORS,
    "integration.system.resume.action_resume": OPERATORS,
    "integration.system.action_rotate": MANAGERS,
}
ORM = {"create", "write", "unlink", "init", "copy", "export_data", "exists"}
# The lists are for every company; what is in them is its own.
SHARED = {"integration.code.list"}
# What somebody who may do it can still be told.
EXPECTED = {None, "odoo.exceptions.UserError", "odoo.exceptions.ValidationError"}
DENIED = "odoo.exceptions.AccessError"


class WalkCase(PlantCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = {name: f"integration_core.group_{name}" for name in EVERY} | {"stranger": "base.group_user"}
        cls.people = {
            role: new_test_user(cls.env, f"walk.{role}", groups=group, company_id=cls.company.id)
            for role, group in groups.items()
        }
        for role in ("manager", "auditor"):  # the trail's export speaks of every company
            cls.people[role].company_ids = cls.env["res.company"].search([])
        cls.mes = cls.system("MES Halle 3", criticality="normal")
        cls.mes.action_create_service_user()
        cls.people["service"] = cls.mes.user_id
        cls.records = cls.one_of_each()
        cls.env.flush_all()

    @classmethod
    def one_of_each(cls):
        """``{model: record}``, all of them of the plant's company."""
        env = cls.env
        env["integration.credential"]._generate(cls.mes, "sign")
        subscription = env["integration.subscription"].create(
            {
                "name": "Orders",
                "system_id": cls.mes.id,
                "url": "https://mes.example.com/in",
                "event_patterns": "*",
                "state": "active",
            }
        )
        endpoint = env["integration.endpoint"].create({"name": "Reports", "system_id": cls.mes.id})
        order = cls.order()
        env.cr.flush()
        event = env["integration.event"].search([("res_id", "=", order.id)], limit=1)
        delivery = env["integration.delivery"].create(
            {"event_id": event.id, "subscription_id": subscription.id, "state": "dead"}
        )
        message = env["integration.message"].create(
            {
                "endpoint_id": endpoint.id, "message_id": "msg_1", "type": "execution.order.completed",
                "version": 1, "state": "dead", "body": "{}", "received_at": "2026-11-21 05:30:00",
                "missing_model": "res.partner", "missing_key": "A-7",
            }
        )  # fmt: skip
        link = {"res_model": "mrp.production", "res_id": order.id}
        code_list = env["integration.code.list"].create({"name": "Stages", "code": "walk_stage"})
        code = env["integration.code"].create(
            {
                "list_id": code_list.id,
                "system_id": cls.mes.id,
                "external_value": "POD",
                "value": "delivered",
            }
        )
        env.flush_all()
        conversation = env["integration.conversation"].search([("event_id", "=", event.id)], limit=1)
        return {
            record._name: record
            for record in (
                cls.mes, code_list, code, conversation, cls.mes.credential_ids, subscription, endpoint, event, delivery, message,
                env["integration.attempt"].create({"delivery_id": delivery.id, "started_at": "2026-11-21"}),
                subscription.health_ids,
                env["integration.message.record"].create({"message_id": message.id, **link}),
                env["integration.message.note"].create(
                    {"message_id": message.id, "state": "dead", "times": 1, "at": "2026-11-21", "last_at": "2026-11-21"}
                ),
                env["integration.message.latest"].create(
                    {
                        "endpoint_id": endpoint.id, "type": "test.partner.located", "key_digest": "ab",
                        "occurred_at": "2026-11-21",
                    }
                ),  # fmt: skip
                env["integration.endpoint.refusal"].create(
                    {
                        "endpoint_id": endpoint.id, "refused_at": "2026-11-21", "http_status": 401,
                        "name": "not-verified", "reason": "The signature does not match.",
                    }
                ),  # fmt: skip
                env["integration.ownership"].create(
                    {
                        "model_id": env["ir.model"]._get_id("res.partner"),
                        "field_id": env["ir.model.fields"]._get("res.partner", "comment").id,
                        "company_id": cls.company.id,
                        "system_id": cls.mes.id,
                    }
                ),
                env["integration.replay"].create({"company_id": cls.company.id, "system_id": cls.mes.id}),
                env["integration.incident"]._open("walk", "Silent", "", "", system=cls.mes, record=order),
                env["integration.external.id"].create(
                    {**link, "system_id": cls.mes.id, "external_key": "A-1"}
                ),
                env["integration.audit.entry"].search([("company_id", "=", cls.company.id)], limit=1),
            )
        }  # fmt: skip

    @classmethod
    def models(cls, is_transient=None):
        names = [n for n in cls.env.registry if n.startswith("integration.") and not cls.env[n]._abstract]
        return sorted(n for n in names if is_transient is None or cls.env[n]._transient == is_transient)


@tagged("post_install", "-at_install")
class TestRecords(WalkCase):
    def test_every_model_is_in_the_table(self):
        self.assertEqual(self.models(), sorted(RECORDS))

    def test_every_role_may_do_what_the_table_says_and_no_more(self):
        operations = ("read", "write", "create", "unlink")
        for model, allowed in RECORDS.items():
            for role, person in self.people.items():
                may = {op for op in operations if self.env[model].with_user(person).has_access(op)}
                wanted = {op for op, roles in zip(operations, allowed, strict=True) if role in roles}
                with self.subTest(model=model, role=role):
                    self.assertEqual(may, wanted)

    def test_another_plant_sees_nothing_of_this_one(self):
        other = self.env["res.company"].create({"name": "Plant Gdańsk"})
        for model, record in self.records.items():
            if model in SHARED:
                continue
            for role in EVERY:
                person = self.people[role].with_context(tracking_disable=True)
                person.write({"company_ids": [(6, 0, other.ids)], "company_id": other.id})
                theirs = self.env[model].with_user(person).with_context(allowed_company_ids=other.ids)
                if not theirs.has_access("read"):
                    continue
                with self.subTest(model=model, role=role):
                    self.assertTrue(record)
                    self.assertFalse(theirs.search([("id", "in", record.ids)]))

    def test_a_state_is_not_written(self):
        credential = self.records["integration.credential"]
        credential.action_revoke()
        with self.assertRaisesRegex(Exception, "Use the buttons"):
            credential.with_user(self.people["manager"]).write({"state": "active"})


@tagged("post_install", "-at_install")
class TestButtons(WalkCase, HttpCase):
    def public_methods(self):
        for model in self.models():
            names = set()
            for part in type(self.env[model]).__mro__:
                if part.__module__.startswith("odoo.addons.integration_"):
                    names |= {
                        n for n, f in vars(part).items() if inspect.isfunction(f) and not n.startswith("_")
                    }
            yield from (f"{model}.{name}" for name in names - ORM)

    def test_every_public_method_is_in_the_table(self):
        self.assertEqual(sorted(self.public_methods()), sorted(BUTTONS))

    def call(self, model, method, *args):
        """:return: what came back, and the name of the error."""
        params = {"model": model, "method": method, "args": args, "kwargs": {}}
        answer = self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            data=json.dumps({"jsonrpc": "2.0", "params": params}),
            headers={"Content-Type": "application/json"},
        ).json()
        return answer.get("result"), answer.get("error", {}).get("data", {}).get("name")

    def press(self, button):
        """As somebody who is logged in: the error, if any."""
        model, _, method = button.rpartition(".")
        if not self.env[model]._transient:
            return self.call(model, method, self.records[model].ids)[1]
        values = {
            "system_id": self.mes.id,
            "subscription_id": self.records["integration.subscription"].id,
            "message_id": self.records["integration.message"].id,
            "endpoint_id": self.records["integration.endpoint"].id,
            "why": "Typo in the lot number",
            "term": "m.okafor@nordwind.example",
            "since": "2026-11-21 05:00:00",
        }
        known = self.env[model]._fields
        made, error = self.call(model, "create", [{n: v for n, v in values.items() if n in known}])
        return error or self.call(model, method, made)[1]

    def test_every_button_refuses_who_may_not_press_it(self):
        wrong = {}
        for role in ("stranger", "user", "auditor", "operator"):
            self.authenticate(f"walk.{role}", f"walk.{role}")
            for button, allowed in BUTTONS.items():
                with mute_logger("odoo.http", "odoo.addons.base.models.ir_model"):
                    error = DENIED if role in allowed else self.press(button)
                if error != DENIED:
                    wrong[button, role] = error
        self.assertEqual(wrong, {})

    def test_every_button_works_for_who_may_press_it(self):
        wrong = {}
        for role in EVERY:
            self.authenticate(f"walk.{role}", f"walk.{role}")
            for button, allowed in BUTTONS.items():
                with mute_logger("odoo.http"):
                    error = self.press(button) if role in allowed else None
                if error not in EXPECTED:
                    wrong[button, role] = error
        self.assertEqual(wrong, {})
