import pytest

from dev.story import Story

pytestmark = [pytest.mark.e2e, pytest.mark.alone]


def test_an_order_leaves_as_a_signed_event_and_a_result_comes_back(site, capsys):
    """What ./hub demo --once tells, against processes of its own."""
    result = Story(site).tell()
    shown = capsys.readouterr().out
    assert result == 0, shown
    assert "All 7 steps held." in shown
