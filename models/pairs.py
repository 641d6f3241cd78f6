"""Pictures with their true mattes, as they are measured: read from folders, one after another.

In: two folders. Out: ``Pair`` for stills, and ``ClipFrame`` for what moves (``models.steadiness``, ``models.shake``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.errors import GreenlessError
from models.metrics import Alpha

Pixels = npt.NDArray[np.uint8]
"""A picture: ``(H, W, 3) uint8 BGR``, OpenCV's order."""

SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})


@dataclass(frozen=True, kw_only=True, eq=False)
class Pair:
    """A picture and the truth about it."""

    name: str
    """The file's stem, or what else people call it."""

    pixels: Pixels
    """``(H, W, 3) uint8 BGR``"""

    alpha: Alpha
    """``(H, W) float32 in [0, 1]``"""


@dataclass(frozen=True, kw_only=True, eq=False)
class ClipFrame:
    """One frame of a clip, and what is known of it."""

    pixels: Pixels
    """``(H, W, 3) uint8 BGR``"""

    alpha: Alpha | None = None
    """``(H, W) float32 in [0, 1]``; None where the true matte is not known."""

    place_px: tuple[float, float] | None = None
    """Where the whole picture stands, ``(x, y)`` against its first frame, where that is known; None: it is looked for
    by optical flow."""


def read_pairs(images: Path, mattes: Path) -> Iterator[Pair]:
    """Read every picture of ``images`` with ``mattes/STEM.png``, in the order of their names.

    Raises:
        GreenlessError: a folder holds no picture, a matte is missing or of another size, or a file is no picture.
    """
    paths = sorted(path for path in images.glob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise GreenlessError(f"no pictures in {images}", cure="Name a folder of .jpg or .png files")
    for path in paths:
        yield _read_pair(path, mattes / f"{path.stem}.png")


def _read_pair(image: Path, matte: Path) -> Pair:
    pixels = _read(image, cv2.IMREAD_COLOR)
    alpha = np.asarray(_read(matte, cv2.IMREAD_GRAYSCALE) / 255, np.float32)
    if alpha.shape != pixels.shape[:2]:
        raise GreenlessError(
            f"{matte} is {alpha.shape} (h, w), its picture {pixels.shape[:2]}", cure="Save it at that size"
        )
    return Pair(name=image.stem, pixels=pixels, alpha=alpha)


def _read(path: Path, flags: int) -> Pixels:
    if not path.exists():
        raise GreenlessError(f"{path} is missing", cure="Every picture needs a matte of its stem, as .png")
    pixels = cv2.imread(str(path), flags)
    if pixels is None:
        raise GreenlessError(f"{path} is no picture that OpenCV can read", cure="Remove it or save it anew")
    return np.asarray(pixels, np.uint8)
