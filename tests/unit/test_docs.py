"""What the documents name is there."""

import re
from pathlib import Path

REPO = Path(__file__).parents[2]


def test_every_threat_names_a_test_that_is_there():
    text = (REPO / "docs/security.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 25
    for row in rows:
        ((path, name),) = re.findall(r"`([\w/]+\.py)::(\w+)`", row)
        assert f"def {name}(" in (REPO / path).read_text(), row
