"""Draws the plots of the documentation, in SVG with text as text.

    greenless bench --json bench.json && python benchmarks/plots.py bench.json bench.svg

draws the stages that ``greenless bench`` timed.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator, ScalarFormatter

from benchmarks.comparison.candidates import MODNET, PLAIN
from realtime.commands.bench import STAGES
from realtime.commands.stage_times import MAIN

matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "greenless", "font.family": "sans-serif"})

COLOURS = {"capture": "#8a9aa9", "infer": "#2b6a8f", "finish": "#3f9e8c", "scene": "#d98e3c", "send": "#b4535a"}


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One plot."""

    title: str
    """Title of the plot."""

    lines: dict[str, list[tuple[float, float, str]]]
    """Points of each line, by its name: x (above 0), y (at least 0), label."""


def save(figure: Figure, path: Path) -> None:
    """Write a figure; the same figure gives the same bytes."""
    figure.savefig(path, format="svg", metadata={"Date": None})


def lines(panels: list[Panel], *, across: str, up: str) -> Figure:
    """Return the panels side by side. Lines of the same name have the same colour in all panels.

    Args:
        panels: one or more panels, each with at least one point.
        across: label of the x axis, which is logarithmic.
        up: label of the y axis, which begins at 0.
    """
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    figure = Figure(figsize=(4.8 * len(panels), 4 + 0.2 * len(names)), layout="constrained")
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        for name, points in panel.lines.items():
            x, y, labels = zip(*points, strict=True)
            colour = f"C{names.index(name)}"
            axes.plot(x, y, "o-", color=colour, label=name, markersize=4)
            for at, label in zip(zip(x, y, strict=True), labels, strict=True):
                axes.annotate(label, at, (4, 5), textcoords="offset points", fontsize=7, color=colour)
        axes.set(title=panel.title, xlabel=across, ylabel=up, xscale="log")
        axes.margins(0.12)
        axes.set_ylim(bottom=0)
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.grid(color="#dddddd")
    handles = {
        label: line for axes in figure.axes for line, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(list(handles.values()), list(handles), loc="outside lower left", frameon=False)
    return figure


def bars(result: dict[str, Any]) -> Figure:
    """Return the stages of each candidate at the main size, as ``bench`` and ``benchmarks/live.py`` time them.

    The axis ends behind the longest row of greenless; a longer bar leaves the plot, marked by dots. Each row shows its
    total time.
    """
    size = f"{MAIN[0]}x{MAIN[1]}"
    rows = result["sizes"][size]["stages"]
    totals_ms = [sum(_ms(row, stage) for stage in STAGES) for row in rows]
    ours_ms = [ms for row, ms in zip(rows, totals_ms, strict=True) if row["name"] not in (PLAIN, MODNET)]
    longest_ms = 1.15 * max(ours_ms or totals_ms)
    figure = Figure(figsize=(8.2, 1.2 + 0.28 * len(rows)), layout="constrained")
    axes = figure.subplots()
    left_ms = [0.0] * len(rows)
    for stage in STAGES:
        widths_ms = [_ms(row, stage) for row in rows]
        if max(widths_ms) > 0.1:
            axes.barh(range(len(rows)), widths_ms, left=left_ms, color=COLOURS[stage], label=stage)
        left_ms = [left + width for left, width in zip(left_ms, widths_ms, strict=True)]
    for position, ms in enumerate(totals_ms):
        axes.text(min(ms, longest_ms), position, f" {'… ' * (ms > longest_ms)}{ms:.0f} ms", va="center")
    axes.set_yticks(range(len(rows)), [row["name"] for row in rows])
    axes.invert_yaxis()
    axes.set_xlim(0, longest_ms)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title(f"{size}: milliseconds per frame, stages in sequence", loc="left")
    figure.legend(loc="outside lower left", ncols=len(STAGES), frameon=False)
    return figure


def _ms(row: dict[str, Any], stage: str) -> float:
    """Return the median wall-clock time of a stage; 0 if the candidate does not have it."""
    return float(row["stages"].get(stage, {"p50_ms": 0.0})["p50_ms"])


def main() -> None:
    """Draw the stages of a result of ``greenless bench``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result", type=Path, help="the file that greenless bench --json wrote")
    parser.add_argument("output", type=Path, help="the .svg file to write")
    asked = parser.parse_args()
    save(bars(json.loads(asked.result.read_text(encoding="utf-8"))), asked.output)


if __name__ == "__main__":
    main()
