"""benchmarks/flicker.py on stand-in networks: one that knows the mattes, and one whose matte flickers."""

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.flicker import measure, table
from models.metrics import Alpha
from models.pairs import Pixels
from realtime.commands.network.predictors import Network

LEVEL = 200 / 255


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One validation image and one sequence of three frames, all of a grey that is its own matte."""
    image = np.full((64, 64, 3), 200, np.uint8)
    for folder in ("val/images", "val/mattes", "sequences/val/talk"):
        (tmp_path / folder).mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "val" / "images" / "a.png"), image)
    cv2.imwrite(str(tmp_path / "val" / "mattes" / "a.png"), image[..., 0])
    for number in range(3):
        cv2.imwrite(str(tmp_path / "sequences" / "val" / "talk" / f"{number:02}.jpg"), image)
        cv2.imwrite(str(tmp_path / "sequences" / "val" / "talk" / f"{number:02}.png"), image[..., 0])
    return tmp_path


def network(*levels: float) -> Network:
    """A network whose mattes are even, of these levels in turn."""
    turn = itertools.cycle(levels)

    def predict(pixels: Pixels, size_px: tuple[int, int]) -> Alpha:
        return np.full(size_px[::-1], next(turn), np.float32)

    return Network(still=predict, clip=lambda: predict)


def test_each_network_is_compared_with_the_first_on_both_kinds_of_clips(data: Path) -> None:
    rows = measure({"old": network(LEVEL, LEVEL - 0.1), "new": network(LEVEL - 0.05)}, data)
    for kind in ("shaken stills", "sequences"):
        assert rows[kind]["old"].dtssd == pytest.approx(0.1, abs=1e-5)
        assert rows[kind]["new"].dtssd == pytest.approx(0, abs=1e-5)
        assert rows[kind]["new"].mad == pytest.approx(0.05, abs=1e-5)
    old, new = [line.split(" | ") for line in table(rows).splitlines() if line.startswith(("| old", "| new"))][:2]
    assert old[1] == "10.00"
    assert new[1] == "0.00 (-100 %)"


def test_two_networks_of_equal_figures_show_no_change(data: Path) -> None:
    rows = measure({"old": network(0.5), "new": network(0.5)}, data)
    assert "%" not in table(rows)
