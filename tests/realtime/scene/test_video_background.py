import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from realtime.errors import SceneError
from realtime.frame import Matte
from realtime.scene.background import Background, open_background
from realtime.scene.video_background import LONGEST_GAP_S

MakeMatte = Callable[..., Matte]
LEVELS = [20, 60, 100, 140, 180, 220]
"""The grey of each picture of the clips below, ten pictures a second."""

FORMATS = [("clip.mp4", "libx264", "yuv420p"), ("clip.webm", "libvpx-vp9", "yuv420p"), ("clip.gif", "gif", "gray")]


def write_clip(path: Path, encoder: str, pixel_format: str, levels: list[int] = LEVELS) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(encoder, rate=10, width=160, height=90)
        stream.pix_fmt = pixel_format
        for index, level in enumerate(levels):
            frame = av.VideoFrame.from_ndarray(np.full((90, 160, 3), level, np.uint8), "bgr24")
            frame.pts, frame.time_base = index, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def shown(background: Background, make_matte: MakeMatte, at_s: float) -> int:
    """Which of LEVELS the background shows then."""
    level = background.plate(make_matte(captured_s=at_s)).mean()
    return int(np.argmin(np.abs(np.subtract(LEVELS, level))))


@pytest.mark.parametrize(("name", "encoder", "pixel_format"), FORMATS)
def test_a_clip_plays_at_its_own_speed_and_starts_over(
    make_matte: MakeMatte, tmp_path: Path, name: str, encoder: str, pixel_format: str
) -> None:
    background = open_background(str(write_clip(tmp_path / name, encoder, pixel_format)), "cover")
    assert shown(background, make_matte, 1000.0) == 0  # the clock starts anywhere
    times = 1000.05 + np.arange(0, 1.8, 0.1)
    assert [shown(background, make_matte, at_s) for at_s in times] == [0, 1, 2, 3, 4, 5] * 3
    background.close()


def test_a_slow_loop_skips_pictures_and_a_fast_one_sees_them_again(make_matte: MakeMatte, tmp_path: Path) -> None:
    path = str(write_clip(tmp_path / "clip.mp4", "libx264", "yuv420p"))
    slow, fast = open_background(path, "cover"), open_background(path, "cover")
    assert [shown(slow, make_matte, at_s) for at_s in (0.0, 0.35, 0.65, 0.95)] == [0, 3, 0, 3]
    times = (0.0, 0.04, 0.08, 0.12, 0.16, 0.21)
    assert [shown(fast, make_matte, at_s) for at_s in times] == [0, 0, 0, 1, 1, 2]


def test_after_a_long_pause_the_clip_goes_on_where_it_stood(make_matte: MakeMatte, tmp_path: Path) -> None:
    background = open_background(str(write_clip(tmp_path / "clip.mp4", "libx264", "yuv420p")), "cover")
    night_s = 10 * 3600.0
    assert night_s > LONGEST_GAP_S
    assert [shown(background, make_matte, at_s) for at_s in (0.0, night_s)] in ([0, 0], [0, 1])
    assert [shown(background, make_matte, night_s + later_s) for later_s in (0.05, 0.15)] == [1, 2]


def test_one_picture_is_enough(make_matte: MakeMatte, tmp_path: Path) -> None:
    background = open_background(str(write_clip(tmp_path / "still.gif", "gif", "gray", [100])), "cover")
    assert [shown(background, make_matte, at_s) for at_s in (0.0, 0.5, 1.5)] == [2, 2, 2]


def test_the_clip_fits_the_frame_as_the_setting_says(make_matte: MakeMatte, tmp_path: Path) -> None:
    path = str(write_clip(tmp_path / "clip.mp4", "libx264", "yuv420p", [200, 200]))
    plate = open_background(path, "contain").plate(make_matte(np.zeros((160, 160, 3), np.uint8)))
    assert not plate[:30].any()
    assert plate[80].min() > 190


def test_the_same_picture_is_prepared_once(make_matte: MakeMatte, tmp_path: Path) -> None:
    background = open_background(str(write_clip(tmp_path / "clip.mp4", "libx264", "yuv420p")), "cover")
    assert background.plate(make_matte(captured_s=0.0)) is background.plate(make_matte(captured_s=0.05))


def test_a_clip_held_on_its_side_by_a_telephone_is_turned(make_matte: MakeMatte, tmp_path: Path) -> None:
    path = tmp_path / "telephone.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, width=160, height=90)
        stream.pix_fmt = "yuv420p"
        picture = np.zeros((90, 160, 3), np.uint8)
        picture[:, :40] = 255  # left in the file; a quarter turn to the right brings it to the top
        for index in range(2):
            frame = av.VideoFrame.from_ndarray(picture, "bgr24")
            frame.pts, frame.time_base = index, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    content = bytearray(path.read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40  # ISO 14496-12: the matrix of a version 0 track header
    content[matrix : matrix + 36] = np.array([0, 1 << 16, 0, -1 << 16, 0, 0, 90 << 16, 0, 1 << 30], ">i4").tobytes()
    path.write_bytes(content)
    plate = open_background(str(path), "stretch").plate(make_matte(np.zeros((160, 90, 3), np.uint8)))
    assert plate[:30].min() > 200
    assert plate[60:].max() < 50


def test_a_clip_cut_off_plays_what_there_is(make_matte: MakeMatte, tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.webm", "libvpx-vp9", "yuv420p", LEVELS)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 3 // 4])
    background = open_background(str(path), "cover")
    assert {shown(background, make_matte, at_s) for at_s in np.arange(0.05, 1.5, 0.1)} <= set(range(6))


def test_a_clip_that_is_taken_away_fails_again_and_again(make_matte: MakeMatte, tmp_path: Path) -> None:
    path = write_clip(tmp_path / "clip.mp4", "libx264", "yuv420p")
    background = open_background(str(path), "cover")
    assert shown(background, make_matte, 0.0) == 0
    path.unlink()
    for at_s in (1.0, 1.1, 1.2):
        with pytest.raises(SceneError, match=r"cannot read the background .*clip\.mp4"):
            background.plate(make_matte(captured_s=at_s))
    background.close()


def test_a_file_with_sound_alone_is_no_background(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
        frame.sample_rate, frame.pts = 48_000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(SceneError, match="there is no video track"):
        open_background(str(path), "cover")


def test_a_clip_of_pixels_that_are_not_square_is_not_squeezed(make_matte: MakeMatte, tmp_path: Path) -> None:
    path = tmp_path / "wide.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, width=80, height=90)
        stream.pix_fmt, stream.codec_context.sample_aspect_ratio = "yuv420p", Fraction(2)
        picture = np.full((90, 80, 3), 200, np.uint8)
        picture[:, :10] = picture[:, 70:] = 0
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "bgr24")))
        container.mux(stream.encode(None))
    plate = open_background(str(path), "contain").plate(make_matte())
    height_px, width_px = plate.shape[:2]
    lit = (plate[height_px // 2, :, 0] > 100).sum() / width_px
    assert lit == pytest.approx(0.75 * min(1, 16 / 9 * height_px / width_px), abs=0.03)


def test_a_clip_of_one_picture_that_lasts_nothing_does_not_hold_the_loop(
    make_matte: MakeMatte, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "one.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=60_000, width=160, height=90)
        stream.pix_fmt = "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((90, 160, 3), 60, np.uint8), "bgr24")))
        container.mux(stream.encode(None))
    opened = []
    really_open = av.open
    monkeypatch.setattr(av, "open", lambda *words, **more: opened.append(words) or really_open(*words, **more))
    background = open_background(str(path), "cover")
    for at_s in (0.0, 0.5):
        assert shown(background, make_matte, at_s) == 1
    assert len(opened) < 60


def test_a_clip_that_is_called_like_a_protocol_is_opened(
    make_matte: MakeMatte, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.platform == "win32":
        pytest.skip("no colons in names there")
    write_clip(tmp_path / "clip.mp4", "libx264", "yuv420p").rename(tmp_path / "10:30.mp4")
    monkeypatch.chdir(tmp_path)
    assert shown(open_background("10:30.mp4", "cover"), make_matte, 0.0) == 0
