"""What an expression may cost: each function and operator of JSONata, on the worst that it can be given."""

import inspect
import re
import time

import pytest

from odoo.addons.integration_core.policy import bounded_jsonata, jsonata_functions
from odoo.addons.integration_core.policy.expression import Expression, ExpressionFailed
from odoo.addons.integration_core.policy.jsonata_library import jsonata

# For 100 ms: what one step may take beyond it, and a machine that is busy with other things.
SOON_S = 1.0


def _document(size):
    """Much of everything that makes a loop long; about ``size`` bytes of each."""
    count = size // 10
    return {
        "numbers": list(range(count)),
        # Python gives them all the same hash.
        "alike": [str(i) for i in range(count)],
        "colliding": [i * (2**61 - 1) for i in range(1, size // 24)],
        "objects": [{"a": i, "b": str(i)} for i in range(count // 3)],
        "lists": [[i] for i in range(count)],
        "wide": {f"n{i}": i for i in range(count)},
        "text": "a" * size,
        "wider": "\U0001f600" * (size // 4),
        "blanks": "a " * (size // 2),
        "digits": "9" * size,
        "huge": 10**4000,
        "deep": _deep(500),
        "two": [[i] for i in range(count)],
    }


def _deep(levels):
    value = {}
    for _level in range(levels):
        value = {"a": [value]}
    return value


# Doubles something so often that nothing could hold it.
DOUBLED = "($f := function($x, $n){{ $n = 0 ? $x : $f({made}, $n - 1) }}; $x := $f({start}, {times}); {used})"


def _doubled(used, made="[[$x, $x]]", start="[0]", times=24):
    return DOUBLED.format(made=made, start=start, times=times, used=used)


def _same(count, value="text"):
    """A long list of one long value."""
    return f"[1..{count}].($$.{value})"


EACH = "$map(numbers, function($v){%s})"
WORST = {
    "sum": ["$sum(numbers)", EACH % "$sum($$.numbers)"],
    "count": ["$count(lists)", EACH % "$count($$.numbers)"],
    "max": ["$max(numbers)", EACH % "$max($$.numbers)"],
    "min": ["$min(numbers)", EACH % "$min($$.numbers)"],
    "average": ["$average(numbers)", EACH % "$average($$.numbers)"],
    "string": [
        "$string($)",
        "$string(objects)",
        "$string(lists, true)",
        _doubled("$string($x)"),
        EACH % "$string($$)",
    ],
    "substring": [EACH % "$substring($$.text, 1)", "$substring(wider, -1, 1e300)"],
    "substringBefore": [EACH % '$substringBefore($$.text, "b")', '$substringBefore(text, text & "b")'],
    "substringAfter": [EACH % '$substringAfter($$.text, "b")'],
    "lowercase": [EACH % "$lowercase($$.wider)"],
    "uppercase": [EACH % "$uppercase($$.text)", "$map([1..90000].($$.text), $uppercase)"],
    "length": [EACH % "$length($$.wider)"],
    "trim": ["$trim(blanks)", EACH % "$trim($$.blanks)"],
    "pad": ['$pad("x", 1e9)', EACH % '$pad("x", 10000, "yz")', '$pad(text, 1, "x")'],
    "match": [
        "$match(text, /a/)",
        "$match(text, /a*b|a/)",
        "$match(text, /(a|b|c)*?(d|$)/)",
        "$match(text, /[ab]*a[ab]{500}c/)",
        "$match(text, /((a?){30}){30}b/)",
        "$match(text, /(?:)/)",
    ],
    "contains": ["$contains(text, /^(a+)+$/)", '$contains(text, text & "b")', "$contains(text, /(a|aa)+b/)"],
    "replace": [
        '$replace(text, "a", "$0$0$0")',
        "$replace(text, /a/, text)",
        '$replace(text, /b/, "c", 1e15)',
        '$replace(text, /a/, "aa", 1e15)',
        '$replace(text, /a*b|a/, function($m){"x"})',
        '$replace(text, "a", text)',
    ],
    "split": ['$split(text, "")', '$split(text, "a")', "$split(text, /a/)", '$split(text, "", 1e12)'],
    "join": [
        "$join(alike, text)",
        f"$join({_same(90000)})",
        EACH % "$join($$.alike)",
        '$join($split(blanks, " "), wider)',
    ],
    "formatNumber": [
        '$formatNumber(huge, "0")',
        '$formatNumber(1e300, "0.0e0")',
        "$formatNumber(1, text)",
        '$formatNumber(1, "0", {"exponent-separator": "(a+)+b"})',
        f'$formatNumber(1e-300, "{"0" * 90}.0e0")',
    ],
    "formatBase": ["$formatBase(1e308, 2)", "$formatBase(huge, 2)"],
    "formatInteger": [
        '$formatInteger(1e14, "I")',
        '$formatInteger(huge, "w")',
        '$formatInteger(1e15, "w")',
        "$formatInteger(1, digits)",
        '$formatInteger(999999, "i")',
        '$formatInteger(1e300, "#,#")',
    ],
    "parseInteger": [
        '$parseInteger(digits, "#")',
        '$parseInteger(text, "a")',
        '$parseInteger(blanks, "w")',
        '$parseInteger(text, "I")',
    ],
    "number": ["$number(digits)", '$number("0x" & digits)', EACH % "$number($$.digits)"],
    "floor": ["$floor(huge)", "$floor(1e308)"],
    "ceil": ["$ceil(huge)"],
    "round": ["$round(huge, 5)", "$round(1.5, 1e300)", "$round(1.5, 999999999)", "$round(1.5, -999999999)"],
    "abs": ["$abs(huge)"],
    "sqrt": ["$sqrt(huge)"],
    "power": ["$power(10, 1e9)", "$power(huge, huge)", "$power(2, 1023)"],
    "random": [EACH % "$random()"],
    "boolean": [_doubled("$boolean($x)"), EACH % "$boolean($$.lists)"],
    "not": [_doubled("$not($x)")],
    "map": [EACH % "$map($$.numbers, function($w){$w})", "$map(numbers, $string)"],
    "zip": ["$zip(numbers, numbers, numbers, numbers)", EACH % "$zip($$.numbers, $$.numbers)"],
    "filter": [EACH % "$filter($$.numbers, function($w){false})", "$filter(numbers, $boolean)"],
    "single": [EACH % "$single($$.numbers, function($w){$w = 3})"],
    "reduce": [
        "$reduce(lists, $append)",
        "$reduce(alike, function($a, $b){$a & $b})",
        "$reduce(numbers, function($a, $b){[$a, $a]})",
    ],
    "sift": ["$sift(wide, function($v){$sum($$.numbers) > $v})"],
    "keys": ["$keys(objects)", f"$keys({_same(90000, 'wide')})", _doubled("$keys($x)")],
    "lookup": ['$lookup(objects, "a")', _doubled('$lookup($x, "a")'), EACH % '$lookup($$.objects, "a")'],
    "append": ["$append(numbers, numbers)", _doubled("$count($x)", made="$append($x, $x)", times=60)],
    "exists": [EACH % "$exists($$.objects.a)"],
    "spread": [
        "$spread(objects)",
        "$spread(wide)",
        f"$spread({_same(90000, 'wide')})",
        _doubled("$spread($x)"),
    ],
    "merge": ["$merge(objects)", f"$merge({_same(90000, 'wide')})"],
    "reverse": [EACH % "$reverse($$.numbers)"],
    "each": ["$each(wide, function($v){$sum($$.numbers)})"],
    "error": ["$error(text)", EACH % "$error($$.text)"],
    "assert": ["$assert(false, text)"],
    "type": [EACH % "$type($$)"],
    "sort": [
        "$sort(alike)",
        "$sort(numbers, function($a, $b){$a < $b})",
        '($a := text & "a"; $b := text & "b"; $sort([1..90000].($ % 2 = 0 ? $a : $b)))',
    ],
    "shuffle": [EACH % "$shuffle($$.numbers)"],
    "distinct": [
        "$count($distinct(objects))",
        "$distinct(numbers)",
        "$distinct(colliding)",
        "$distinct(lists)",
        _doubled("$distinct($x)", made="[$x, [$x]]"),
        EACH % "$distinct($$.objects)",
    ],
    "base64encode": ["$base64encode(wider)", EACH % "$base64encode($$.wider)"],
    "base64decode": [EACH % "$base64decode($$.text)"],
    "encodeUrlComponent": ["$encodeUrlComponent(wider)", EACH % "$encodeUrlComponent($$.wider)"],
    "encodeUrl": ["$encodeUrl(wider)"],
    "decodeUrlComponent": ['$decodeUrlComponent($replace(text, "a", "%41"))', "$decodeUrlComponent(text)"],
    "decodeUrl": ['$decodeUrl($replace(text, "a", "%41"))'],
    "eval": ["$eval(text)", '$eval("1")'],
    "toMillis": [
        '$toMillis(digits, "[Y][M][D][H][m][s][f][d][w][W][Y][Y]x")',
        f'$toMillis("{"1" * 90}", "{"[f]" * 30}x")',
        f'$toMillis("{"a" * 60}", "(a+)+[Y]")',
        "$toMillis(text)",
    ],
    "fromMillis": [
        '$fromMillis(1, "[Y,*-999999999]")',
        '$fromMillis(1, "[Y,9_9_9_9_9_9_9_9]")',
        "$fromMillis(1, digits)",
        "$fromMillis(1e300)",
        f'$fromMillis(1, "[Y{"0" * 90}]")',
    ],
    "clone": ["$clone($)", "$clone(wide)", _doubled("$clone({'a': $x})"), EACH % "$clone($$)"],
    "now": ['$now("[Y,*-999999999]")', "$now(digits)", EACH % "$now()"],
    "millis": [EACH % "$millis()"],
}
NODES = {
    "path": ["objects.($$.objects.a)", "[1..100000].$$.numbers", "[1, numbers[$$.numbers[$ = 1]]]"],
    "binary": [
        "objects = two",
        "wide = $clone(wide)",
        "numbers[$ in $$.numbers]",
        _doubled("$x = $f([0], 24)"),
        _doubled("[0] in $x"),
        _doubled("$x & ''"),
        _doubled("$length($x)", made="$x & $x", start='"ab"', times=90),
        "numbers[[$$.objects = $$.objects]]",
        "[1..9000000]",
        "huge * huge * huge",
        "text < wider",
    ],
    "unary": [
        "objects{$string(a): $count($$.numbers)}",
        "numbers{'k': $sum($)}",
        _doubled("-$x"),
        "[numbers, numbers]",
    ],
    "name": [_doubled("$x.a"), "lists.a", "objects.$$.objects.a"],
    "string": ["numbers.('x' & $$.text)"],
    "number": ["numbers.(1 + 1)"],
    "value": ["numbers.(true)"],
    "wildcard": ["*", "*.*.*", "objects.*", _doubled("$x.*"), "[1..90000].$$.*"],
    "descendant": ["**", "**.**", _doubled("$x.**"), "$count(**.a)", "objects.**"],
    "parent": ["objects.a.(%.b)", "objects.a.%.$$.objects.b"],
    "condition": [_doubled("$x ? 1 : 2"), "numbers.($$.lists ? 1 : 2)"],
    "block": ["numbers.(1; 2; $sum($$.numbers))"],
    "bind": ["numbers.($x := $$.numbers)"],
    "regex": ["/a*b|a/(text)", "text ~> /(a+)+b/"],
    "function": ["($f := function($x){$f($x)}; $f(1))", "[1, ($f := function($x){$f($x)}; $f(1))]"],
    "variable": ["numbers.$$"],
    "lambda": [
        f"($f := function({', '.join(f'$a{i}' for i in range(40))})<{'n?' * 40}{'n' * 40}:n>{{1}}; $f({'1, ' * 39}1))",
        "($f := function($x, $n){ $n = 0 ? $x : $f([$x], $n - 1) }; $string($f(1, 1e9)))",
    ],
    "partial": ["($p := $substring(?, 0, 5); $map(alike, $p))", "numbers.($substring(?, 0, 5))"],
    "apply": ["numbers ~> $map(function($v){$$ ~> $string()})", "numbers.($ ~> $string ~> $length)"],
    "transform": ["{'a': objects} ~> |a|{'c': 1}|", "$ ~> |**|{'c': $$}|", "numbers.($$ ~> |objects|{}|)"],
}
# What is no type of a node, but loops.
MORE = {
    "sort": ["numbers^(>$)", "objects^($$.numbers)", "objects^(a, b, $string($))"],
    "focus": [
        "objects@$x.$$.objects@$y.$$.objects@$z.{'a': $x}",
        "numbers#$i.$$.numbers#$j[$i = $j]",
        f"objects{''.join(f'@$a{i}.$$' for i in range(300))}.objects@$z.$z",
    ],
    "group of focus": ["objects@$x.$$.lists@$y{$string($x.a): $count($y)}"],
    "filter": ["numbers[$$.numbers]", "objects[$string($$)]"],
    "result": [_doubled("$x"), _doubled("$x", made="{'a': $x, 'b': $x}", start="{}"), "$"],
}


@pytest.fixture(scope="module", params=[350_000, 1_000_000], ids=["350kB", "1MB"])
def document(request):
    return _document(request.param)


def _listed(*tables):
    return [
        pytest.param(text, id=f"{name}-{number}")
        for table in tables
        for name, texts in table.items()
        for number, text in enumerate(texts)
    ]


def test_each_function_of_the_library_is_bounded_and_tried():
    """A new version's new function has to be thought about."""
    library = set(jsonata.Jsonata.static_frame.bindings)
    assert library == set(jsonata_functions.FUNCTIONS) == set(WORST)


def test_each_type_of_node_is_bounded_and_tried():
    library = set(re.findall(r'expr\.type == "(\w+)"', inspect.getsource(jsonata.Jsonata._eval)))
    assert library == set(bounded_jsonata.NODES) == set(NODES)


@pytest.mark.parametrize("text", _listed(WORST, NODES, MORE))
def test_nothing_runs_much_longer_than_its_limit(document, text):
    expression = Expression(text)
    began = time.monotonic()
    try:
        expression.json_of(document)
    except ExpressionFailed as failed:
        assert len(str(failed)) < 500
    assert time.monotonic() - began < SOON_S
