"""Formats the result of ``run`` as Markdown tables."""

from collections.abc import Sequence
from typing import Any

from realtime.commands.bench import HEAD, STAGES, machine_line


def tables(result: dict[str, Any], stages_at: Sequence[str] | None = None) -> str:
    """Format the summary: medians, live runs and ratios.

    Args:
        result: the result of ``run``.
        stages_at: sizes whose stages to show; None for all.
    """
    lines = [machine_line(result)]
    for size, measured in result["sizes"].items():
        if stages_at is None or size in stages_at:
            title = (
                f"**{size}**, one frame after the other: wall-clock ms (p50) of each stage, and CPU ms of all stages"
            )
            lines += ["", title, "", *markdown(HEAD, stage_cells(measured["stages"]))]
        if measured["live"]:
            lines += ["", *_live(size, measured["live"], measured["stages"])]
        for rows in measured.get("governed", ()):  # older results have none
            lines += ["", *_live(size, rows, measured["stages"])]
    if result["ratios"]:
        title = "**How many times better** than the plain implementation, at 1280x720:"
        lines += ["", title, "", *_ratios(result["ratios"])]
    return "\n".join([*lines, "", *_footprint(result["footprint"]), *(f"Left out: {x}" for x in result["missing"])])


def details(result: dict[str, Any]) -> str:
    """Format every stage of every candidate at every size: wall time p50 and p95, and median CPU time."""
    lines = [machine_line(result)]
    for size, measured in result["sizes"].items():
        head = ["configuration", "network", *STAGES[:2], "of it prepare", *STAGES[2:]]
        body = []
        for row in measured["stages"]:
            timed = [row["stages"].get(name) for name in (*STAGES[:2], "prepare", *STAGES[2:])]
            cells = [
                f"{stage['p50_ms']:.1f} / {stage['p95_ms']:.1f} / {stage['processor_ms']:.1f}" if stage else ""
                for stage in timed
            ]
            body.append([row["name"], row["network"], *cells])
        lines += ["", f"**{size}**: ms, wall clock p50 / wall clock p95 / CPU (median)", "", *markdown(head, body)]
    return "\n".join(lines)


def stage_cells(rows: list[dict[str, Any]]) -> list[list[str]]:
    """Return a row per candidate, with the columns of ``HEAD``."""
    body = []
    for row in rows:
        stages = [f"{row['stages'][name]['p50_ms']:.1f}" if name in row["stages"] else "" for name in STAGES]
        cells = [f"{row['processor_ms']:.1f}", f"{row['fps']:.1f}", mad(row)]
        body.append([row["name"], row["network"], *stages, *cells])
    return body


def mad(row: dict[str, Any] | None) -> str:
    """Return the mean error of a candidate's mattes; empty for random weights, whose error means nothing."""
    if row is None or row["mad"] is None or row["name"].startswith("MODNet"):
        return ""
    return f"{1000 * row['mad']:.1f}"


def _live(size: str, rows: list[dict[str, Any]], stages: list[dict[str, Any]]) -> list[str]:
    of_stages = {row["name"]: row for row in stages}
    head = [
        "configuration",
        "network",
        "fps",
        "latency p50, ms",
        "latency p95, ms",
        "CPU, % of a core",
        "fps, no camera",
    ]
    body = [
        [
            row["name"],
            row["network"],
            f"{row['fps']:.1f}",
            f"{row['age_ms']['p50']:.0f}",
            f"{row['age_ms']['p95']:.0f}",
            f"{100 * row['processor_share']:.0f}",
            "" if row["loop_fps"] is None else f"{row['loop_fps']:.1f}",
            mad(of_stages.get(row["name"])),
        ]
        for row in rows
    ]
    title = f"**{size}**, live from a webcam at {rows[0]['asked_fps']:g} fps; *fps, no camera* is without its limit"
    return [title, "", *markdown([*head, "MAD x 1000"], body)]


RATIOS = {
    "CPU time": ("processor of plain / ", ""),
    "network, against MODNet": ("network of MODNet, ONNX Runtime f32 / ", ""),
    "fps, no camera": ("loop of ", " / plain"),
    "latency": ("age of plain / ", ""),
}
"""Columns of the table of ratios: prefix and suffix of the candidate's name in the keys."""


def _ratios(ratios: dict[str, float]) -> list[str]:
    candidates = [key.removeprefix(before) for key in ratios for before, _ in [RATIOS["CPU time"]] if before in key]
    body = []
    for candidate in candidates:
        values = [ratios.get(f"{before}{candidate}{after}") for before, after in RATIOS.values()]
        body.append([candidate, *("" if value is None else f"{value:g}" for value in values)])
    return markdown(["configuration", *RATIOS], body, left=1)


def _footprint(found: dict[str, Any]) -> list[str]:
    def said(value: float | None, unit: str) -> str:
        return "unknown" if value is None else f"{value:g} {unit}"

    return [
        f"First frame after {said(found['start_s'], 's')} (at the very first start, before the runtime is chosen: "
        f"{said(found['first_start_s'], 's')}); memory with ONNX Runtime: {said(found['memory_mb'], 'MB')}.",
    ]


def markdown(head: Sequence[str], body: list[list[str]], *, left: int = 2) -> list[str]:
    """Return a Markdown table with aligned columns, so that it is readable as text too.

    Args:
        head: the titles of the columns.
        body: the rows.
        left: the number of columns with words; the others are numbers, aligned on the right.
    """
    rows = [list(head), *body]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]

    def line(cells: list[str]) -> str:
        padded = [
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rules = ["-" * (width + 2) if column < left else "-" * (width + 1) + ":" for column, width in enumerate(widths)]
    return [line(list(head)), f"|{'|'.join(rules)}|", *map(line, body)]
