"""Decoded frames as pixels: upright, square, of the right colours, and never larger than memory allows."""

from fractions import Fraction

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from realtime.media.video_pixels import EXACT, upright


def encoded(colour: tuple[int, int, int], *, height: int, matrix: Colorspace, tagged: bool) -> av.VideoFrame:
    """One flat picture in YUV 4:2:0, as a decoder would give it."""
    flat = np.full((height, 64, 3), colour, np.uint8)
    frame = av.VideoFrame.from_ndarray(flat, "bgr24").reformat(
        format="yuv420p", dst_colorspace=matrix, dst_color_range=ColorRange.MPEG, interpolation=EXACT
    )
    frame.colorspace = matrix if tagged else 2
    return frame


@pytest.mark.parametrize("grey", [0, 16, 77, 128, 204, 255])
def test_grey_stays_grey(grey: int) -> None:
    pixels = upright(encoded((grey,) * 3, height=48, matrix=Colorspace.ITU709, tagged=True))
    assert np.ptp(pixels.reshape(-1, 3), axis=1).max() == 0
    np.testing.assert_allclose(pixels, grey, atol=2)


@pytest.mark.parametrize(("height", "matrix"), [(48, Colorspace.ITU601), (720, Colorspace.ITU709)])
@pytest.mark.parametrize("tagged", [True, False])
def test_colours_come_back_tagged_or_by_their_height(height: int, matrix: Colorspace, tagged: bool) -> None:
    pixels = upright(encoded((40, 180, 90), height=height, matrix=matrix, tagged=tagged))
    np.testing.assert_allclose(pixels.reshape(-1, 3).mean(axis=0), (40, 180, 90), atol=2)


def test_pixels_come_out_square() -> None:
    frame = encoded((9, 9, 9), height=48, matrix=Colorspace.ITU601, tagged=True)
    assert upright(frame, Fraction(4, 3)).shape == (48, 85, 3)


@pytest.mark.parametrize("shape", [Fraction(10**6), Fraction(1, 10**6), Fraction(600)])
def test_a_shape_of_pixels_that_memory_cannot_hold_is_left_out(shape: Fraction) -> None:
    frame = encoded((9, 9, 9), height=48, matrix=Colorspace.ITU601, tagged=True)
    assert upright(frame, shape).shape == (48, 64, 3)


@pytest.mark.parametrize(("shape", "width"), [(Fraction(7664, 7677), 853), (Fraction(16, 15), 910)])
def test_pixels_that_are_square_but_for_a_rounding_stay(shape: Fraction, width: int) -> None:
    """FFmpeg states the first when it reduces 1280x720 to 853x479: 1280 / 720 * 479 / 853. 853 * 16 / 15 is 909.9."""
    frame = av.VideoFrame(853, 479, "yuv444p")
    assert upright(frame, shape).shape == (479, width, 3)
