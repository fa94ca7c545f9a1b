"""Triggers and the normal form of what they compare."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from psycopg2.extras import Json

from odoo import fields

from odoo.addons.integration_core.declare import CREATED, DELETED, NEW, becomes, changed, created, deleted
from odoo.addons.integration_core.declare.normal_form import normal


def translated():
    """A field as the registry has it; by itself it knows its arguments only."""
    field = fields.Char()
    field.translate = True
    return field


SAME = [
    (fields.Float(digits=(10, 2)), Decimal("12.50"), "12.50"),
    (fields.Float(), 0.1 + 0.2, 0.3),
    (fields.Float(), None, 0.0),
    (fields.Monetary(), Decimal("1240.00"), 1240.0),
    (fields.Integer(), None, 0),
    (fields.Boolean(), None, False),
    (fields.Char(), None, ""),
    (fields.Char(), None, False),
    (fields.Many2one("res.partner"), None, False),
    (fields.Date(), date(2026, 11, 24), "2026-11-24"),
    (fields.Datetime(), datetime(2026, 11, 24, 13, 5), "2026-11-24 13:05:00"),
    (translated(), {"en_US": "Bolt"}, Json({"en_US": "Bolt"})),
    (translated(), {"en_US": "Bolt"}, {"en_US": "Bolt", "de_DE": None}),
]


@pytest.mark.parametrize(("field", "stored", "written"), SAME)
def test_what_odoo_shows_as_the_same_is_the_same(field, stored, written):
    assert normal(field, stored) == normal(field, written)


def test_different_values_are_different():
    assert normal(fields.Float(), 0.1) != normal(fields.Float(), 0.2)
    assert normal(fields.Boolean(), True) != normal(fields.Boolean(), None)
    assert normal(fields.Date(), "2026-11-24") != normal(fields.Date(), "2026-11-25")


def test_a_translation_that_is_written_leaves_the_others():
    name = translated()
    before = normal(name, {"en_US": "Bolt", "de_DE": "Bolzen"})
    assert normal(name, Json({"de_DE": "Schraube"}), before) == {"en_US": "Bolt", "de_DE": "Schraube"}


def test_a_change_is_one_of_a_record_that_was_there():
    renamed = changed("name")
    assert renamed.took_place({"name": "A"}, {"name": "B"})
    assert not renamed.took_place({"name": "A"}, {"name": "A"})
    assert not renamed.took_place(NEW, {CREATED: True, "name": "B"})


def test_a_first_value_is_a_transition():
    assert becomes(state="done").took_place(NEW, {CREATED: True, "state": "done"})


def test_nothing_is_no_value():
    assert becomes(active=False).took_place({"active": True}, {"active": None})


def test_what_is_created_and_what_is_deleted():
    assert created().took_place(NEW, {CREATED: True})
    assert not created().took_place({}, {"name": "B"})
    assert deleted().took_place({"name": "A"}, {DELETED: True})
    assert not deleted().took_place(NEW, {DELETED: True})
