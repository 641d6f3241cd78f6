"""Draws what the preview window shows of a composite: pure functions."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from realtime.frame import Composite, Pixels, halved

PLACEHOLDER_PX = (360, 640)
"""Height and width of the window's content before the first composite."""

TILE_PX = 16
"""Side of one tile of the checkerboard that shows transparency."""

TILE_GREYS = (110, 150)


@dataclass(frozen=True, kw_only=True)
class PreviewOptions:
    """How the preview window shows the composites."""

    mirror: bool = False
    """Mirror the image, in this window only. Notices stay readable."""

    side_by_side: bool = False
    """Show frame, composite and matte side by side, instead of the composite alone."""

    stats: bool = False
    """Write figures over the image."""


def draw(composite: Composite, options: PreviewOptions, stats: str) -> Pixels:
    """Draw ``composite`` as ``(H, W, 3) uint8 BGR``. Side by side, each of the three images has half the size."""
    panels = [_shown(composite)]
    if options.side_by_side:
        matte = cv2.cvtColor(composite.matte.alpha8, cv2.COLOR_GRAY2BGR)
        panels = [composite.frame.pixels, panels[0], np.asarray(matte, np.uint8)]
        panels = [halved(panel) for panel in panels]
    if options.mirror and not composite.notice:
        panels = [np.asarray(cv2.flip(panel, 1), np.uint8) for panel in panels]
    canvas = np.hstack(panels)  # copies, so that writing on it changes no composite
    return _written(canvas, stats) if options.stats else canvas


def placeholder() -> Pixels:
    """Draw the window's content before the first composite."""
    return _written(np.full((*PLACEHOLDER_PX, 3), 40, np.uint8), "waiting for the first frame")


def _shown(composite: Composite) -> Pixels:
    """Return the composite, over a checkerboard if it is transparent."""
    if not composite.transparent:
        return composite.pixels
    rest = cv2.bitwise_not(composite.matte.alpha8)
    tiles = cv2.multiply(_tiles(*composite.pixels.shape[:2]), cv2.merge((rest, rest, rest)), scale=1 / 255)
    return np.asarray(cv2.add(composite.pixels, tiles), np.uint8)


@lru_cache(maxsize=1)
def _tiles(height_px: int, width_px: int) -> Pixels:
    rows, columns = np.indices((height_px, width_px)) // TILE_PX
    return np.repeat(np.choose((rows + columns) % 2, TILE_GREYS).astype(np.uint8)[..., None], 3, axis=2)


def _written(canvas: Pixels, text: str) -> Pixels:
    """Write ``text`` into the upper left corner of ``canvas``, on a darkened strip. The font has ASCII only."""
    scale = max(0.4, canvas.shape[1] / 1600)
    step, thin = round(32 * scale), max(1, round(1.6 * scale))
    lines = text.encode("ascii", "replace").decode().splitlines()
    wide = max(cv2.getTextSize(line, cv2.FONT_HERSHEY_SIMPLEX, scale, thin)[0][0] for line in lines) if lines else 0
    strip = canvas[: len(lines) * step + step // 2, : wide + 16]
    strip //= 3  # not an outline, because OpenCV 5 spaces thick letters wider than thin ones
    for row, line in enumerate(lines, start=1):
        at = (8, row * step)
        cv2.putText(canvas, line, at, cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), thin, cv2.LINE_AA)
    return canvas
