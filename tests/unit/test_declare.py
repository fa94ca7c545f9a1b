"""Declarations, ids and units: the small rules that events stand on."""

import re
import time

from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.integration_core.declare import ANY, becomes
from odoo.addons.integration_outbox import emission
from odoo.addons.integration_product.canonical import Quantity

STATES = st.sampled_from(["draft", "confirmed", "progress", "done", None])


@given(before=STATES, after=STATES)
def test_a_transition_is_a_change_to_the_value(before, after):
    took_place = becomes(state="confirmed").took_place({"state": before}, {"state": after})
    assert took_place is (after == "confirmed" and before != "confirmed")


@given(before=STATES, after=STATES)
def test_any_change_is_every_change(before, after):
    assert becomes(state=ANY).took_place({"state": before}, {"state": after}) is (before != after)


def test_event_ids_are_uuids_of_version_7_in_order_of_time():
    ids = []
    for _ in range(3):
        ids.append(emission.event_id())
        time.sleep(0.002)
    assert ids == sorted(ids)
    pattern = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    assert all(re.fullmatch(pattern, text) for text in ids)


def test_quantities_are_numbers_without_a_tail():
    assert Quantity(value="10", unit="C62").model_dump_json() == '{"value":10,"unit":"C62"}'
    assert Quantity(value=3.5, unit="KGM").model_dump_json() == '{"value":3.5,"unit":"KGM"}'
