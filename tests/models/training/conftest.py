"""A handful of made-up people, sequences and rooms, so that training runs without any data."""

from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Three pictures of an ellipse, each with its matte."""
    folder = tmp_path / "people"
    for name in ("images", "mattes"):
        (folder / name).mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(3):
        matte = np.zeros((96, 80), np.uint8)
        cv2.ellipse(matte, (40, 60), (20 + 4 * number, 44), 0, 0, 360, 255, -1)
        matte = cv2.GaussianBlur(matte, (5, 5), 0)
        picture = np.where(matte[..., None] > 127, 60 * number + 90, rng.integers(0, 80, (96, 80, 3))).astype(np.uint8)
        cv2.imwrite(str(folder / "images" / f"{number}.png"), picture)
        cv2.imwrite(str(folder / "mattes" / f"{number}.png"), matte)
    return folder


@pytest.fixture
def rooms(tmp_path: Path) -> Path:
    """Two rooms of plain noise."""
    folder = tmp_path / "rooms"
    folder.mkdir()
    for number in range(2):
        noise = np.random.default_rng(number).integers(100, 255, (70, 90, 3), np.uint8)
        cv2.imwrite(str(folder / f"{number}.jpg"), noise)
    return folder


@pytest.fixture
def sequences(tmp_path: Path) -> Path:
    """One sequence of four frames: an ellipse that walks by 10 px a frame, until it touches the right border."""
    folder = tmp_path / "sequences"
    (folder / "walk").mkdir(parents=True)
    wall = np.random.default_rng(5).integers(0, 80, (96, 80, 3), np.uint8)
    for number in range(4):
        matte = np.zeros((96, 80), np.uint8)
        cv2.ellipse(matte, (32 + 10 * number, 60), (18, 44), 0, 0, 360, 255, -1)
        picture = np.where(matte[..., None] > 127, 200, wall).astype(np.uint8)
        cv2.imwrite(str(folder / "walk" / f"{number:02}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 100])
        cv2.imwrite(str(folder / "walk" / f"{number:02}.png"), matte)
    return folder
