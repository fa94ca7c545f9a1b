"""What may change in a contract that was published, and what may not."""

from typing import Literal

import pytest
from pydantic import BaseModel, Field

from odoo.addons.integration_core.policy.compatibility import breaks


class Amount(BaseModel):
    value: float
    unit: str


class Published(BaseModel):
    reference: str
    status: Literal["released", "completed"]
    quantity: Amount
    lots: list[str] = []
    note: str | None = None


def broken(direction="outbound", **changes):
    """The sentences about ``Published`` with these fields changed: ``name=(type, default)``, ``name=None`` removes."""
    annotations = {n: (f.annotation, f) for n, f in Published.model_fields.items()}
    annotations |= changes
    members = {n: v for n, v in annotations.items() if v is not None}
    body = {"__annotations__": {n: v[0] for n, v in members.items()}, "__module__": __name__}
    body |= {n: v[1] for n, v in members.items() if v[1] is not ...}
    now = type("Now", (BaseModel,), body)
    return breaks(Published.model_json_schema(), now.model_json_schema(), direction)


class LargerAmount(BaseModel):
    value: float
    unit: str
    currency: str | None = None


class TextAmount(BaseModel):
    value: str
    unit: str


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"origin": (str | None, None)},
        {"quantity": (LargerAmount, ...)},
        {"status": (Literal["released", "completed", "cancelled"], ...)},
    ],
)
def test_what_is_added_breaks_nobody(changes):
    assert broken(**changes) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"note": None}, "note is gone."),
        ({"reference": None, "number": (str, ...)}, "reference is gone."),
        ({"origin": (str, ...)}, "origin is required now."),
        ({"reference": (int, ...)}, "reference was string and is integer now."),
        ({"quantity": (TextAmount, ...)}, "quantity.value was number and is string now."),
        ({"lots": (list[int], [])}, "lots[] was string and is integer now."),
        ({"status": (Literal["released", "done"], ...)}, "status does not know 'completed' any more."),
        ({"note": (Literal["urgent"] | None, None)}, "note knows only 'urgent' now."),
        ({"reference": (str | None, None)}, "reference may be missing now."),
    ],
)
def test_what_breaks_is_named(changes, says):
    assert says in broken(**changes)


def test_what_comes_in_may_ask_for_less_and_not_for_more():
    assert broken("inbound", reference=(str | None, None)) == []
    assert "reference has a narrower maxLength: 8." in broken("inbound", reference=(str, Field(max_length=8)))
