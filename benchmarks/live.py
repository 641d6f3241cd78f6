"""Runs the benchmark and puts what it found into the README: tables, the machine, and a plot.

    python benchmarks/live.py [--quick]                  measure; write docs/bench.json, .md, .svg and the README
    python benchmarks/live.py --from docs/bench.json     the same from an earlier run
    python benchmarks/live.py --quick --guard            measure, and compare the ratios with the least they may be

``greenless bench`` prints the same tables and writes nothing.
"""

import argparse
import datetime
import json
import sys
from html import escape
from pathlib import Path
from typing import Any

from realtime.bench.run import MAIN, MODNET, PLAIN, run
from realtime.bench.table import STAGES, details, tables

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

COLOURS = {"capture": "#8a9aa9", "infer": "#2b6a8f", "finish": "#3f9e8c", "scene": "#d98e3c", "send": "#b4535a"}
INK, PAPER = "#333333", "#ffffff"
WIDE_PX, ROW_PX, LEFT_PX, RIGHT_PX, TOP_PX, MARGIN_PX = 820, 28, 240, 80, 74, 16
BREAK_PX = 14


def plot(result: dict[str, Any]) -> str:
    """The stages of every way at the main size as bars, SVG: the longest are broken, their time stands in their row."""
    rows = result["sizes"][f"{MAIN[0]}x{MAIN[1]}"]["stages"]
    ours = [row for row in rows if row["name"] not in (PLAIN, MODNET)]
    longest_ms = 1.15 * max(_median_ms(row) for row in ours)
    scale = (WIDE_PX - LEFT_PX - RIGHT_PX) / longest_ms
    height = TOP_PX + ROW_PX * len(rows) + MARGIN_PX
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE_PX} {height}" width="{WIDE_PX}" '
        f'height="{height}" font-family="sans-serif" font-size="13" fill="{INK}">',
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        f'<text x="{MARGIN_PX}" y="26" font-weight="bold">{MAIN[0]}x{MAIN[1]}: milliseconds a picture, '
        "one stage after the other</text>",
    ]
    shown = [stage for stage in STAGES if any(row["stages"].get(stage, {"p50_ms": 0})["p50_ms"] > 0.1 for row in ours)]
    for position, stage in enumerate(shown):
        x = LEFT_PX + 90 * position
        parts.append(f'<rect x="{x}" y="44" width="12" height="12" fill="{COLOURS[stage]}"/>')
        parts.append(f'<text x="{x + 18}" y="55">{stage}</text>')
    for position, row in enumerate(rows):
        y, x, left_ms = TOP_PX + ROW_PX * position, float(LEFT_PX), longest_ms
        parts.append(f'<text x="{MARGIN_PX}" y="{y + 15}">{escape(row["name"])}</text>')
        for stage in shown:
            shown_ms = min(row["stages"].get(stage, {"p50_ms": 0.0})["p50_ms"], left_ms)
            left_ms -= shown_ms
            width = shown_ms * scale
            parts.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="20" fill="{COLOURS[stage]}"/>')
            x += width
        if _median_ms(row) > longest_ms:
            at = x - 3 * BREAK_PX
            slant = f"M{at:.1f} {y + 22}l8 -24h{BREAK_PX - 8}l-8 24z"
            parts.append(f'<path d="{slant}" fill="{PAPER}"/>')
        parts.append(f'<text x="{x + 7:.1f}" y="{y + 15}">{_median_ms(row):.0f} ms</text>')
    return "\n".join([*parts, "</svg>", ""])


def _median_ms(row: dict[str, Any]) -> float:
    """By the clock, all stages."""
    return float(sum(stage["p50_ms"] for name, stage in row["stages"].items() if name in STAGES))


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
