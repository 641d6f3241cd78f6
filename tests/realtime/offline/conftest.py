"""A stand-in network for the off-line tests."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from realtime.frame import CoarseMatte, Frame
from tests.realtime.offline.clips import write_clip


class Brightness:
    """A matter that takes light for the person: alpha is the mean of the three colours."""

    name = "brightness"

    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def matte_batch(self, frames: Sequence[Frame]) -> list[CoarseMatte]:
        self.frames += frames
        return [
            CoarseMatte(alpha=frame.pixels.mean(axis=2, dtype=np.float32) / np.float32(255), frame=frame)
            for frame in frames
        ]

    def close(self) -> None:
        pass


@pytest.fixture
def matter() -> Brightness:
    return Brightness()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """The folder of the inputs."""
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return write_clip(tmp_path / "in" / "clip.mp4")
