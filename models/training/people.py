"""The people and rooms that training images are made of: one file in, arrays in memory out (``pack`` keeps many)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.errors import GreenlessError
from models.foreground import estimate_foreground

Pixels = npt.NDArray[np.uint8]

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Person:
    """One picture with its matte, and what is needed to put the person elsewhere."""

    picture: Pixels
    """``(H, W, 3) uint8 BGR`` as photographed."""

    foreground: Pixels
    """``(H, W, 3) uint8 BGR`` straight colour of the person, without the old background's rim."""

    alpha: Pixels
    """``(H, W) uint8``, 255 where the person is."""

    cut: tuple[bool, bool, bool, bool]
    """Whether the picture's left, right, top and bottom border cuts the person."""


def list_pictures(folder: Path) -> list[Path]:
    """The pictures of ``folder``, sorted by name.

    Raises:
        GreenlessError: the folder is missing or holds no picture.
    """
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES) if folder.is_dir() else []
    if not found:
        raise GreenlessError(f"no pictures in {folder}", cure="Expected a folder of .jpg or .png files")
    return found


def load_person(image: Path, matte: Path, long_side_px: int) -> Person:
    """Read one pair, shrink it to ``long_side_px`` at most, estimate its foreground colour."""
    picture, alpha = cv2.imread(str(image), cv2.IMREAD_COLOR), cv2.imread(str(matte), cv2.IMREAD_GRAYSCALE)
    if picture is None or alpha is None or picture.shape[:2] != alpha.shape:
        raise GreenlessError(f"{image} and {matte} are not a picture and a matte of one size")
    scale = long_side_px / max(alpha.shape)
    if scale < 1:
        size = (max(1, round(alpha.shape[1] * scale)), max(1, round(alpha.shape[0] * scale)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    solid = alpha > 127
    return Person(
        picture=np.asarray(picture, np.uint8),
        foreground=estimate_foreground(np.asarray(picture, np.uint8), np.asarray(alpha / 255, np.float32)),
        alpha=np.asarray(alpha, np.uint8),
        cut=(bool(solid[:, :2].any()), bool(solid[:, -2:].any()), bool(solid[:2].any()), bool(solid[-2:].any())),
    )


def list_pairs(folders: Sequence[Path]) -> list[tuple[Path, Path]]:
    """The image and the matte (PNG of the same stem) of every person in ``FOLDER/images``, sorted folder by folder."""
    return [
        (image, folder / "mattes" / f"{image.stem}.png")
        for folder in folders
        for image in list_pictures(folder / "images")
    ]


def load_room(path: Path, long_side_px: int) -> Pixels:
    """Read one background and shrink it to ``long_side_px`` at most."""
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise GreenlessError(f"{path} is not an image that OpenCV reads", cure="Move it out of the folder")
    scale = long_side_px / max(pixels.shape[:2])
    if scale < 1:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(pixels, np.uint8)
