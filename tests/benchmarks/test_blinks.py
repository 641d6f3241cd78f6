"""benchmarks/blinks.py on a stand-in network that takes a corner of the room for a person, for a second."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from benchmarks.blinks import measure, table
from realtime.frame import CoarseMatte, Frame

FPS = 10


class Confused:
    """A matter that sees a person always, and a flag during the third second."""

    name = "confused"

    def matte_batch(self, frames: Sequence[Frame], size_px: tuple[int, int] | None = None) -> list[CoarseMatte]:
        return [CoarseMatte(alpha=self._alpha(frame.captured_s), frame=frame) for frame in frames]

    def close(self) -> None: ...

    def _alpha(self, at_s: float) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        alpha = np.zeros((72, 128), np.float32)
        alpha[24:, 50:80] = 1
        if 2 <= at_s < 3:
            alpha[:20, :20] = 1
        return alpha


def frames() -> Iterator[Frame]:
    room = np.random.default_rng(2).integers(0, 256, (72, 128, 3), np.uint8)
    return (Frame(pixels=room, index=index, captured_s=index / FPS) for index in range(6 * FPS))


def test_a_blink_of_the_network_is_counted_and_the_finish_hides_it() -> None:
    row = measure(Confused(), frames())
    assert [round(blink["length_s"], 3) for blink in row["network"]] == [0.9]
    assert row["finished"] == []
    assert row["minutes"] == pytest.approx(0.1)
    assert table({"room": row}).splitlines()[1].split() == ["room", "6.0", "1", "10.0", "0", "0.0"]
