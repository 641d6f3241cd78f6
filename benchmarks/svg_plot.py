"""Draws line plots with labelled points as SVG, in panels side by side: logarithmic x axis, linear y axis."""

import math
from dataclasses import dataclass
from html import escape
from pathlib import Path

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 460, 360, 54, 30, 34, 48
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#17becf", "#7f7f7f")
INK, GRID, PAPER = "#333333", "#dddddd", "#ffffff"


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One plot."""

    title: str
    """Title of the plot."""

    lines: dict[str, list[tuple[float, float, str]]]
    """Points of each line, by its name: x (above 0), y (at least 0), label."""


def draw(path: Path, panels: list[Panel], *, across: str, up: str) -> None:
    """Write the panels to ``path``. Lines of the same name have the same colour in all panels.

    Args:
        path: the ``.svg`` file.
        panels: one or more panels, each with at least one point.
        across: label of the x axis.
        up: label of the y axis, which begins at 0.
    """
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
    legend_px = 18 * len(names) + 8
    size = (WIDTH * len(panels), HEIGHT + legend_px)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" width="{size[0]}" '
        f'height="{size[1]}" font-family="sans-serif" font-size="12" fill="{INK}">',
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
    ]
    for number, panel in enumerate(panels):
        parts += [f'<g transform="translate({number * WIDTH} 0)">', *_panel(panel, colours, across, up), "</g>"]
    for number, name in enumerate(names):
        y = HEIGHT + 18 * number + 6
        parts.append(f'<rect x="{LEFT}" y="{y}" width="22" height="4" fill="{colours[name]}"/>')
        parts.append(f'<text x="{LEFT + 30}" y="{y + 6}">{escape(name)}</text>')
    path.write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")


def _panel(panel: Panel, colours: dict[str, str], across: str, up: str) -> list[str]:
    points = [point for line in panel.lines.values() for point in line]
    ticks, high = _log_ticks(min(p[0] for p in points), max(p[0] for p in points)), max(p[1] for p in points) * 1.08
    low, far = math.log(ticks[0]), math.log(ticks[-1])

    def place(x: float, y: float) -> tuple[float, float]:
        share = (math.log(x) - low) / (far - low)
        return LEFT + share * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y / high * (HEIGHT - TOP - BOTTOM)

    middle = (LEFT + WIDTH - RIGHT) / 2
    parts = [f'<text x="{middle}" y="20" text-anchor="middle" font-weight="bold">{escape(panel.title)}</text>']
    for tick in ticks:
        x, foot = place(tick, 0)
        parts.append(f'<path d="M{x:.1f} {TOP}V{foot:.1f}" stroke="{GRID}"/>')
        parts.append(f'<text x="{x:.1f}" y="{foot + 16:.1f}" text-anchor="middle">{tick:g}</text>')
    for tick in _linear_ticks(high):
        x, y = place(ticks[0], tick)
        parts.append(f'<path d="M{x:.1f} {y:.1f}H{WIDTH - RIGHT}" stroke="{GRID}"/>')
        parts.append(f'<text x="{x - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>')
    parts.append(f'<text x="{middle}" y="{HEIGHT - 12}" text-anchor="middle">{escape(across)}</text>')
    parts.append(f'<text transform="translate(14 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">{escape(up)}</text>')
    for name, line in panel.lines.items():
        placed = [place(x, y) for x, y, _ in line]
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f'<polyline points="{way}" fill="none" stroke="{colours[name]}" stroke-width="2"/>')
        for (x, y), (_, _, label) in zip(placed, line, strict=True):
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colours[name]}"/>')
            parts.append(
                f'<text x="{x + 4:.1f}" y="{y - 6:.1f}" font-size="9" fill="{colours[name]}" stroke="{PAPER}" '
                f'stroke-width="3" paint-order="stroke">{escape(label)}</text>'
            )
    return parts


def _log_ticks(low: float, high: float) -> list[float]:
    """Return 1, 2, 5, 10 ... from below ``low`` to above ``high``."""
    steps = [mantissa * 10.0**power for power in range(-3, 7) for mantissa in (1, 2, 5)]
    first = max(i for i, step in enumerate(steps) if step < low)
    last = min(i for i, step in enumerate(steps) if step > high)
    return steps[first : last + 1]


def _linear_ticks(high: float) -> list[float]:
    """Return about five round numbers from 0 to ``high``."""
    rough = high / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(mantissa * power for mantissa in (1, 2, 5, 10) if mantissa * power >= rough)
    return [step * i for i in range(int(high / step) + 1)]
