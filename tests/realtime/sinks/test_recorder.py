from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from realtime.errors import SinkError
from realtime.frame import Composite
from realtime.sinks.recorder import Recorder

MakeComposite = Callable[..., Composite]
RED, BLUE, BLACK = (20, 30, 220), (200, 60, 20), (0, 0, 0)


def read(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        decoder = stream.codec_context
        if decoder.name == "vp9":
            decoder = av.CodecContext.create("libvpx-vp9", "r")
        frames = [frame for packet in container.demux(stream) for frame in decoder.decode(packet)]
        for frame in frames:
            frame.time_base = stream.time_base
        return frames


def record(path: Path, composites: list[Composite], **size: int) -> list[av.VideoFrame]:
    with Recorder(path, **{"width_px": 64, "height_px": 48, "fps": 30, **size}) as recorder:
        for composite in composites:
            recorder.send(composite)
    return read(path)


def near(pixel: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool(abs(pixel[:3].astype(int) - colour).max() <= 12)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm", ".mov"])
def test_dropped_frames_do_not_speed_the_film_up(tmp_path: Path, suffix: str, make_composite: MakeComposite) -> None:
    indices = [0, 1, 2, 10, 11, 30]
    frames = record(
        tmp_path / f"film{suffix}", [make_composite(index, captured_s=70 + index / 30) for index in indices]
    )
    assert [frame.time for frame in frames] == pytest.approx([index / 30 for index in indices], abs=0.001)


@pytest.mark.parametrize("suffix", [".webm", ".mov"])
def test_without_a_background_the_alpha_is_kept(tmp_path: Path, suffix: str, make_composite: MakeComposite) -> None:
    frames = record(tmp_path / f"film{suffix}", [make_composite(index, transparent=True) for index in range(3)])
    pixels = frames[-1].to_ndarray(format="bgra")
    assert near(pixels[24, 32], RED)
    assert pixels[24, 32, 3] >= 252
    assert pixels[2, 2, 3] <= 3


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_format_without_alpha_shows_the_person_over_black(
    tmp_path: Path, suffix: str, make_composite: MakeComposite
) -> None:
    frames = record(tmp_path / f"film{suffix}", [make_composite(transparent=True)])
    pixels = frames[0].to_ndarray(format="bgr24")
    assert near(pixels[24, 32], RED)
    assert near(pixels[2, 2], BLACK)


def test_a_background_that_comes_later_is_opaque(tmp_path: Path, make_composite: MakeComposite) -> None:
    frames = record(tmp_path / "film.mov", [make_composite(0, transparent=True), make_composite(1)])
    pixels = frames[1].to_ndarray(format="bgra")
    assert near(pixels[2, 2], BLUE)
    assert pixels[..., 3].min() >= 252


def test_a_film_that_began_opaque_stays_so(tmp_path: Path, make_composite: MakeComposite) -> None:
    frames = record(tmp_path / "film.webm", [make_composite(0), make_composite(1, transparent=True)])
    assert near(frames[0].to_ndarray(format="bgr24")[2, 2], BLUE)
    assert near(frames[1].to_ndarray(format="bgr24")[2, 2], BLACK)


def test_a_composite_of_another_size_is_fitted_between_bars(tmp_path: Path, make_composite: MakeComposite) -> None:
    frames = record(tmp_path / "film.mov", [make_composite(0), make_composite(1, width_px=48, height_px=48)])
    pixels = frames[1].to_ndarray(format="bgr24")
    assert pixels.shape == (48, 64, 3)
    assert near(pixels[24, 2], BLACK)
    assert near(pixels[2, 32], BLUE)


@pytest.mark.parametrize("transparent", [False, True])
def test_the_camera_picture_is_nowhere_in_the_file(
    tmp_path: Path, transparent: bool, make_composite: MakeComposite
) -> None:
    frames = record(tmp_path / "film.mov", [make_composite(transparent=transparent)])
    pixels = frames[0].to_ndarray(format="bgra")[..., :3].astype(int)
    assert abs(pixels - 99).max(axis=2).min() > 30  # the camera's grey


def test_a_missing_folder_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="there is no folder"):
        Recorder(tmp_path / "films" / "a.webm", width_px=64, height_px=48, fps=30)


def test_when_the_disk_is_full_the_rest_is_named(
    tmp_path: Path, make_composite: MakeComposite, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(tmp_path / "film.mp4", width_px=64, height_px=48, fps=30)
    recorder.send(make_composite(0))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("realtime.media.video_writer.VideoWriter._encode", full)
    with pytest.raises(SinkError, match="the disk is full") as caught:
        recorder.send(make_composite(1))
    rest = tmp_path / "film.unfinished.mp4"
    assert f"is in {rest}. To finish it: greenless recover {rest}" in caught.value.cure
    recorder.close()
    assert not (tmp_path / "film.mp4").exists()


def test_its_name_says_where_it_writes(tmp_path: Path) -> None:
    with Recorder(tmp_path / "film.mp4", width_px=64, height_px=48, fps=30) as recorder:
        assert recorder.name == f"recording {tmp_path / 'film.mp4'}, 64x48"
