"""The further passes over an image: which of them decides what."""

from collections.abc import Sequence

import numpy as np
import pytest

from realtime.frame import Alpha, CoarseMatte, Frame
from realtime.matting.refine.fine_edges import FineEdges

SMALLER, USUAL, LARGER = (96, 64), (128, 96), (160, 128)
"""Sizes ``(w, h)`` of the network, on its grid."""


class Network:
    """Finds the right half of every image. At each size but the smaller one, it also keeps a thing on the left; at the
    larger size, it opens a hole and draws the edge further left."""

    name = "half"
    whole = False
    fixed = False
    """Whether it takes the usual size only."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int] | None] = []
        self.closed = 0

    def matte_batch(self, frames: Sequence[Frame], size_px: tuple[int, int] | None = None) -> list[CoarseMatte]:
        self.asked.append(size_px)
        return [CoarseMatte(alpha=self.alpha(frame, size_px), frame=frame) for frame in frames]

    def close(self) -> None:
        self.closed += 1

    def alpha(self, frame: Frame, size_px: tuple[int, int] | None) -> Alpha:
        width, height = USUAL if size_px is None or self.fixed else size_px
        alpha = np.zeros((height, width), np.float32)
        alpha[:, width // 2 :] = 1
        if size_px != SMALLER:
            alpha[:20, :20] = 1
        if size_px == LARGER:
            alpha[:, width // 2 - 1] = 1
            alpha[height // 2 - 8 : height // 2 + 8, width - 40 : width - 24] = 0
        return alpha if frame.pixels[0, 0, 0] == 0 else alpha[:, ::-1].copy()  # the right half is white


@pytest.fixture
def frame() -> Frame:
    pixels = np.zeros((480, 640, 3), np.uint8)
    pixels[:, 320:] = 255
    return Frame(pixels=pixels, index=3, captured_s=0.5)


def test_the_larger_size_draws_the_edge_and_opens_no_hole(frame: Frame) -> None:
    network = Network()
    [matte] = FineEdges(network).matte_batch([frame])
    assert network.asked == [None, LARGER, SMALLER]
    assert matte.frame is frame
    assert matte.alpha.shape == LARGER[::-1]
    assert matte.alpha[:, 79].min() > 0.6  # at the other sizes it is below a half
    assert matte.alpha[:, 90:].min() > 0.99
    assert matte.alpha[:, :70].max() < 0.01


def test_the_image_and_its_mirror_image_are_averaged(frame: Frame) -> None:
    class Leans(Network):
        """Sees less of a person on the right of whatever it sees."""

        def alpha(self, frame: Frame, size_px: tuple[int, int] | None) -> Alpha:
            width, height = size_px or USUAL
            alpha = np.tile(np.linspace(0.6, 0.4, width, dtype=np.float32), (height, 1))
            return alpha if size_px == LARGER else np.full_like(alpha, 0.5)

    [matte] = FineEdges(Leans()).matte_batch([frame])
    np.testing.assert_allclose(matte.alpha, 0.5, atol=1e-5)


def test_what_people_surround_is_added_and_what_they_touch_is_not(frame: Frame) -> None:
    class Misses(Network):
        """At the smaller size, it has a hole in the person. At the others, it also keeps a passer-by who touches the
        person."""

        def alpha(self, frame: Frame, size_px: tuple[int, int] | None) -> Alpha:
            alpha = super().alpha(frame, size_px)
            height, width = alpha.shape
            rows, columns = slice(height // 4, height // 4 + 12), slice(width * 3 // 4 - 8, width * 3 // 4 + 8)
            beside = slice(width // 2 - 24, width // 2)
            if frame.pixels[0, 0, 0]:  # the mirror image
                columns, beside = (slice(width - each.stop, width - each.start) for each in (columns, beside))
            alpha[rows, columns if size_px == SMALLER else beside] = size_px != SMALLER
            return alpha

    [matte] = FineEdges(Misses()).matte_batch([frame])
    assert matte.alpha[36:40, 116:124].min() > 0.99
    assert matte.alpha[:, :70].max() < 0.01


def test_a_person_whom_only_the_smaller_size_misses_is_added(frame: Frame) -> None:
    class MissesOne(Network):
        """At the other sizes, it finds a second person, a sixth of the frame, apart from the first."""

        def alpha(self, frame: Frame, size_px: tuple[int, int] | None) -> Alpha:
            alpha = super().alpha(frame, size_px)
            height, width = alpha.shape
            if size_px != SMALLER:
                mirrored = frame.pixels[0, 0, 0] != 0
                alpha[height // 3 :, slice(-width // 4, None) if mirrored else slice(width // 4)] = 1
            return alpha

    [matte] = FineEdges(MissesOne()).matte_batch([frame])
    assert matte.alpha[60:, :30].min() > 0.99
    assert matte.alpha[:10, :30].max() < 0.01


def test_a_person_who_fills_the_frame_and_whom_the_smaller_size_misses_is_added(frame: Frame) -> None:
    class Close(Network):
        def alpha(self, frame: Frame, size_px: tuple[int, int] | None) -> Alpha:
            return np.full_like(super().alpha(frame, size_px), size_px != SMALLER)

    [matte] = FineEdges(Close()).matte_batch([frame])
    assert matte.alpha.min() > 0.99


@pytest.mark.parametrize(("attribute", "runs"), [("whole", 1), ("fixed", 2)])
def test_a_network_that_takes_one_size_or_remembers_is_used_as_it_is(frame: Frame, attribute: str, runs: int) -> None:
    network = Network()
    setattr(network, attribute, True)
    [matte] = FineEdges(network).matte_batch([frame])
    assert len(network.asked) == runs
    np.testing.assert_array_equal(matte.alpha, network.alpha(frame, None))


def test_a_matte_whose_larger_size_takes_gigabytes_stays_as_it_is(frame: Frame) -> None:
    network = Network()
    FineEdges(network).matte_batch([frame], (2048, 1152))
    assert network.asked == [(2048, 1152)]


def test_it_closes_the_network(frame: Frame) -> None:
    network = Network()
    FineEdges(network).close()
    assert network.closed == 1
    assert FineEdges(network).name == "half"
