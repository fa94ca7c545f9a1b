import pytest

from dev.story import Story

pytestmark = [pytest.mark.e2e, pytest.mark.alone]


def test_the_story_holds_without_a_worker(new_site, capsys):
    """On hosting where no process of ours may run, Odoo's scheduled actions do the same."""
    site = new_site(with_worker=False)
    result = Story(site).tell()
    assert result == 0, capsys.readouterr().out
