"""Ids are not commit order: an ordered subscription waits for the older transaction, the others do not."""

import pytest

from benchmarks.rig import Rig, places, stats

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def rig():
    made = Rig("overtake")
    yield made
    made.close()


def test_an_event_does_not_overtake_one_whose_transaction_is_still_open(rig):
    ordered_port, other_port = rig.receiver(track=True), rig.receiver(track=True)
    (ordered,) = rig.subscribe([ordered_port], is_ordered=True, name_of_system="In order")
    (other,) = rig.subscribe([other_port], name_of_system="In any order")
    told = rig.inside("overtake.py", [ordered, other])
    assert told["before"] == {"ordered": [], "other": [2]}
    assert told["after"]["ordered"] == [1, 2]
    assert sorted(told["after"]["other"]) == [1, 2]
    assert stats(ordered_port)["out_of_order"] == 0
    assert places(other_port) == {("Line 7", 1), ("Line 7", 2)}
