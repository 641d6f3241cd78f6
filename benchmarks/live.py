"""Runs the benchmark and puts what it found into the README: tables, the machine, and a plot.

    python benchmarks/live.py [--quick]                  measure; write docs/bench.json, docs/bench.svg and the README
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
from realtime.bench.table import STAGES, tables

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
README = ROOT / "README.md"
BEGIN, END = "<!-- bench: begin, written by benchmarks/live.py -->", "<!-- bench: end -->"

LEAST = {
    "fps of lite, ONNX Runtime f32 / plain": 5.0,
    f"network of {MODNET} / lite, ONNX Runtime f32": 5.0,
    f"network of {MODNET} / lite, ONNX Runtime int8": 7.0,
    "age of plain / lite, fastest here": 10.0,
}
"""What the ratios may fall to on a shared, busy machine. They are half or less of what a quiet one shows."""

COLOURS = {"capture": "#8a9aa9", "infer": "#2b6a8f", "finish": "#3f9e8c", "scene": "#d98e3c", "send": "#b4535a"}
WIDE_PX, ROW_PX, LEFT_PX, TOP_PX = 820, 30, 230, 56


def plot(result: dict[str, Any]) -> str:
    """The stages of every way at the main size as bars, SVG: the longest is cut off, its time stands in its row."""
    rows = result["sizes"][f"{MAIN[0]}x{MAIN[1]}"]["stages"]
    ours = [row for row in rows if row["name"] not in (PLAIN, MODNET)]
    longest_ms = 1.1 * max(row["ms"] for row in ours)
    scale = (WIDE_PX - LEFT_PX - 110) / longest_ms
    height = TOP_PX + ROW_PX * len(rows) + 16
    text = 'font-family="system-ui, sans-serif" font-size="13" fill="#55606b"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE_PX} {height}">',
        f'<text x="0" y="16" {text}>{MAIN[0]}x{MAIN[1]}, milliseconds a picture, median of each stage</text>',
    ]
    for position, (stage, colour) in enumerate(COLOURS.items()):
        x = LEFT_PX + 90 * position
        parts.append(f'<rect x="{x}" y="28" width="11" height="11" fill="{colour}"/>')
        parts.append(f'<text x="{x + 16}" y="38" {text}>{stage}</text>')
    for position, row in enumerate(rows):
        y, x, left_ms = TOP_PX + ROW_PX * position, float(LEFT_PX), longest_ms
        parts.append(f'<text x="0" y="{y + 16}" {text}>{escape(row["name"])}</text>')
        for stage in STAGES:
            shown_ms = min(row["stages"].get(stage, {"p50_ms": 0.0})["p50_ms"], left_ms)
            left_ms -= shown_ms
            parts.append(
                f'<rect x="{x:.1f}" y="{y + 3}" width="{shown_ms * scale:.1f}" height="18" fill="{COLOURS[stage]}"/>'
            )
            x += shown_ms * scale
        cut = " (cut off)" if row["ms"] > longest_ms else ""
        parts.append(f'<text x="{x + 6:.1f}" y="{y + 17}" {text}>{row["ms"]:.0f} ms{cut}</text>')
    return "\n".join([*parts, "</svg>", ""])


def section(result: dict[str, Any], day: str) -> str:
    """What stands in the README between the markers."""
    lines = [
        BEGIN,
        f"Made by `benchmarks/live.py` on {day}, in one run; ratios carry over to other machines better than times. On",
        tables(result),
        "",
        "![The stages of each way as bars](docs/bench.svg)",
        "",
        "Ratios at 1280x720 (rate, age of the picture, processor time of the network alone):",
        "",
        *(f"- {name}: {value:g}" for name, value in result["ratios"].items()),
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
    print(json.dumps(result["ratios"], indent=1))
    if arguments.guard:
        faults = below(result["ratios"])
        print("\n".join(faults) or "every ratio is above its guard")
        return 1 if faults else 0
    DOCS.mkdir(exist_ok=True)
    (DOCS / "bench.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (DOCS / "bench.svg").write_text(plot(result), encoding="utf-8")
    README.write_text(
        with_section(README.read_text(encoding="utf-8"), section(result, result.get("day", "an earlier day"))),
        encoding="utf-8",
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
