"""Reads images and their true mattes from two folders, one by one.

``Pair`` is one image; ``ClipFrame`` is a frame of a clip, for ``models.steadiness`` and ``models.shake``.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.errors import GreenlessError
from models.home import entries
from models.metrics import Alpha

Pixels = npt.NDArray[np.uint8]
"""An image: ``(H, W, 3) uint8 BGR``, in OpenCV's order."""

SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})


@dataclass(frozen=True, kw_only=True, eq=False)
class Pair:
    """An image and its true matte."""

    name: str
    """The stem of the file, or any other unique name."""

    pixels: Pixels
    """``(H, W, 3) uint8 BGR``"""

    alpha: Alpha
    """``(H, W) float32 in [0, 1]``"""


@dataclass(frozen=True, kw_only=True, eq=False)
class ClipFrame:
    """One frame of a clip, with its true matte and motion if they are known."""

    pixels: Pixels
    """``(H, W, 3) uint8 BGR``"""

    alpha: Alpha | None = None
    """``(H, W) float32 in [0, 1]``; None if the true matte is unknown."""

    place_px: tuple[float, float] | None = None
    """Offset ``(x, y)`` of the whole frame from the first one. If it is None, optical flow estimates the motion."""


def read_pairs(images: Path, mattes: Path) -> Iterator[Pair]:
    """Read every image of ``images`` with ``mattes/STEM.png``, sorted by name.

    Raises:
        GreenlessError: a folder contains no image, a matte is missing or of another size, or a file is not an image.
    """
    for path in picture_files(images):
        yield _read_pair(path, mattes / f"{path.stem}.png")


def picture_files(folder: Path) -> list[Path]:
    """Return the images of a folder, sorted by name.

    Raises:
        GreenlessError: there are none.
    """
    found = [path for path in entries(folder) if path.suffix.lower() in SUFFIXES]
    if not found:
        raise GreenlessError(f"no images in {folder}", cure="Name a folder of .jpg or .png files")
    return found


def _read_pair(image: Path, matte: Path) -> Pair:
    pixels = _read(image, cv2.IMREAD_COLOR)
    alpha = np.asarray(_read(matte, cv2.IMREAD_GRAYSCALE) / 255, np.float32)
    if alpha.shape != pixels.shape[:2]:
        raise GreenlessError(
            f"{matte} is {alpha.shape} (h, w), its image {pixels.shape[:2]}",
            cure="Save the matte at the size of the image",
        )
    return Pair(name=image.stem, pixels=pixels, alpha=alpha)


def _read(path: Path, flags: int) -> Pixels:
    if not os.path.exists(path):
        raise GreenlessError(f"{path} is missing", cure="Every image needs a matte with the same stem, as .png")
    pixels = cv2.imread(str(path), flags)
    if pixels is None:
        raise GreenlessError(f"{path} is not an image that OpenCV can read", cure="Remove it or save it again")
    return np.asarray(pixels, np.uint8)
