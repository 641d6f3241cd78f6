"""Reads the people and rooms that training images are made of. ``pack`` stores them for a training.

``wrong_labels.txt`` names what has a wrong matte in the project's data: a training leaves it out.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from cv2.typing import MatLike

from models.errors import GreenlessError
from models.pairs import Pixels
from models.training.foreground import estimate_foreground

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}

WRONG_LABELS = Path(__file__).with_name("wrong_labels.txt")
"""The stems of images, and the names of sequences, whose matte is wrong, one a line; ``#`` begins a comment."""


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
    """List image and matte (a PNG of the same stem in ``FOLDER/mattes``) of all people, sorted folder by folder.

    Images with a wrong matte are left out, see ``WRONG_LABELS``.
    """
    return [
        (image, folder / "mattes" / f"{image.stem}.png")
        for folder in folders
        for image in list_images(folder / "images")
        if image.stem not in wrong_labels()
    ]


@cache
def wrong_labels() -> frozenset[str]:
    """Return the names in ``WRONG_LABELS``."""
    lines = WRONG_LABELS.read_text(encoding="utf-8").splitlines()
    return frozenset(filter(None, (line.partition("#")[0].strip() for line in lines)))


def list_sequences(folders: Sequence[Path]) -> list[list[tuple[Path, Path]]]:
    """List image and matte (a PNG of the same stem beside it) of the frames of each sequence, in their order.

    Sequences with wrong mattes are left out, see ``WRONG_LABELS``.

    Raises:
        GreenlessError: a folder is missing or contains no sequence of two frames or more.
    """
    found = []
    for folder in folders:
        places = sorted(p for p in folder.iterdir() if p.is_dir()) if os.path.isdir(folder) else []
        frames = [[(image, image.with_suffix(".png")) for image in sorted(place.glob("*.jpg"))] for place in places]
        if not any(len(sequence) > 1 for sequence in frames):
            raise GreenlessError(f"no sequences in {folder}", cure="Name a folder of folders with 00.jpg, 00.png, ...")
        found += [row for row in frames if len(row) > 1 and row[0][0].parent.name not in wrong_labels()]
    return found


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
