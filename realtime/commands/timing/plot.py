"""Draws the stages of every candidate as bars, in SVG for browsers and GitHub."""

from html import escape
from typing import Any

from realtime.commands.timing.machine import MAIN, MODNET, PLAIN
from realtime.commands.timing.stage_table import STAGES

COLOURS = {"capture": "#8a9aa9", "infer": "#2b6a8f", "finish": "#3f9e8c", "scene": "#d98e3c", "send": "#b4535a"}
INK, PAPER = "#333333", "#ffffff"
WIDE_PX, ROW_PX, LEFT_PX, RIGHT_PX, TOP_PX, MARGIN_PX = 820, 28, 240, 80, 74, 16
BREAK_PX = 14


def plot(result: dict[str, Any]) -> str:
    """Return the SVG for the main size. Bars that are too long are broken; each row shows its total time."""
    rows = result["sizes"][f"{MAIN[0]}x{MAIN[1]}"]["stages"]
    ours = [row for row in rows if row["name"] not in (PLAIN, MODNET)]
    longest_ms: float = 1.15 * max((_median_ms(row) for row in ours or rows), default=1.0)
    scale = (WIDE_PX - LEFT_PX - RIGHT_PX) / longest_ms
    height = TOP_PX + ROW_PX * len(rows) + MARGIN_PX
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE_PX} {height}" width="{WIDE_PX}" '
        f'height="{height}" font-family="sans-serif" font-size="13" fill="{INK}">',
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        f'<text x="{MARGIN_PX}" y="26" font-weight="bold">{MAIN[0]}x{MAIN[1]}: milliseconds per frame, '
        "stages in sequence</text>",
    ]
    shown = [stage for stage in STAGES if any(row["stages"].get(stage, {"p50_ms": 0})["p50_ms"] > 0.1 for row in ours)]
    for position, stage in enumerate(shown):
        at = LEFT_PX + 90 * position
        parts.append(f'<rect x="{at}" y="44" width="12" height="12" fill="{COLOURS[stage]}"/>')
        parts.append(f'<text x="{at + 18}" y="55">{stage}</text>')
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
            begin = x - 3 * BREAK_PX
            slant = f"M{begin:.1f} {y + 22}l8 -24h{BREAK_PX - 8}l-8 24z"
            parts.append(f'<path d="{slant}" fill="{PAPER}"/>')
        parts.append(f'<text x="{x + 7:.1f}" y="{y + 15}">{_median_ms(row):.0f} ms</text>')
    return "\n".join([*parts, "</svg>", ""])


def _median_ms(row: dict[str, Any]) -> float:
    """Return the median wall-clock time of all stages."""
    return float(sum(stage["p50_ms"] for name, stage in row["stages"].items() if name in STAGES))
