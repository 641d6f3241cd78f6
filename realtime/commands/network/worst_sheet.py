"""Draws a sheet of the worst images of a network, one per row: original | known matte | matte | on a plain colour."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import cv2
import numpy as np

from models.evaluation import Predict, matte_of
from models.pairs import Pair
from realtime.frame import Alpha, Pixels
from realtime.media.image_file import write_picture

TILE_PX = 300
"""The longer side of a tile."""

GAP_PX = 8
TITLE_PX = 26
PAPER, INK = 245, 30
BEHIND = (60, 180, 60)
"""BGR of the plain colour, on which remains of the room and holes in the person stand out."""


def write_sheet(path: Path, predict: Predict, pairs: Iterable[Pair], titles: Mapping[str, str]) -> None:
    """Write the pairs to ``path`` in the order of ``titles``.

    Args:
        path: a ``.png`` or ``.jpg``.
        predict: the network.
        pairs: the images, in any order.
        titles: the text above each, by name.

    Raises:
        realtime.errors.SinkError: the disk is full, or the folder is not writable.
    """
    rows = {
        pair.name: _row(pair, matte_of(predict, pair.pixels), f"{pair.name}: {titles[pair.name]}") for pair in pairs
    }
    sheet = np.concatenate([rows[name] for name in titles])
    framed = cv2.copyMakeBorder(sheet, *(GAP_PX,) * 4, cv2.BORDER_CONSTANT, value=(PAPER,) * 3)
    write_picture(path, np.asarray(framed, np.uint8))


def _row(pair: Pair, alpha: Alpha, title: str) -> Pixels:
    plate = np.full_like(pair.pixels, BEHIND)
    # Corrected colours would hide remains of the room.
    shown = cv2.blendLinear(pair.pixels, plate, np.clip(alpha, 0, 1), 1 - np.clip(alpha, 0, 1))
    tiles = [pair.pixels, _grey(pair.alpha), _grey(alpha), shown.astype(np.uint8)]
    row = np.concatenate([_tile(tile) for tile in tiles], axis=1)
    row = cv2.copyMakeBorder(row, TITLE_PX, 0, 0, 0, cv2.BORDER_CONSTANT, value=(PAPER,) * 3)
    cv2.putText(row, title, (0, TITLE_PX - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (INK,) * 3, 1, cv2.LINE_AA)
    return np.asarray(row, np.uint8)


def _grey(alpha: Alpha) -> Pixels:
    return np.repeat(np.rint(np.clip(alpha, 0, 1) * 255).astype(np.uint8)[..., None], 3, axis=2)


def _tile(pixels: Pixels) -> Pixels:
    """Pad a tile to the common width, with a gap on its right."""
    height, width = pixels.shape[:2]
    scale = TILE_PX / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    tile = np.full((size[1], TILE_PX + GAP_PX, 3), PAPER, np.uint8)
    left = (TILE_PX - size[0]) // 2
    tile[:, left : left + size[0]] = small
    return tile
