"""The clip that the application carries: played back and forth as a source, its mattes exact."""

import sys
from itertools import islice

import cv2
import numpy as np
import pytest

from benchmarks.people.sample import Rendered
from realtime.capture import open_source, sample_clip
from realtime.capture import paced as paced_module
from realtime.capture.sample_clip import CLIP_FPS, FOLDER, SampleClip, labelled
from realtime.errors import MissingExtra, SourceError
from realtime.frame import Pixels
from realtime.settings.schema import CameraSettings


class TestSource:
    settings = CameraSettings(width=96, height=64, fps=30)

    def test_unpaced_every_frame_of_the_rate_comes(self) -> None:
        with open_source("sample:rendered", self.settings, paced=False) as source:
            frames = list(islice(source, 5))
        clip = SampleClip(96, 64, 30)
        assert not source.live
        for frame in frames:
            assert np.array_equal(frame.pixels, clip.pixels(frame.index))

    def test_sample_is_the_portrait_where_scikit_image_is_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import importlib.util

        for found, subject in ((None, "rendered"), (object(), "portrait")):
            monkeypatch.setattr(importlib.util, "find_spec", lambda name, found=found: found)
            if subject == "portrait":
                pytest.importorskip("skimage")
            with open_source("sample", self.settings) as source:
                assert source.name == f"sample {subject}, 96x64 at 30 fps"

    def test_the_portrait_names_the_extra_that_it_needs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "skimage", None)
        with pytest.raises(MissingExtra, match=r"'\.\[demo\]'"):
            open_source("sample:portrait", self.settings)

    def test_an_unknown_subject_names_those_there_are(self) -> None:
        with pytest.raises(SourceError, match="rendered or portrait"):
            open_source("sample:landscape", self.settings)


@pytest.mark.parametrize(("paced", "expected"), [(True, [0, 1, 3, 6, 9]), (False, [0, 1, 2, 3, 4])])
def test_a_slow_machine_skips_frames_instead_of_playing_slowly(
    paced: bool, expected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frame at 30 fps takes a tenth of a second here: the person must not move in slow motion."""
    now_s, asked = 100.0, []

    class Slow:
        def pixels(self, index: int) -> Pixels:
            nonlocal now_s
            now_s += 0.1001
            asked.append(index)
            return np.zeros((4, 6, 3), np.uint8)

    class Clock:
        def perf_counter(self) -> float:
            return now_s

    monkeypatch.setattr(sample_clip, "time", Clock())
    monkeypatch.setattr(paced_module, "time", Clock())
    monkeypatch.setattr(sample_clip, "SampleClip", lambda *size: Slow())
    with open_source("sample:rendered", CameraSettings(width=96, height=64, fps=30), paced=paced) as source:
        list(islice(source, 5))
    assert asked == expected


@pytest.mark.slow
def test_the_mattes_are_those_of_the_drawing_to_the_bit() -> None:
    rendered = Rendered(1280, 720, CLIP_FPS)
    for index, (pixels, alpha) in enumerate(islice(labelled("person"), 2)):
        truth = rendered.truth(index)
        np.testing.assert_array_equal(np.rint(alpha * 255), np.rint(truth.alpha * 255))
        assert cv2.PSNR(pixels, truth.pixels) > 34  # the noise is coded with loss


def test_there_are_sixteen_persons() -> None:
    shown = list(labelled("persons"))
    assert [pixels.shape for pixels, _ in shown] == [(360, 640, 3)] * 16
    assert all(0.15 < alpha.mean() < 0.6 for _, alpha in shown)


def test_all_files_together_stay_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 4_000_000


def difference(one: Pixels, other: Pixels) -> float:
    return float(np.abs(one.astype(int) - other).mean())


def test_it_plays_back_and_forth() -> None:
    clip = SampleClip(160, 90, CLIP_FPS)
    last = 89
    assert np.array_equal(clip.pixels(last - 3), clip.pixels(last + 3))
    assert np.array_equal(clip.pixels(5), clip.pixels(2 * last + 5))
    assert difference(clip.pixels(0), clip.pixels(30)) > 1


def test_a_higher_rate_shows_a_frame_more_than_once() -> None:
    clip = SampleClip(160, 90, 4 * CLIP_FPS)
    shown = [clip.pixels(index) for index in range(5)]
    assert all(np.array_equal(shown[0], pixels) for pixels in shown[1:4])
    assert not np.array_equal(shown[0], shown[4])


@pytest.mark.parametrize("size", [(160, 120), (90, 160)])
def test_another_shape_is_cropped_not_bent(size: tuple[int, int]) -> None:
    assert SampleClip(*size, 30.0).pixels(0).shape == (size[1], size[0], 3)
