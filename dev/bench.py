"""Command `./hub bench`: runs the benchmarks."""

import argparse
import importlib
import json
import statistics
from pathlib import Path

from dev.paths import REPO
from dev.say import Problem, say


def names():
    return sorted(
        path.stem
        for path in (REPO / "benchmarks").glob("*.py")
        if "\ndef run():" in path.read_text(encoding="utf-8")
    )


def main_bench(arguments):
    parser = argparse.ArgumentParser(
        prog="./hub bench", description="benchmarks/README.md says what each measures."
    )
    parser.add_argument(
        "name", nargs="?", help=f"one of: {', '.join(names())}; all of them when it is left out"
    )
    parser.add_argument("--json", metavar="FILE", help="write the rows to a file, too")
    options = parser.parse_args(arguments)
    if options.name and options.name not in names():
        raise Problem(f"There is no benchmark {options.name!r}.", f"There are: {', '.join(names())}.")
    rows = []
    for name in [options.name] if options.name else names():
        rows += importlib.import_module(f"benchmarks.{name}").run()
    _print(rows)
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return 0


def row(bench, metric, unit, ours, runs, peer=None, theirs=None, is_time=False, note=""):
    """One figure. ``ratio`` is ours to theirs with more being better, so it is turned round for times."""
    ratio = None
    if theirs:
        ratio = round(theirs / ours if is_time else ours / theirs, 2)
    return {
        "bench": bench,
        "metric": metric,
        "unit": unit,
        "ours": ours,
        "peer": peer,
        "theirs": theirs,
        "ratio": ratio,
        "runs": runs,
        "note": note,
    }


def quantile(values, share):
    """The value that ``share`` (0 to 1) of ``values`` do not exceed."""
    return statistics.quantiles(values, n=1000, method="inclusive")[min(998, int(share * 1000) - 1)]


def _print(rows):
    say(f"\n{'bench':<10} {'metric':<34} {'ours':>12} {'peer':>20} {'theirs':>12} {'ratio':>7}  unit")
    for line in rows:
        theirs = "" if line["theirs"] is None else f"{line['theirs']:.4g}"
        ratio = "" if line["ratio"] is None else f"{line['ratio']:.2f}"
        say(
            f"{line['bench']:<10} {line['metric']:<34} {line['ours']:>12.4g} {line['peer'] or '':>20} "
            f"{theirs:>12} {ratio:>7}  {line['unit']}"
        )
        if line["note"]:
            say(f"{'':<10} {line['note']}")
