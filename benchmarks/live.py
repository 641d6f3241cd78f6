"""Runs the benchmark and puts what it found into the README: tables, the machine, and a plot.

    python benchmarks/live.py [--quick]                  measure; write docs/bench.json, .md, .svg and the README
    python benchmarks/live.py --from docs/bench.json     the same from an earlier run
    python benchmarks/live.py --quick --guard            measure, and compare the ratios with the least they may be

``greenless bench`` prints the same tables, and draws the plot where it is told to.
"""

import argparse
import datetime
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks.contestants.run import run
from benchmarks.contestants.table import details, tables
from realtime.commands.timing.machine import MAIN, MODNET
from realtime.commands.timing.plot import plot

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
README = ROOT / "README.md"
BEGIN, END = "<!-- bench: begin, written by benchmarks/live.py -->", "<!-- bench: end -->"

LEAST = {
    "processor of plain / lite, ONNX Runtime f32": 9.0,
    f"network of {MODNET} / lite, ONNX Runtime f32": 4.0,
    f"network of {MODNET} / lite, ONNX Runtime int8": 4.0,
    "loop of lite, fastest here / plain": 9.0,
    "age of plain / lite, fastest here": 10.0,
}
"""What the ratios may fall to on a shared, busy machine: two thirds or less of what a quiet one shows."""


def section(result: dict[str, Any], day: str) -> str:
    """What stands in the README between the markers."""
    quick = " --quick" if result.get("quick") else ""
    minutes = f", in {result['seconds'] / 60:.0f} minutes" if result.get("seconds", 0) > 60 else ""
    lines = [
        BEGIN,
        f"Made by `benchmarks/live.py{quick}` (`make bench`) on {day}{minutes}, all ways in turns; ratios carry over",
        "to other machines better than times. All stages, sizes, p95 and processor time: `docs/bench.md`. On",
        tables(result, stages_at=[f"{MAIN[0]}x{MAIN[1]}"]),
        "",
        "![The stages of each way as bars](docs/bench.svg)",
        END,
    ]
    return "\n".join(lines)


def with_section(readme: str, written: str) -> str:
    """The README with the section in its place.

    Raises:
        ValueError: the markers are not there.
    """
    head, begin, rest = readme.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"expected {BEGIN} and {END} in the README")
    return head + written + tail


def below(ratios: dict[str, float]) -> list[str]:
    """What fell below the guard, or was not measured."""
    return [
        f"{name}: {ratios.get(name)}, expected at least {least}"
        for name, least in LEAST.items()
        if not ratios.get(name, 0.0) >= least
    ]


def main() -> int:
    """Measure, write, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few pictures of one size only")
    parser.add_argument("--guard", action="store_true", help="write nothing; 1 when a ratio is too small")
    parser.add_argument("--from", dest="source", type=Path, help="an earlier run's JSON instead of measuring")
    arguments = parser.parse_args()
    if arguments.source:
        result = json.loads(arguments.source.read_text(encoding="utf-8"))
    else:
        result = run(quick=arguments.quick, say=lambda line: print(line, file=sys.stderr, flush=True))
        result["day"] = datetime.date.today().isoformat()
    print(tables(result))
    if arguments.guard:
        faults = below(result["ratios"])
        print("\n".join(faults) or "every ratio is above its guard")
        return 1 if faults else 0
    DOCS.mkdir(exist_ok=True)
    (DOCS / "bench.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (DOCS / "bench.svg").write_text(plot(result), encoding="utf-8")
    day = result.get("day", "an earlier day")
    head = f"# Every stage, at every size\n\nMade by `benchmarks/live.py` on {day}.\n\n"
    (DOCS / "bench.md").write_text(f"{head}{details(result)}\n", encoding="utf-8")
    README.write_text(with_section(README.read_text(encoding="utf-8"), section(result, day)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
