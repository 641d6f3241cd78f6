"""Draws the sheets of ``greenless adapt`` and ``greenless evaluate``.

Colours on the edge stay as they are, because corrected ones would hide remains of the room.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from models.evaluation import Predict, matte_of
from models.pairs import Pair
from realtime.commands.sheet import grey, row, write_sheet
from realtime.frame import Alpha, Pixels

LIGHT, DARK = (110, 200, 110), (60, 160, 60)
"""BGR of the squares of the background. Remains of the room stand out on such a regular pattern."""

SQUARES = 30
"""Squares across the image."""

BEHIND = (60, 180, 60)
"""BGR of the plain colour, on which remains of the room and holes in the person stand out."""


def write_comparison(path: Path, before: Predict, after: Predict, pictures: Sequence[Pixels]) -> None:
    """Write original | before | after, one frame per row, on green squares.

    Args:
        path: a ``.png``.
        before: the original network.
        after: the adapted network.
        pictures: one frame per row, ``(H, W, 3) uint8 BGR``.

    Raises:
        realtime.errors.SinkError: the disk is full, or the folder is not writable.
    """
    rows: list[Pixels] = []
    for picture in pictures:
        y, x = np.indices(picture.shape[:2]) // max(1, picture.shape[1] // SQUARES)
        squares: Pixels = np.array((DARK, LIGHT), np.uint8)[(x + y) % 2]
        shown = [_over(squares, picture, matte_of(network, picture)) for network in (before, after)]
        rows.append(row([picture, *shown], () if rows else ("original", "before", "after")))
    write_sheet(path, rows)


def write_worst(path: Path, predict: Predict, pairs: Iterable[Pair], titles: Mapping[str, str]) -> None:
    """Write original | known matte | matte | on a plain colour, one image per row.

    Args:
        path: a ``.png`` or ``.jpg``.
        predict: the network.
        pairs: the images, in any order.
        titles: the text above each, by name, in the order of the rows.

    Raises:
        realtime.errors.SinkError: the disk is full, or the folder is not writable.
    """
    rows = {}
    for pair in pairs:
        alpha = matte_of(predict, pair.pixels)
        shown = _over(np.full_like(pair.pixels, BEHIND), pair.pixels, alpha)
        tiles = [pair.pixels, grey(pair.alpha), grey(alpha), shown]
        rows[pair.name] = row(tiles, [f"{pair.name}: {titles[pair.name]}"])
    write_sheet(path, [rows[name] for name in titles])


def _over(plate: Pixels, picture: Pixels, alpha: Alpha) -> Pixels:
    alpha = np.clip(alpha, 0, 1)
    return np.asarray(cv2.blendLinear(picture, plate, alpha, 1 - alpha), np.uint8)
