"""Clips off line: what is written for each kind of output, and that timing, sound and alpha are right in it."""

import struct
import sys
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from realtime.matting.chroma import ChromaMatter
from realtime.matting.matter import Matter
from realtime.offline.video import matte_video
from realtime.offline.video_outputs import ENDINGS
from realtime.settings.schema import FinishSettings
from tests.realtime.offline.clips import (
    COUNT,
    EVEN_S,
    FPS,
    HEIGHT_PX,
    RATE_HZ,
    TONE_HZ,
    WIDTH_PX,
    Seen,
    listing,
    order_of,
    picture,
    watch,
    write_clip,
)

UNEVEN_S = (0.0, 0.1, 0.15, 0.4, 0.5, 0.9, 0.95, 1.2)


PERSON = np.s_[8:30, 4:28]


ROOM = np.s_[8:30, 36:60]


def listen(path: Path) -> tuple[str, float, float]:
    """Codec, length in seconds and pitch in Hz of the sound in a clip."""
    with av.open(path) as container:
        stream = container.streams.audio[0]
        wave = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(stream)])
        codec = stream.codec_context.name
    pitch = float(np.abs(np.fft.rfft(wave)).argmax()) * RATE_HZ / len(wave)
    return codec, len(wave) / RATE_HZ, pitch


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out.webm", "out.mov"])
def test_a_composite_keeps_frames_times_and_sound(clip: Path, tmp_path: Path, matter: Matter, name: str) -> None:
    report = matte_video([clip], tmp_path / name, matter, background="#0000ff")
    assert report.matted == [clip]
    assert report.written == [tmp_path / name]
    assert (report.failures, report.skipped) == ([], ())
    seen = watch(tmp_path / name)
    assert seen.times_s[0] < 0.03, "Matroska has no time before 0, and AAC begins with 0.02 s of priming"
    assert np.subtract(seen.times_s, seen.times_s[0]) == pytest.approx(EVEN_S, abs=0.002)
    assert order_of(seen.pictures) == list(range(COUNT))
    blue, green, red, _ = seen.pictures[0][ROOM].reshape(-1, 4).mean(axis=0)
    assert blue > 240
    assert max(green, red) < 15
    assert seen.pictures[0][PERSON][..., 1].mean() == pytest.approx(0.8 * 204, abs=6)
    codec, seconds, pitch = listen(tmp_path / name)
    assert codec == ("opus" if name == "out.webm" else "aac")
    assert seconds == pytest.approx(COUNT / FPS, abs=0.1)
    assert pitch == pytest.approx(TONE_HZ, abs=5)
    assert listing(tmp_path) == ["in", name]


@pytest.mark.parametrize("start_s", [0.0, 2.5])
@pytest.mark.parametrize("kind", ["mp4", "mkv"])
def test_uneven_times_stay_and_begin_at_zero(tmp_path: Path, matter: Matter, kind: str, start_s: float) -> None:
    source = write_clip(tmp_path / f"clip.{kind}", times_s=UNEVEN_S, start_s=start_s)
    matte_video([source], tmp_path / "out.mp4", matter)
    assert watch(tmp_path / "out.mp4").times_s == pytest.approx(UNEVEN_S, abs=0.002)


def test_a_clip_without_sound_gives_one_without(tmp_path: Path, matter: Matter) -> None:
    matte_video([write_clip(tmp_path / "clip.mp4", sound="")], tmp_path / "out.mp4", matter)
    with av.open(tmp_path / "out.mp4") as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_the_background_is_blurred_when_none_is_named(clip: Path, tmp_path: Path, matter: Matter) -> None:
    matte_video([clip], tmp_path / "blur.mp4", matter, background="blur")
    matte_video([clip], tmp_path / "out.mp4", matter)
    for ours, blurred in zip(watch(tmp_path / "out.mp4").pictures, watch(tmp_path / "blur.mp4").pictures, strict=True):
        assert np.array_equal(ours, blurred)


def test_webm_keeps_the_alpha(clip: Path, tmp_path: Path, matter: Matter) -> None:
    matte_video([clip], tmp_path / "out.webm", matter, alpha="webm")
    seen = watch(tmp_path / "out.webm", decoder="libvpx-vp9")
    assert seen.codec.startswith("vp9") or "vpx" in seen.codec
    assert_cutouts(seen, tolerance=8)
    assert listen(tmp_path / "out.webm")[0] == "opus"


def test_prores_keeps_the_alpha(clip: Path, tmp_path: Path, matter: Matter) -> None:
    matte_video([clip], tmp_path / "out.mov", matter, alpha="prores")
    seen = watch(tmp_path / "out.mov")
    assert seen.codec == "prores"
    assert_cutouts(seen, tolerance=4)
    assert listen(tmp_path / "out.mov")[0] == "aac"


def assert_cutouts(seen: Seen, *, tolerance: float) -> None:
    assert seen.times_s == pytest.approx(EVEN_S, abs=0.002)
    assert order_of(seen.pictures) == list(range(COUNT))
    for pixels in seen.pictures:
        assert np.abs(pixels[PERSON][..., 3].astype(int) - 204).max() <= tolerance
        assert pixels[ROOM][..., 3].max() <= tolerance
        assert np.abs(pixels[PERSON][..., :3].astype(int) - 204).max() <= tolerance, "straight, not premultiplied"


def test_png_makes_a_folder_of_cutouts(clip: Path, tmp_path: Path, matter: Matter) -> None:
    report = matte_video([clip], tmp_path / "out", matter, alpha="png")
    assert report.written == [tmp_path / "out"]
    assert listing(tmp_path / "out") == [f"{index:06d}.png" for index in range(COUNT)]
    pictures = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in sorted((tmp_path / "out").iterdir())]
    assert_cutouts(Seen(list(EVEN_S), pictures, "png"), tolerance=6)
    assert listing(tmp_path) == ["in", "out"]


@pytest.mark.parametrize(
    ("alpha", "ending"),
    [(None, "_composite.mp4"), ("webm", "_cutout.webm"), ("prores", "_cutout.mov"), ("png", "_cutout")],
)
def test_several_clips_go_to_a_folder_by_name(
    tmp_path: Path, clip: Path, matter: Matter, alpha: str | None, ending: str
) -> None:
    for name in ("a.1.mkv", "clip.mkv"):
        write_clip(clip.parent / name, times_s=EVEN_S[:2], sound="")
    (clip.parent / "notes.txt").touch()
    report = matte_video([clip.parent], tmp_path / "out", matter, alpha=alpha)
    assert listing(tmp_path / "out") == [f"{name}{ending}" for name in ("a.1", "clip.mkv", "clip.mp4")]
    said, lacking = (
        [Path(line.partition(": ")[0]).name for line in lines] for lines in (report.skipped, report.incomplete)
    )
    assert said == ["notes.txt"]
    assert lacking == (["clip.mp4"] if alpha == "png" else []), "PNGs hold no sound"


def test_a_folder_may_be_its_own_output(clip: Path, matter: Matter) -> None:
    for _ in range(2):
        report = matte_video([clip.parent], clip.parent, matter)
        assert report.matted == [clip]
    assert listing(clip.parent) == ["clip.mp4", "clip_composite.mp4"]


def test_one_clip_into_a_folder_that_is_there(clip: Path, tmp_path: Path, matter: Matter) -> None:
    (tmp_path / "out").mkdir()
    assert matte_video([clip], tmp_path / "out", matter).written == [tmp_path / "out" / "clip_composite.mp4"]


def test_an_existing_clip_is_replaced(clip: Path, tmp_path: Path, matter: Matter) -> None:
    (tmp_path / "out.mp4").write_text("old")
    matte_video([clip], tmp_path / "out.mp4", matter)
    assert len(watch(tmp_path / "out.mp4").times_s) == COUNT


def test_a_name_like_a_protocol_is_a_file(tmp_path: Path, matter: Matter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "10:30.mkv")
    matte_video([Path("10:30.mkv")], Path("11:30.mkv"), matter)
    assert listen(tmp_path / "11:30.mkv")[2] == pytest.approx(TONE_HZ, abs=5)


@pytest.mark.parametrize(("turns", "matrix"), [(-1, (0, 1, -1, 0)), (1, (0, -1, 1, 0)), (2, (-1, 0, 0, -1))])
def test_a_clip_is_turned_as_the_camera_was_held(
    clip: Path, tmp_path: Path, matter: Matter, turns: int, matrix: tuple[int, int, int, int]
) -> None:
    data = bytearray(clip.read_bytes())
    at = data.index(b"tkhd") + 44  # the display matrix of the first track, which is the video
    a, b, c, d = (value << 16 for value in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    clip.write_bytes(data)
    matte_video([clip], tmp_path / "out.mp4", matter, background="none")
    (first, *_) = watch(tmp_path / "out.mp4", form="bgr24").pictures
    expected = np.rot90(picture(0), turns)
    assert first.shape == expected.shape
    assert np.abs(first.astype(int) - expected).mean() < 4


def test_pixels_that_are_not_square_become_square(tmp_path: Path, matter: Matter) -> None:
    with av.open(tmp_path / "wide.mp4", "w") as container:
        video = container.add_stream("libx264", FPS, width=WIDTH_PX, height=HEIGHT_PX)
        video.pix_fmt, video.codec_context.sample_aspect_ratio = "yuv420p", Fraction(3, 2)
        container.mux(video.encode(av.VideoFrame.from_ndarray(picture(0), "bgr24")))
        container.mux(video.encode(None))
    matte_video([tmp_path / "wide.mp4"], tmp_path / "out.mp4", matter)
    assert watch(tmp_path / "out.mp4").pictures[0].shape[:2] == (HEIGHT_PX, WIDTH_PX * 3 // 2)


@pytest.mark.parametrize("height_px", [64, 720])
def test_colours_of_which_nothing_is_said_are_read_as_players_do(
    tmp_path: Path, matter: Matter, height_px: int
) -> None:
    space = "itu709" if height_px == 720 else "itu601"
    pixels = np.full((height_px, 64, 3), (40, 90, 200), np.uint8)
    with av.open(tmp_path / "untagged.mkv", "w") as container:
        video = container.add_stream("libx264", FPS, width=64, height=height_px, options={"crf": "1"})
        video.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(pixels, "bgr24").reformat(format="yuv420p", dst_colorspace=space)
        frame.colorspace, frame.pts = 2, 0
        container.mux(video.encode(frame))
        container.mux(video.encode(None))
    matte_video([tmp_path / "untagged.mkv"], tmp_path / "out.mkv", matter, background="none")
    (shown,) = watch(tmp_path / "out.mkv", form="bgr24").pictures
    assert np.abs(shown[16:-16, 16:-16].astype(int) - (40, 90, 200)).max() <= 6


def test_a_clip_that_changes_its_size_keeps_the_first(tmp_path: Path, matter: Matter) -> None:
    with av.open(tmp_path / "clip.mkv", "w") as container:
        first = container.add_stream("mjpeg", FPS, width=64, height=48)
        second = av.CodecContext.create("mjpeg", "w")
        second.width, second.height, second.time_base = 32, 48, Fraction(1, FPS)
        first.pix_fmt = second.pix_fmt = "yuvj420p"
        for index, encoder in enumerate((first, second)):
            frame = av.VideoFrame.from_ndarray(np.full((48, encoder.width, 3), 204, np.uint8), "bgr24")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            for packet in encoder.encode(frame.reformat(format="yuvj420p")):
                packet.stream = first
                container.mux(packet)
    matte_video([tmp_path / "clip.mkv"], tmp_path / "out.mp4", matter, background="none")
    pictures = watch(tmp_path / "out.mp4").pictures
    assert [pixels.shape[:2] for pixels in pictures] == [(48, 64)] * 2
    assert pictures[1][:, 32, :3].mean() == pytest.approx(204, abs=8)
    assert pictures[1][:, 4, :3].mean() < 8, "bars at the sides"


@pytest.mark.parametrize("alpha", [None, "webm", "prores", "png"])
@pytest.mark.skipif(sys.platform != "linux", reason="other systems count and write names in another way")
@pytest.mark.parametrize("name", ["\u5c71" * 80, "caf\udce9"], ids=["80 characters of 3 bytes", "no UTF-8"])
def test_names_of_every_kind_are_kept(clip: Path, tmp_path: Path, matter: Matter, name: str, alpha: str | None) -> None:
    clip = clip.rename(clip.with_stem(name))
    (tmp_path / "out").mkdir()
    report = matte_video([clip], tmp_path / "out", matter, alpha=alpha)
    assert report.failures == []
    assert listing(tmp_path / "out") == [name + ENDINGS[alpha]]


def test_progress_counts_each_frame(clip: Path, tmp_path: Path, matter: Matter) -> None:
    told: list[tuple[int, int, str]] = []
    matte_video([clip], tmp_path / "out.mp4", matter, progress=lambda *step: told.append(step))
    assert told[:-1] == [(done, COUNT, "clip.mp4") for done in range(1, COUNT + 1)]
    assert told[-1] == (COUNT, COUNT, "clip.mp4")


def test_a_keyed_clip_is_whole_though_stretches_show_no_screen(tmp_path: Path) -> None:
    """It fades in from black, and a title fills it for a while."""
    shades = [(0, 0, 0), (0, 0, 0), (64, 177, 0), (240, 240, 240), (240, 240, 240), (64, 177, 0)]
    with av.open(tmp_path / "in.mkv", "w") as container:
        stream = container.add_stream("ffv1", FPS, width=WIDTH_PX, height=HEIGHT_PX)
        stream.pix_fmt = "bgr0"
        for shade in shades:
            frame = av.VideoFrame.from_ndarray(np.full((HEIGHT_PX, WIDTH_PX, 3), shade, np.uint8), "bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    as_keyed = FinishSettings(temporal="off")
    report = matte_video([tmp_path / "in.mkv"], tmp_path / "out.webm", ChromaMatter(), finish=as_keyed, alpha="webm")
    assert report.failures == []
    seen = watch(tmp_path / "out.webm", decoder="libvpx-vp9")
    assert [round(float(pixels[..., 3].mean()) / 255) for pixels in seen.pictures] == [1, 1, 0, 1, 1, 0]
