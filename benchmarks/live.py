"""Runs the benchmark and writes the results into the documentation: tables, the machine, and a plot.

    python benchmarks/live.py [--quick]                       measure; write docs/ and the figures of the README
    python benchmarks/live.py --from docs/data/bench.json     the same from an earlier run
    python benchmarks/live.py --quick --guard                 measure, and check that the ratios are not too low
    python benchmarks/live.py --against OLD.onnx --print      compare two networks in one run; write nothing

``--against`` takes a name or a file, whose int8 twin stands beside it.

Writes ``docs/data/bench.json``, ``docs/bench.svg``, ``docs/bench.md`` (every stage), the tables in
``docs/benchmarks.md`` and the line of figures in ``README.md``, both between their markers.
``greenless bench`` times the stages alone, on the user's machine.
"""

import argparse
import datetime
import json
import sys
import textwrap
from pathlib import Path
from typing import Any

from benchmarks.comparison.candidates import MODNET
from benchmarks.comparison.run import run
from benchmarks.comparison.table import details, tables
from benchmarks.plots import bars, save
from realtime.commands.stage_times import MAIN

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
README = ROOT / "README.md"
WIDTH = 120
MAIN_SIZE = f"{MAIN[0]}x{MAIN[1]}"
FASTEST = "lite, fastest here"
TABLES = ("<!-- bench: begin, written by benchmarks/live.py -->", "<!-- bench: end -->")
"""Markers around the tables in ``docs/benchmarks.md``."""
FIGURES = ("<!-- figures: begin, written by benchmarks/live.py -->", "<!-- figures: end -->")
"""Markers around the line of figures in the README."""

LEAST = {
    "processor of plain / lite, ONNX Runtime f32": 9.0,
    f"network of {MODNET} / lite, ONNX Runtime f32": 4.0,
    f"network of {MODNET} / lite, ONNX Runtime int8": 4.0,
    "loop of lite, fastest here / plain": 9.0,
    "age of plain / lite, fastest here": 10.0,
}
"""Lowest ratios that are acceptable on a shared, busy machine: at most two thirds of those on a quiet one."""


def section(result: dict[str, Any], day: str) -> str:
    """Return the tables for ``docs/benchmarks.md``."""
    quick = " --quick" if result.get("quick") else ""
    minutes = f", in {result['seconds'] / 60:.0f} minutes" if result.get("seconds", 0) > 60 else ""
    lines = [
        f"Made by `benchmarks/live.py{quick}` (`make bench`) on {day}{minutes}. All candidates alternate.",
        "Ratios carry over to other machines better than times.",
        "[bench.md](bench.md) has every stage at every size, with p95 and CPU time.",
        "",
        tables(result, stages_at=[MAIN_SIZE]),
        "",
        "![The stages of each candidate as bars](bench.svg)",
    ]
    return "\n".join(lines)


def figures(result: dict[str, Any], day: str) -> str:
    """Return the line of figures for the README.

    Raises:
        ValueError: the result has no live run of the fastest configuration at the main size.
    """
    live = [row for row in result["sizes"].get(MAIN_SIZE, {"live": []})["live"] if row["name"] == FASTEST]
    if not live:
        raise ValueError(f"expected a live run of {FASTEST!r} at {MAIN_SIZE} in the result")
    [row], age = live, live[0]["age_ms"]
    processor, cores = result["machine"]["processor"], result["machine"]["cores"]
    said = (
        f"{MAIN_SIZE} at {row['fps']:.0f} fps: {100 * row['processor_share']:.0f} % of one CPU core of {cores}, frames "
        f"{age['p50']:.0f} ms old (p95 {age['p95']:.0f} ms). Without the camera's limit the loop reaches "
        f"{result['ratios'][f'loop of {FASTEST} / plain']:.0f} times the frame rate of MODNet in PyTorch. "
        f"{processor}, {day}."
    )
    filled = textwrap.fill(said, WIDTH, break_long_words=False, break_on_hyphens=False)
    return f"{filled}\n[All benchmarks](docs/benchmarks.md)."


def between(markers: tuple[str, str], page: str, written: str) -> str:
    """Return the page with ``written`` between the markers.

    Raises:
        ValueError: the markers are not there.
    """
    begin, end = markers
    head, begun, rest = page.partition(begin)
    _, ended, tail = rest.partition(end)
    if not begun or not ended:
        raise ValueError(f"expected {begin} and {end} in the page")
    return f"{head}{begin}\n{written}\n{end}{tail}"


def below(ratios: dict[str, float]) -> list[str]:
    """Return the ratios that are below the guard or were not measured."""
    return [
        f"{name}: {ratios.get(name)}, expected at least {least}"
        for name, least in LEAST.items()
        if not ratios.get(name, 0.0) >= least
    ]


def main() -> int:
    """Measure, write, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help="a few frames of one size only; leaves the README as it is"
    )
    parser.add_argument("--guard", action="store_true", help="write nothing; 1 when a ratio is too small")
    parser.add_argument("--from", dest="source", type=Path, help="an earlier run's JSON instead of measuring")
    parser.add_argument("--against", metavar="WEIGHTS", help="weights that run in turn with those on board")
    parser.add_argument("--print", action="store_true", help="write nothing")
    arguments = parser.parse_args()
    if arguments.source:
        result = json.loads(arguments.source.read_text(encoding="utf-8"))
    else:
        result = run(
            quick=arguments.quick,
            against=arguments.against,
            say=lambda line: print(line, file=sys.stderr, flush=True),
        )
        result["day"] = datetime.date.today().isoformat()
    print(tables(result))
    if arguments.guard:
        faults = below(result["ratios"])
        print("\n".join(faults) or "every ratio is above its guard")
        return 1 if faults else 0
    if not arguments.print:
        _write(result, result.get("day", "an earlier day"))
    return 0


def _write(result: dict[str, Any], day: str) -> None:
    (DOCS / "data").mkdir(parents=True, exist_ok=True)
    (DOCS / "data" / "bench.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    save(bars(result), DOCS / "bench.svg")
    head = (
        f"# Every stage, at every size\n\nMade by `benchmarks/live.py` on {day}. [All benchmarks](benchmarks.md).\n\n"
    )
    (DOCS / "bench.md").write_text(f"{head}{details(result)}\n", encoding="utf-8")
    placed = [(DOCS / "benchmarks.md", TABLES, section(result, day))]
    if not result.get("quick"):
        placed.append((README, FIGURES, figures(result, day)))
    for path, markers, written in placed:
        path.write_text(between(markers, path.read_text(encoding="utf-8"), written), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
