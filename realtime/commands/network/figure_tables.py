"""The tables that ``greenless evaluate`` prints."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from realtime.commands.table import table

if TYPE_CHECKING:
    from models.evaluation import Evaluation, Figures
    from models.steadiness import Steadiness

WORST = 10
"""So many of the worst images or clips have a line."""


def worst(measured: "Evaluation", kinds: Mapping[str, str]) -> dict[str, str]:
    """Return the figures of the worst images with their kinds, by name, the largest MAD first."""
    rows = sorted(measured.pictures.items(), key=lambda item: -item[1].mad)[:WORST]
    return {name: ", ".join([_figures(row), *filter(None, [kinds.get(name)])]) for name, row in rows}


def figures_table(measured: "Evaluation", kinds: Mapping[str, str]) -> str:
    """Return the means over the image and over the unknown band, and the worst images; units as in the papers."""
    means = asdict(measured.mean)
    rows = [
        [label, unit, *(f"{means[prefix + label.lower()] * scale:.4f}" for prefix in ("", "band_"))]
        for label, unit, scale in (
            *(("IoU", "at 0.5", 1), ("MAD", "x 1000", 1000), ("MSE", "x 1000", 1000)),
            *(("SAD", "in thousands", 1), ("Grad", "in thousands", 1), ("Conn", "in thousands", 1)),
        )
    ]
    means_table = table(rows, head=("mean", "unit", "image", "band"), numbers=[2, 3])
    listed = (f"  {name}: {figures}" for name, figures in worst(measured, kinds).items())
    return "\n".join([f"{len(measured.pictures)} images", means_table, "the worst by MAD x 1000", *listed])


def kinds_table(groups: "Mapping[str, Evaluation]") -> str:
    """Return a line for each kind."""
    rows = []
    for kind, group in groups.items():
        mean = group.mean
        figures = (f"{mean.iou:.4f}", f"{1000 * mean.mad:.2f}", f"{1000 * mean.band_mad:.2f}")
        rows.append([kind, str(len(group.pictures)), *figures])
    return table(rows, head=("kind", "images", "IoU", "MAD x 1000", "band MAD x 1000"), numbers=range(1, 5))


def steadiness_table(rows: "Mapping[str, Steadiness]") -> str:
    """Return the figures of the ten worst clips, and the mean of all; units as in the papers."""
    from models.metrics import mean_of_rows

    shown = sorted(rows.items(), key=lambda item: -item[1].warp)[:WORST]
    cells = []
    for name, row in [*shown, (f"mean of {len(rows)}", mean_of_rows(rows.values()))]:
        scaled = (row.mad * 1000, row.dtssd * 100, row.messddt * 1000, row.warp * 1000)
        cells.append([name, *("-" if math.isnan(value) else f"{value:.3f}" for value in scaled)])
    head = ("clip", "MAD x 1000", "dtSSD x 100", "MESSDdt x 1000", "warp x 1000")
    return table(cells, head=head, numbers=range(1, 5))


def _figures(row: "Figures") -> str:
    return f"MAD {1000 * row.mad:.1f}, in the band {1000 * row.band_mad:.0f}, IoU {row.iou:.3f}"
