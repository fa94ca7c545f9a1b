import json
from dataclasses import replace

from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.integration_core import declare

from ..canonical import OPERATION_STATUS, ORDER_STATUS, ManufacturingOrder, WorkOrder
from .common import PlantCase


@tagged("post_install", "-at_install")
class TestEvents(PlantCase):
    """An event exists exactly if its business change does, however that came about."""

    def events(self, order, kind="manufacturing.order"):
        """The events of an order so far, in order, as if the transaction committed now."""
        return self.emitted(f"{kind}.*", order.name)

    def inserted(self, order):
        """The events of an order that are rows, while the transaction goes on."""
        self.env.cr.flush()
        return self.env["integration.event"].search([("partition_key", "=", order.name)], order="id")

    def names(self, order, kind="manufacturing.order"):
        return [event.type.removeprefix(f"{kind}.") for event in self.events(order, kind)]

    def test_a_confirmed_order_leaves_with_all_that_the_shop_floor_needs(self):
        order = self.order()
        (event,) = self.events(order)
        self.assertEqual(
            (event.type, event.version, event.subject, event.partition_key, event.state),
            ("manufacturing.order.released", 1, order.name, order.name, "pending"),
        )
        self.assertEqual(
            (event.res_model, event.res_id, event.company_id), ("mrp.production", order.id, self.company)
        )
        data = json.loads(event.data)
        ManufacturingOrder.model_validate(data)
        self.assertEqual(data["quantity"], {"value": 10, "unit": "C62"})
        self.assertEqual(data["product"], {"code": "GBX-90", "name": "Gearbox GX-90"})
        self.assertTrue(data["is_tracked"])
        self.assertEqual(data["bom"], "GX-90 rev A")
        self.assertEqual(
            [(c["product"]["code"], c["quantity"]) for c in data["components"]],
            [("BRG-6210", {"value": 20, "unit": "C62"})],
        )
        self.assertEqual(
            [(o["position"], o["name"], o["work_center"], o["expected_minutes"]) for o in data["operations"]],
            [(1, "Assemble", "CELL-7", 60), (2, "Test", "BENCH-4", 30)],
        )
        self.assertEqual(
            [o["reference"] for o in data["operations"]],
            order.workorder_ids.sorted("sequence").mapped("barcode"),
        )

    def test_a_draft_is_nobodys_business(self):
        self.assertFalse(self.names(self.order(confirm=False)))

    def test_each_transition_once_whatever_made_it(self):
        order = self.order()
        self.assertEqual(self.names(order), ["released"])
        order.write({"date_start": "2026-12-01 06:00:00"})
        order.invalidate_recordset()
        order.action_assign()
        self.assertEqual(self.names(order), ["released"])
        order.workorder_ids[0].button_start()  # the order's state is computed from its work orders
        self.assertEqual(self.names(order), ["released", "started"])
        order.action_cancel()
        self.assertEqual(self.names(order), ["released", "started", "cancelled"])

    def test_a_plain_write_over_rpc_counts_as_well(self):
        order = self.order(confirm=False)
        order.write({"state": "confirmed"})
        self.assertEqual(self.names(order), ["released"])

    def test_a_form_that_is_saved_counts_as_well(self):
        order = self.order()
        self.commit_events()
        with Form(order) as form:
            form.qty_producing = 4
        self.assertEqual(self.names(order), ["released", "started"])

    def test_what_is_rolled_back_never_happened(self):
        order = self.order(confirm=False)
        with self.assertRaisesRegex(ValueError, "undo"), self.env.cr.savepoint():
            order.action_confirm()
            self.env.flush_all()
            raise ValueError("undo")
        self.assertFalse(self.names(order))
        order.action_confirm()
        self.assertEqual(self.names(order), ["released"])

    def test_an_event_inside_a_savepoint_that_holds_counts_once(self):
        order = self.order(confirm=False)
        with self.env.cr.savepoint():
            order.action_confirm()
        self.assertEqual(self.names(order), ["released"])

    def test_the_payload_tells_of_the_record_as_committed(self):
        order = self.order(confirm=False)
        with self.env.cr.savepoint():  # events are inserted when it ends, the transaction goes on
            order.action_confirm()
        released = self.inserted(order).filtered(lambda event: event.res_model == "mrp.production")
        self.assertEqual(json.loads(released.data).get("origin"), None)
        order.origin = "SO0042"
        self.assertEqual(json.loads(self.events(order).data)["origin"], "SO0042")

    def test_another_transaction_does_not_touch_what_was_committed(self):
        order = self.order()
        self.commit_events()
        order.origin = "SO0042"
        self.assertNotIn("origin", json.loads(self.events(order).data))

    def test_an_order_that_is_deleted_again_leaves_nothing(self):
        order = self.order(confirm=False)
        name = order.name
        order.action_confirm()
        order.action_cancel()
        order.unlink()
        self.env.cr.flush()
        self.assertFalse(self.env["integration.event"].search([("subject", "=", name)]))

    def test_a_migration_may_keep_its_changes_to_itself(self):
        silent, loud = self.order(confirm=False), self.order(confirm=False)
        loud.action_confirm()
        silent.with_context(integration_no_events=True).action_confirm()
        self.assertEqual(silent.state, "confirmed")
        self.assertEqual((self.names(silent), self.names(loud)), ([], ["released"]))
        silent.action_cancel()
        self.assertEqual(self.names(silent), ["cancelled"], "only that change was silent")

    def test_many_orders_take_one_insert(self):
        orders = self.env["mrp.production"].concat(*(self.order(confirm=False) for _ in range(5)))
        self.env.cr.flush()
        orders.action_confirm()
        self.env.flush_all()
        inserts = []
        execute = type(self.env.cr).execute

        def spy(cr, query, *args, **kwargs):
            if "INSERT INTO integration_event" in str(getattr(query, "code", query)):
                inserts.append(query)
            return execute(cr, query, *args, **kwargs)

        self.patch(type(self.env.cr), "execute", spy)
        self.env.cr.flush()
        self.assertEqual(len(inserts), 1)
        self.assertEqual([self.names(order) for order in orders], [["released"]] * 5)

    def test_a_declaration_that_fails_does_not_stop_the_plant(self):
        declaration = declare.EVENTS["manufacturing.order.released", 1]

        def fail(_order):
            raise KeyError("revision")

        self.patch(
            self.env.registry,
            "_integration_watched_fields",
            {"mrp.production": {"state": [(declaration.triggers[0], replace(declaration, build=fail))]}},
        )
        with mute_logger("odoo.addons.integration_outbox.emission"):
            order = self.order()
            self.env.cr.flush()
        event = self.env["integration.event"].search(
            [("res_model", "=", "mrp.production"), ("res_id", "=", order.id)]
        )
        self.assertEqual(order.state, "confirmed")
        self.assertEqual((event.state, event.error), ("unbuilt", "KeyError: 'revision'"))
        event.with_user(self.operator()).action_build()
        self.assertEqual((event.state, json.loads(event.data)["reference"]), ("pending", order.name))

    def test_work_orders_tell_their_life(self):
        kind = "manufacturing.workorder"
        order = self.order()
        self.assertEqual(self.names(order, kind), ["ready"])
        first, second = order.workorder_ids.sorted("sequence")
        first.button_start()
        self.assertEqual(self.names(order, kind), ["ready", "started"])
        first.button_pending()
        self.assertEqual(self.names(order, kind), ["ready", "started", "paused"])
        first.qty_produced = 10
        first.button_finish()
        latest = [
            (event.type.rpartition(".")[2], json.loads(event.data)) for event in self.events(order, kind)[3:]
        ]
        WorkOrder.model_validate(latest[0][1])
        self.assertEqual(
            [(name, data["order"], data["reference"]) for name, data in latest],
            [("completed", order.name, first.barcode), ("ready", order.name, second.barcode)],
            "what an operation leads to comes after it",
        )
        order.action_cancel()
        self.assertEqual(self.names(order, kind)[-1], "cancelled")

    def test_a_draft_orders_work_orders_are_nobodys_business(self):
        order = self.order(confirm=False)
        self.assertTrue(order.workorder_ids)
        self.assertFalse(self.names(order, "manufacturing.workorder"))

    # -- several changes in one transaction ------------------------------------------------------

    def test_an_order_is_told_of_before_its_operations(self):
        """Cause before consequence, for partners that keep order per key."""
        order = self.order()
        self.assertEqual(
            self.emitted("manufacturing.*", order.name).mapped("type"),
            ["manufacturing.order.released", "manufacturing.workorder.ready"],
        )
        order.action_cancel()
        self.assertEqual(
            self.emitted("manufacturing.*", order.name).mapped("type")[2:],
            ["manufacturing.order.cancelled", *["manufacturing.workorder.cancelled"] * 2],
        )

    def test_a_state_that_was_left_again_is_no_event(self):
        order = self.order(confirm=False)
        self.commit_events()
        order.action_confirm()
        self.env.flush_all()
        order.action_cancel()
        self.assertEqual(self.names(order), ["cancelled"])

    def test_what_was_inserted_early_is_taken_back_when_it_is_not_true_any_more(self):
        order = self.order(confirm=False)
        self.commit_events()
        with self.env.cr.savepoint():
            order.action_confirm()
        self.assertIn("manufacturing.order.released", self.inserted(order).mapped("type"))
        order.action_cancel()
        self.assertEqual(self.names(order), ["cancelled"])
        self.assertFalse(self.names(order, "manufacturing.workorder")[2:], "nor are its operations ready")

    def test_what_was_inserted_early_is_taken_back_when_its_record_is_deleted(self):
        order = self.order(confirm=False)
        name = order.name
        with self.env.cr.savepoint():
            order.action_confirm()
        self.assertTrue(self.inserted(order))
        order.action_cancel()
        order.unlink()
        self.commit_events()
        self.assertFalse(self.env["integration.event"].search([("partition_key", "=", name)]))

    def test_what_was_inserted_early_gets_the_number_that_comes_later(self):
        order = self.order(confirm=False)
        with self.env.cr.savepoint():
            order.action_confirm()
        self.assertTrue(self.inserted(order))
        order.name = "WH/MO/LATE/1"
        released = self.events(order)
        self.assertEqual(
            (released.subject, released.partition_key, json.loads(released.data)["reference"]),
            ("WH/MO/LATE/1",) * 3,
        )

    def test_what_a_rolled_back_savepoint_took_along_is_told_when_it_happens_again(self):
        order = self.order(confirm=False)
        self.commit_events()
        with self.assertRaisesRegex(ValueError, "undo"), self.env.cr.savepoint():
            order.action_confirm()
            with self.env.cr.savepoint():  # the event is inserted when it is entered
                order.origin = "SO0042"
            raise ValueError("undo")
        order.action_confirm()
        self.assertEqual(self.names(order), ["released"])

    def test_an_event_is_one_whatever_savepoints_were_entered(self):
        order = self.order(confirm=False)
        self.commit_events()
        for state in ("confirmed", "draft", "confirmed"):
            with self.env.cr.savepoint():
                order.state = state
        self.assertEqual(self.names(order), ["released"])

    def test_statuses_are_the_businesss_words(self):
        order = self.order()
        self.assertEqual(json.loads(self.events(order).data)["status"], "released")
        for model, words in (("mrp.production", ORDER_STATUS), ("mrp.workorder", OPERATION_STATUS)):
            states = [value for value, _label in self.env[model]._fields["state"].selection]
            self.assertEqual(sorted(words), sorted(states), "a state without a word would not be built")
