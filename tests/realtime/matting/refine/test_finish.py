"""What a stream's mattes go through; a matter of known mattes stands in for the network."""

from dataclasses import replace

import numpy as np
import pytest

from realtime.frame import CoarseMatte, Frame
from realtime.matting.refine.finish import Finish, finished
from realtime.settings.schema import FinishSettings

PLAIN = FinishSettings(temporal="off", islands=False, enlarge="bilinear")
"""Nothing but the way to the frame's size."""


def frame(index=0, width_px=96, height_px=64):
    return Frame(pixels=np.full((height_px, width_px, 3), 90, np.uint8), index=index, captured_s=0.0)


def coarse(of, level=0.5):
    return CoarseMatte(alpha=np.full((16, 24), level, np.float32), frame=of)


class Levels:
    """A matter whose mattes are grey by the frame's index."""

    name = "levels"

    def matte_batch(self, frames):
        return [coarse(frame, frame.index / 10) for frame in frames]

    def close(self):
        pass


def test_a_matte_comes_out_at_its_frames_size_with_its_own_frame():
    of = frame()
    matte = Finish(PLAIN).finish(coarse(of))
    assert matte.frame is of
    assert matte.alpha.shape == (64, 96)
    np.testing.assert_allclose(matte.alpha, 0.5, atol=1e-6)


def test_black_and_white_points_are_kept_to():
    finish = Finish(replace(PLAIN, black_point=0.2, white_point=0.6))
    levels = [float(finish.finish(coarse(frame(), level)).alpha.mean()) for level in (0.1, 0.4, 0.7)]
    np.testing.assert_allclose(levels, [0, 0.5, 1], atol=1e-5)


def test_the_frames_may_change_their_size():
    finish = Finish(FinishSettings())
    for size in ((96, 64), (50, 70), (96, 64)):
        assert finish.finish(coarse(frame(0, *size))).alpha.shape == size[::-1]


def test_a_stream_gives_every_frame_once_and_in_order():
    frames = [frame(index) for index in range(6)]
    mattes = list(finished(Levels(), PLAIN, frames))
    assert [matte.frame for matte in mattes] == frames
    np.testing.assert_allclose([matte.alpha.mean() for matte in mattes], np.arange(6) / 10, atol=1e-6)


@pytest.mark.parametrize(
    ("quality", "enlarge", "led"),
    [
        ("fast", "auto", False),
        ("balanced", "auto", True),
        ("best", "auto", True),
        ("best", "bilinear", False),
        ("fast", "guided", True),
    ],
)
def test_quality_sets_the_enlarging_unless_it_is_set_itself(quality, enlarge, led):
    pixels = np.zeros((64, 96, 3), np.uint8)
    pixels[:, 50:] = 255
    ramp = np.tile(np.clip(np.linspace(-2, 3, 24, dtype=np.float32), 0, 1), (16, 1))
    matte = Finish(FinishSettings(enlarge=enlarge), quality).finish(
        CoarseMatte(alpha=ramp, frame=Frame(pixels=pixels, index=0, captured_s=0.0))
    )
    assert (matte.alpha[32, 50] - matte.alpha[32, 49] > 0.1) == led


def test_specks_are_removed_if_islands_is_on():
    alpha = np.zeros((64, 96), np.float32)
    alpha[20:, 40:70], alpha[4:7, 4:7] = 1, 1
    spotted = CoarseMatte(alpha=alpha, frame=frame())
    cleared, left = (Finish(replace(PLAIN, islands=islands)).finish(spotted).alpha for islands in (True, False))
    assert cleared[:10, :10].max() == 0
    assert left[5, 5] == 1
    assert cleared[30, 50] == 1


@pytest.mark.parametrize(
    ("quality", "temporal", "steadied"),
    [("fast", "auto", False), ("balanced", "auto", True), ("best", "off", False), ("fast", "smooth", True)],
)
def test_quality_sets_the_steadying_unless_it_is_set_itself(quality, temporal, steadied):
    finish = Finish(replace(PLAIN, temporal=temporal), quality)
    finish.finish(coarse(frame(0), 0.9))
    assert (finish.finish(coarse(frame(1), 0.4)).alpha.mean() > 0.6) == steadied


def test_a_delay_gives_the_frame_before_and_at_the_end_the_last():
    frames = [frame(index) for index in range(3)]
    finish = Finish(replace(PLAIN, temporal="ofd"))
    assert finish.finish(coarse(frames[0])) is None
    assert finish.finish(coarse(frames[1])).frame is frames[0]
    assert [matte.frame for matte in finished(Levels(), replace(PLAIN, temporal="ofd"), frames)] == frames


def test_growth_and_feather_are_kept_to():
    ramp = np.zeros((64, 96), np.float32)
    ramp[:, 48:] = 1
    of = frame()
    matte = CoarseMatte(alpha=ramp, frame=of)
    plain, wider, softer = (
        Finish(FinishSettings(islands=False, **asked)).finish(matte).alpha
        for asked in ({}, {"grow": 20.0}, {"feather": 20.0})
    )
    assert wider.sum() > plain.sum()
    assert softer[32, 47] > plain[32, 47]
