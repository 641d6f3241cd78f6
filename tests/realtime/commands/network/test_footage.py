"""The pictures that a network is adapted to: where they come from in a clip, and what is left of a recording."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from realtime.capture.turn import Turn
from realtime.commands.network.footage import LONGEST_PX, gather
from realtime.errors import SourceError
from realtime.frame import Frame


class Numbered:
    """A source whose pictures are as light as their number; live, it is watched by the clock of its frames."""

    name, fps = "numbered", 10.0

    def __init__(self, count: int, *, live: bool = False, size: tuple[int, int] = (48, 64)) -> None:
        self.count, self.live, self.size = count, live, size

    def __iter__(self) -> Iterator[Frame]:
        for number in range(self.count):
            pixels = np.full((*self.size, 3), number, np.uint8)
            yield Frame(pixels=pixels, index=number, captured_s=100 + number / self.fps)


def watch(source: Any, *, count: int = 5, seconds: float = 100, keep: Path | None = None) -> list[int]:
    """The numbers of the pictures that were brought."""
    pictures = gather(source, count=count, seconds=seconds, keep=keep, tell=lambda seen_s: None)
    return [int(picture[0, 0, 0]) for picture in pictures]


@pytest.mark.parametrize("length", [5, 6, 9, 10, 11, 37, 200])
def test_pictures_are_spread_over_the_whole_clip(length: int) -> None:
    numbers = watch(Numbered(length))
    steps = np.diff(numbers)
    assert len(numbers) == 5
    assert steps.min() > 0
    assert steps.max() <= 2 * steps.min()
    assert numbers[0] == 0
    assert numbers[-1] >= 0.75 * (length - 1)


def test_a_camera_on_its_side_is_turned_upright() -> None:
    pictures = gather(Numbered(5), count=5, seconds=100, turn=Turn(degrees=90), tell=lambda seen_s: None)
    assert [picture.shape for picture in pictures] == [(64, 48, 3)] * 5


@pytest.mark.parametrize("live", [False, True])
def test_it_ends_after_the_seconds_that_were_asked_for(live: bool) -> None:
    assert max(watch(Numbered(200, live=live), count=50, seconds=2)) == 19


def test_too_few_pictures_are_an_error_that_counts_them() -> None:
    with pytest.raises(SourceError, match="numbered gave 4 frames, expected 5 or more"):
        watch(Numbered(4))


def test_large_pictures_are_kept_smaller() -> None:
    pictures = gather(Numbered(5, size=(540, 2560)), count=5, seconds=9, tell=lambda seen_s: None)  # type: ignore[arg-type]
    assert pictures[0].shape == (270, LONGEST_PX, 3)


def test_a_recording_is_written_only_where_a_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    watch(Numbered(8, live=True))
    assert list(tmp_path.iterdir()) == []
    watch(Numbered(8, live=True), keep=tmp_path / "kept.mp4")
    with av.open(str(tmp_path / "kept.mp4")) as clip:
        assert sum(1 for _ in clip.decode(video=0)) == 8
    assert [path.name for path in tmp_path.iterdir()] == ["kept.mp4"]
