"""The tables that ``greenless evaluate`` prints."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from models.evaluation import Evaluation
    from models.steadiness import Steadiness

WORST = 10
"""So many of the worst images or clips have a line."""

NO_KINDS: Mapping[str, str] = MappingProxyType({})


def worst(measured: "Evaluation", kinds: Mapping[str, str] = NO_KINDS) -> list[tuple[str, str]]:
    """Return the name and figures of every image with its kind, the largest MAD first."""
    rows = sorted(measured.pictures.items(), key=lambda item: -item[1].mad)
    return [
        (name, f"MAD {1000 * row.mad:.1f}, in the band {1000 * row.band_mad:.0f}, IoU {row.iou:.3f}{_of(kinds, name)}")
        for name, row in rows
    ]


def table(measured: "Evaluation", kinds: Mapping[str, str] = NO_KINDS) -> str:
    """The means over the whole picture and within the unknown band, and the worst pictures; units as in the papers."""
    means = asdict(measured.mean)
    lines = [f"{len(measured.pictures)} pictures, mean", f"{'':24}{'whole':>10}{'band':>10}"]
    for name, unit, scale in (
        *(("iou", "at 0.5", 1), ("mad", "x 1000", 1000), ("mse", "x 1000", 1000)),
        *(("sad", "in thousands", 1), ("grad", "in thousands", 1), ("conn", "in thousands", 1)),
    ):
        label = {"iou": "IoU", "grad": "Grad", "conn": "Conn"}.get(name, name.upper())
        values = "".join(f"{means[prefix + name] * scale:10.4f}" for prefix in ("", "band_"))
        lines.append(f"  {label:<6}{unit:<16}{values}")
    lines += ["the worst by MAD x 1000", *(f"  {name}: {figures}" for name, figures in worst(measured, kinds)[:WORST])]
    return "\n".join(lines)


def kinds_table(groups: "Mapping[str, Evaluation]") -> str:
    """A line a kind; MAD x 1000."""
    columns = ("images", "IoU", "MAD", "band MAD")
    lines = [f"{'by kind':<24}{''.join(f'{column:>10}' for column in columns)}"]
    for kind, group in groups.items():
        mean = group.mean
        figures = f"{mean.iou:10.4f}{1000 * mean.mad:10.2f}{1000 * mean.band_mad:10.2f}"
        lines.append(f"  {kind[:21]:<22}{len(group.pictures):10}{figures}")
    return "\n".join(lines)


def steadiness_table(rows: "Mapping[str, Steadiness]") -> str:
    """A line a clip, at most the worst ten, and the mean; units as in the papers."""
    from models.steadiness import mean_steadiness

    lines = [f"{'':32}{'MAD x 1000':>12}{'dtSSD x 100':>12}{'MESSDdt x 1000':>16}{'warp x 1000':>12}"]
    shown = sorted(rows.items(), key=lambda item: -item[1].warp)[:WORST]
    for name, row in [*shown, (f"mean of {len(rows)}", mean_steadiness(rows.values()))]:
        values = ((row.mad, 1000, 12), (row.dtssd, 100, 12), (row.messddt, 1000, 16), (row.warp, 1000, 12))
        cells = (f"{'-' if math.isnan(value) else f'{value * scale:.3f}':>{width}}" for value, scale, width in values)
        lines.append(f"{name[:31]:<32}{''.join(cells)}")
    return "\n".join(lines)


def _of(kinds: Mapping[str, str], name: str) -> str:
    return f", {kinds[name]}" if name in kinds else ""
