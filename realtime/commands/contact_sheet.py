"""``ContactSheet``: a sink that writes a few moments of a run to one PNG, a row each: original | matte | composite.

The pipeline treats it as a window: after each row it requests the next background, so that every row shows another
one.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import cv2
import numpy as np

from realtime.frame import Composite, Pixels
from realtime.media.image_file import write_picture
from realtime.sinks.base import Action

TILE_WIDTH_PX = 480
GAP_PX = 8
PAPER = 245


class ContactSheet:
    """Collects rows and writes them.

    Args:
        path: the PNG, written by ``close``.
        moments_s: when to add a row, in seconds after the first composite, ascending.
    """

    def __init__(self, path: Path, moments_s: Sequence[float]) -> None:
        self._path = path
        self._moments_s = list(moments_s)
        self._first_s: float | None = None
        self._rows: list[Pixels] = []
        self._turned = 0

    @property
    def name(self) -> str:
        """The name in messages."""
        return f"contact sheet {self._path}"

    def send(self, composite: Composite) -> None:
        """Add a row at each of the moments; ignore notices."""
        if composite.notice:
            return
        if self._first_s is None:
            self._first_s = composite.frame.captured_s
        if self._moments_s and composite.frame.captured_s - self._first_s >= self._moments_s[0]:
            del self._moments_s[0]
            self._rows.append(_row(composite))

    def pump(self, stats: str) -> Sequence[Action]:
        """Request the next background after each row."""
        if self._turned == len(self._rows):
            return []
        self._turned += 1
        return [Action.NEXT_BACKGROUND]

    def close(self) -> None:
        """Write the sheet, if it has a row.

        Raises:
            realtime.errors.SinkError: the disk is full, or the folder is not writable.
        """
        rows, self._rows = self._rows, []
        if not rows:
            return
        sheet = cv2.copyMakeBorder(np.concatenate(rows), GAP_PX, 0, GAP_PX, 0, cv2.BORDER_CONSTANT, value=(PAPER,) * 3)
        write_picture(self._path, sheet.astype(np.uint8))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _row(composite: Composite) -> Pixels:
    """Return ``(H, W, 3) uint8 BGR``: three tiles, each with a gap on the right and below."""
    grey = np.round(composite.matte.alpha * 255).astype(np.uint8)
    matte = cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
    height_px = round(TILE_WIDTH_PX * composite.frame.height_px / composite.frame.width_px)
    tiles = [
        cv2.copyMakeBorder(
            cv2.resize(tile, (TILE_WIDTH_PX, height_px), interpolation=cv2.INTER_AREA),
            *(0, GAP_PX, 0, GAP_PX),
            cv2.BORDER_CONSTANT,
            value=(PAPER,) * 3,
        )
        for tile in (composite.frame.pixels, matte, composite.pixels)
    ]
    return np.concatenate(tiles, axis=1).astype(np.uint8)
