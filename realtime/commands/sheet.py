"""Draws a sheet of images: rows of tiles with gaps between them, and a title above a tile."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from realtime.frame import Alpha, Pixels
from realtime.media.image_file import write_picture

TILE_PX = 400
"""Width of a tile, and the longer side of its image."""

GAP_PX = 8
TITLE_PX = 26
PAPER, INK = (245,) * 3, (30,) * 3


def write_sheet(path: Path, rows: Sequence[Pixels]) -> None:
    """Write the rows below each other.

    Args:
        path: a ``.png`` or ``.jpg``.
        rows: from ``row``, with the same number of tiles.

    Raises:
        realtime.errors.SinkError: the disk is full, or the folder is not writable.
    """
    write_picture(path, _framed(np.concatenate(rows), GAP_PX, 0, GAP_PX, 0))


def row(images: Sequence[Pixels], titles: Sequence[str] = ()) -> Pixels:
    """Return ``(H, W, 3) uint8 BGR``: a tile for each image, each with a gap on the right and below.

    Args:
        images: each ``(H, W, 3) uint8 BGR``, all of one size.
        titles: the texts above the tiles from the left; empty for none.
    """
    tiles = np.concatenate([_tile(pixels) for pixels in images], axis=1)
    if not titles:
        return tiles
    titled = _framed(tiles, TITLE_PX, 0, 0, 0)
    for number, title in enumerate(titles):
        place = (number * (TILE_PX + GAP_PX), TITLE_PX - 8)
        cv2.putText(titled, title, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK, 1, cv2.LINE_AA)
    return titled


def grey(alpha: Alpha) -> Pixels:
    """Return a matte as an image: ``(H, W, 3) uint8``."""
    return np.repeat(np.rint(np.clip(alpha, 0, 1) * 255).astype(np.uint8)[..., None], 3, axis=2)


def _tile(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    scale = TILE_PX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    left = (TILE_PX - size[0]) // 2
    return _framed(np.asarray(small, np.uint8), 0, GAP_PX, left, TILE_PX - size[0] - left + GAP_PX)


def _framed(pixels: Pixels, top: int, bottom: int, left: int, right: int) -> Pixels:
    framed = cv2.copyMakeBorder(pixels, top, bottom, left, right, cv2.BORDER_CONSTANT, value=PAPER)
    return np.asarray(framed, np.uint8)
