"""``Log``: the figures of a training as CSV, and the memory that it reports."""

import csv
import math
from collections.abc import Iterable
from pathlib import Path


class Log:
    """``log.csv``: one row per report; a resumed run appends to it."""

    COLUMNS = (
        "step",
        "rate",
        "seconds",
        "samples_per_s",
        "memory_mb",
        "semantic_16x",
        "semantic_8x",
        "semantic",
        "detail",
        "matte",
        "laplacian",
        "flicker",
        "total",
        "iou",
        "mad",
        "band_mad",
    )

    def __init__(self, path: Path) -> None:
        self.path = path

    def row(self, **figures: float) -> None:
        """Append a row; columns without a figure stay empty."""
        if not self.path.exists():
            self._append(self.COLUMNS)
        self._append([f"{figures[c]:.6g}" if c in figures else "" for c in self.COLUMNS])

    def _append(self, values: Iterable[str]) -> None:
        with self.path.open("a", newline="") as file:
            csv.writer(file).writerow(values)


def own_memory_mb() -> float:
    """Return the private memory of this process, without mapped files; NaN if the system does not report it."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return math.nan
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("RssAnon")), math.nan)
