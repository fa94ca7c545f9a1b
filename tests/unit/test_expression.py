"""JSONata with bounds."""

import json
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odoo.addons.integration_core.policy.expression import Expression, ExpressionFailed

RELEASED = {
    "type": "manufacturing.order.released",
    "subject": "WH/MO/00042",
    "data": {
        "reference": "WH/MO/00042",
        "quantity": {"value": 12, "unit": "C62"},
        "components": [{"product": "STEEL-3MM", "quantity": 24}, {"product": "BOLT-M8", "quantity": 96}],
    },
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("data.quantity.value > 10", True),
        (
            '{"order": data.reference, "pieces": $sum(data.components.quantity)}',
            {"order": "WH/MO/00042", "pieces": 120},
        ),
        ("data.components[quantity > 50].product", "BOLT-M8"),
        ("$contains(data.reference, /^wh/i)", True),
        ('$pad("7", -3, "0")', "007"),
        ('$toMillis("24 November 2026", "[D] [MNn] [Y]")', 1795478400000),
        ("$distinct(data.components.product)", ["STEEL-3MM", "BOLT-M8"]),
    ],
)
def test_what_it_yields(text, value):
    assert json.loads(Expression(text).json_of(RELEASED)) == value


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("data.(", "character 6"),
        ('"WH/MO', "terminated by a matching quote"),
        ("", "empty"),
        ("(" * 5000, "cannot be read"),
        ("a" * 10001, "longer than"),
        ("/(?<=a)b/", "linear time"),
    ],
)
def test_what_does_not_parse_is_refused_with_the_place(text, says):
    with pytest.raises(ValueError, match=says):
        Expression(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("($f := function($x){$f($x)}; $f(1))", "ran longer"),
        ("($f := function($x){$f($x) + 1}; $f(1))", "calls itself"),
        ('$pad("x", 1000000000)', r"\$pad may make"),
        ("[1..9000000]", "a range may have"),
        ('$eval("1 + 1")', r"\$eval is not available"),
        ("nothing.here", "yields nothing"),
        ("function(){1}", "not JSON"),
        ("1 / 0", "fails"),
        ("$sum(data.reference)", "must be an array"),
    ],
)
def test_what_never_ends_or_yields_no_json_fails_with_a_sentence_and_soon(text, says):
    began = time.monotonic()
    with pytest.raises(ExpressionFailed, match=says):
        Expression(text).json_of(RELEASED)
    assert time.monotonic() - began < 5


def test_a_regular_expression_that_backtracks_takes_no_time():
    document = {"text": "a" * 5000 + "b"}
    began = time.monotonic()
    assert not Expression("$contains(text, /^(a+)+$/)").is_true_of(document)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "text",
    [
        "$count($distinct(items))",
        "$count([1, items[a in $$.items[b = 1].a]])",
        '$toMillis("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "(a+)+[Y]") = 1',
    ],
)
def test_what_a_partner_sends_holds_nobody_up(text):
    document = {"items": [{"a": number, "b": 1} for number in range(18_000)]}
    assert len(json.dumps(document)) > 350_000
    began = time.monotonic()
    try:
        Expression(text).is_true_of(document)
    except ExpressionFailed as failed:
        assert "ran longer" in str(failed)
    assert time.monotonic() - began < 1


def test_one_evaluation_leaves_nothing_to_the_next():
    expression = Expression('($n := $exists($n) ? "again" : "first"; $n)')
    assert [expression.value_of({}) for _ in range(3)] == ["first"] * 3


def test_two_expressions_do_not_mix():
    double, triple = (
        Expression("$map([n], function($v){$v * 2})"),
        Expression("$map([n], function($v){$v * 3})"),
    )
    assert [double.value_of({"n": 2}), triple.value_of({"n": 2}), double.value_of({"n": 3})] == [4, 6, 6]


def test_pythons_recursion_limit_stays_the_processs_own():
    assert sys.getrecursionlimit() < 10000


@given(st.text(max_size=60))
def test_any_text_either_compiles_or_is_refused(text):
    try:
        Expression(text)
    except ValueError as error:
        assert str(error)
