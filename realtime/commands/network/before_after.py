"""Draws a comparison sheet of an adaptation: original | before | after, one frame per row, on a green background."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from models.evaluation import Predict, matte_of
from realtime.frame import Alpha, Pixels
from realtime.media.image_file import write_picture

Picture = TypeVar("Picture", Pixels, Alpha)

TILE_WIDTH_PX = 480
GAP_PX = 8
TITLE_PX = 30
PAPER, INK = 245, 30
LIGHT, DARK = (110, 200, 110), (60, 160, 60)
"""BGR of the squares of the background. Remains of the room stand out on such a regular pattern."""

SQUARE_PX = 16
TITLES = ("original", "before", "after")


def write_sheet(path: Path, before: Predict, after: Predict, pictures: Sequence[Pixels]) -> None:
    """Write the sheet.

    Args:
        path: a ``.png``.
        before: the original network.
        after: the adapted network.
        pictures: one frame per row, ``(H, W, 3) uint8 BGR``.

    Raises:
        realtime.errors.SinkError: the disk is full, or the folder is not writable.
    """
    rows = [_row(picture, (before, after)) for picture in pictures]
    sheet = np.concatenate([_titles(rows[0].shape[1]), *rows])
    framed = cv2.copyMakeBorder(sheet, 0, 0, GAP_PX, 0, cv2.BORDER_CONSTANT, value=(PAPER,) * 3)
    write_picture(path, np.asarray(framed, np.uint8))


def checkerboard(height_px: int, width_px: int) -> Pixels:
    """Return ``(H, W, 3) uint8 BGR``: light and dark green squares."""
    y, x = np.indices((height_px, width_px)) // SQUARE_PX
    squares: Pixels = np.array((DARK, LIGHT), np.uint8)[(x + y) % 2]
    return squares


def _row(picture: Pixels, networks: Sequence[Predict]) -> Pixels:
    height_px = max(1, round(TILE_WIDTH_PX * picture.shape[0] / picture.shape[1]))
    plate = checkerboard(height_px, TILE_WIDTH_PX)
    original = _tile(picture)
    mattes = [np.clip(_tile(matte_of(network, picture)), 0, 1) for network in networks]
    tiles = [original, *(cv2.blendLinear(original, plate, alpha, 1 - alpha) for alpha in mattes)]
    gaps = (0, GAP_PX, 0, GAP_PX)
    framed = [cv2.copyMakeBorder(tile, *gaps, cv2.BORDER_CONSTANT, value=(PAPER,) * 3) for tile in tiles]
    return np.concatenate(framed, axis=1).astype(np.uint8)


def _tile(picture: Picture) -> Picture:
    """Resize a frame or a matte to ``TILE_WIDTH_PX``."""
    height_px = max(1, round(TILE_WIDTH_PX * picture.shape[0] / picture.shape[1]))
    way = cv2.INTER_AREA if picture.shape[1] > TILE_WIDTH_PX else cv2.INTER_LINEAR
    return cv2.resize(picture, (TILE_WIDTH_PX, height_px), interpolation=way).astype(picture.dtype, copy=False)


def _titles(width_px: int) -> Pixels:
    band = np.full((TITLE_PX, width_px, 3), PAPER, np.uint8)
    for column, title in enumerate(TITLES):
        place = (column * (TILE_WIDTH_PX + GAP_PX), TITLE_PX - 10)
        cv2.putText(band, title, place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (INK,) * 3, 1, cv2.LINE_AA)
    return band
