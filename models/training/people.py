"""Reads the people and rooms that training images are made of. ``pack`` stores them for a training."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from cv2.typing import MatLike

from models.errors import GreenlessError
from models.pairs import Pixels
from models.training.foreground import estimate_foreground

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Person:
    """A photograph with its matte, ready to be put before another room."""

    picture: Pixels
    """The photograph, ``(H, W, 3) uint8 BGR``."""

    foreground: Pixels
    """Straight colour of the person, ``(H, W, 3) uint8 BGR``, without the old background at the edge."""

    alpha: Pixels
    """``(H, W) uint8``, 255 for the person."""

    cut: tuple[bool, bool, bool, bool]
    """Whether the photograph's left, right, top and bottom border cuts the person."""


def list_images(folder: Path) -> list[Path]:
    """List the images of ``folder``, sorted by name.

    Raises:
        GreenlessError: the folder is missing or holds no image.
    """
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES) if os.path.isdir(folder) else []
    if not found:
        raise GreenlessError(f"no images in {folder}", cure="Name a folder of .jpg or .png files")
    return found


def load_person(image: Path, matte: Path, long_side_px: int) -> Person:
    """Read an image and its matte, reduce them to ``long_side_px``, and estimate the foreground colour.

    Raises:
        GreenlessError: a file cannot be read, or the sizes differ.
    """
    pixels, matte_pixels = cv2.imread(str(image), cv2.IMREAD_COLOR), cv2.imread(str(matte), cv2.IMREAD_GRAYSCALE)
    if pixels is None or matte_pixels is None or pixels.shape[:2] != matte_pixels.shape:
        raise GreenlessError(
            f"{image} and {matte} are not an image and a matte of one size", cure="Fix them, or remove both"
        )
    picture, alpha = _reduced(pixels, long_side_px), _reduced(matte_pixels, long_side_px)
    solid = alpha > 127
    return Person(
        picture=picture,
        foreground=estimate_foreground(picture, np.asarray(alpha / 255, np.float32)),
        alpha=alpha,
        cut=(bool(solid[:, :2].any()), bool(solid[:, -2:].any()), bool(solid[:2].any()), bool(solid[-2:].any())),
    )


def list_pairs(folders: Sequence[Path]) -> list[tuple[Path, Path]]:
    """List image and matte (a PNG of the same stem in ``FOLDER/mattes``) of all people, sorted folder by folder."""
    return [
        (image, folder / "mattes" / f"{image.stem}.png")
        for folder in folders
        for image in list_images(folder / "images")
    ]


def load_room(path: Path, long_side_px: int) -> Pixels:
    """Read one room and reduce it to ``long_side_px``."""
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise GreenlessError(f"{path} is not an image that OpenCV reads", cure="Move it out of the folder")
    return _reduced(pixels, long_side_px)


def _reduced(pixels: MatLike, long_side_px: int) -> Pixels:
    height, width = pixels.shape[:2]
    if (scale := long_side_px / max(height, width)) < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.asarray(pixels, np.uint8)
