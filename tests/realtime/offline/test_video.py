"""Clips off line: what is written for each kind of output, and that timing, sound and alpha are right in it."""

import errno
import os
import shutil
import struct
import sys
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Self

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from PIL import Image

from realtime.errors import GreenlessError, MatterError, SceneError, SettingsError, SinkError
from realtime.matting.chroma import ChromaMatter
from realtime.matting.matter import Matter
from realtime.offline.clip import Clip
from realtime.offline.video import matte_video
from realtime.offline.video_outputs import ENDINGS, writing
from realtime.settings.schema import FinishSettings
from tests.realtime.offline.conftest import Brightness

Picture = npt.NDArray[np.uint8]

WIDTH_PX, HEIGHT_PX, FPS, COUNT = 64, 48, 10, 8
RATE_HZ, TONE_HZ = 48_000, 440
EVEN_S = tuple(i / FPS for i in range(COUNT))
UNEVEN_S = (0.0, 0.1, 0.15, 0.4, 0.5, 0.9, 0.95, 1.2)
PERSON = np.s_[8:30, 4:28]
ROOM = np.s_[8:30, 36:60]


def picture(index: int) -> Picture:
    """A person on the left, whose matte is 0.8 by their brightness, before a black room; a bar tells the index."""
    pixels = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    pixels[:, : WIDTH_PX // 2] = 204
    pixels[-10:] = 0
    pixels[-10:, : 8 * index] = 255
    return pixels


def index_of(grey: Picture) -> int:
    """Which ``picture`` this is, by its bar."""
    return round(float((grey[-5] > 127).sum()) / 8)


def write_clip(
    path: Path, *, times_s: Sequence[float] = EVEN_S, sound: str = "aac", start_s: float = 0, encoder: str = "libx264"
) -> Path:
    """A clip of ``picture`` at ``times_s``, with a tone beside it."""
    with av.open(path, "w") as container:
        video = container.add_stream(encoder, FPS, width=WIDTH_PX, height=HEIGHT_PX)
        video.pix_fmt, video.codec_context.time_base = (
            "yuvj420p" if encoder == "mjpeg" else "yuv420p",
            Fraction(1, 1000),
        )
        audio = container.add_stream(sound, RATE_HZ, layout="mono") if sound else None
        for index, time_s in enumerate(times_s):
            frame = av.VideoFrame.from_ndarray(picture(index), "bgr24").reformat(format=video.pix_fmt)
            frame.pts, frame.time_base = round((start_s + time_s) * 1000), Fraction(1, 1000)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            samples = np.arange(round(RATE_HZ * (times_s[-1] + 1 / FPS)))
            wave = 0.5 * np.sin(2 * np.pi * TONE_HZ * samples / RATE_HZ)
            tone = av.AudioFrame.from_ndarray(wave.astype(np.float32)[None], "fltp", "mono")
            tone.sample_rate, tone.pts, tone.time_base = RATE_HZ, round(start_s * RATE_HZ), Fraction(1, RATE_HZ)
            container.mux(audio.encode(tone))
            container.mux(audio.encode(None))
    return path


class Seen(NamedTuple):
    """What a player sees of a clip."""

    times_s: list[float]
    pictures: list[Picture]
    codec: str


def watch(path: Path, *, decoder: str | None = None, form: str = "bgra") -> Seen:
    with av.open(path) as container:
        stream = container.streams.video[0]
        packets = container.demux(stream)
        if decoder is None:
            frames = [frame for packet in packets for frame in packet.decode()]
        else:
            context = av.CodecContext.create(decoder, "r")
            frames = [frame for packet in packets for frame in context.decode(packet if packet.size else None)]
        times = [float(frame.pts * stream.time_base) for frame in frames]
        return Seen(times, [frame.to_ndarray(format=form) for frame in frames], stream.codec_context.name)


def listen(path: Path) -> tuple[str, float, float]:
    """Codec, length in seconds and pitch in Hz of the sound in a clip."""
    with av.open(path) as container:
        stream = container.streams.audio[0]
        wave = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(stream)])
        codec = stream.codec_context.name
    pitch = float(np.abs(np.fft.rfft(wave)).argmax()) * RATE_HZ / len(wave)
    return codec, len(wave) / RATE_HZ, pitch


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def order_of(pictures: Sequence[Picture]) -> list[int]:
    return [index_of(pixels[..., 1]) for pixels in pictures]


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return write_clip(tmp_path / "in" / "clip.mp4")


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out.webm", "out.mov"])
def test_a_composite_keeps_frames_times_and_sound(clip: Path, tmp_path: Path, matter: Matter, name: str) -> None:
    report = matte_video([clip], tmp_path / name, matter, background="#0000ff")
    assert report.matted == (clip,)
    assert report.written == (tmp_path / name,)
    assert report.failures == report.skipped == ()
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
    assert report.written == (tmp_path / "out",)
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
        assert report.matted == (clip,)
    assert listing(clip.parent) == ["clip.mp4", "clip_composite.mp4"]


def test_one_clip_into_a_folder_that_is_there(clip: Path, tmp_path: Path, matter: Matter) -> None:
    (tmp_path / "out").mkdir()
    assert matte_video([clip], tmp_path / "out", matter).written == (tmp_path / "out" / "clip_composite.mp4",)


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


def test_clips_that_cannot_be_read_do_not_keep_the_others(clip: Path, tmp_path: Path, matter: Matter) -> None:
    folder = clip.parent
    (folder / "empty.mp4").touch()
    (folder / "junk.mp4").write_bytes(b"junk" * 1000)
    (folder / "text.txt").write_text("hello")
    with av.open(folder / "sound.mka", "w", "matroska") as container:
        audio = container.add_stream("aac", RATE_HZ, layout="mono")
        container.mux(audio.encode(None))
    Image.new("RGB", (8, 8)).save(folder / "picture.png")
    write_song(folder / "song.mp3")
    named = [folder / name for name in ("missing.mp4", "text.txt", "sound.mka", "picture.png", "song.mp3")]
    report = matte_video([*named, folder], tmp_path / "out", matter)
    assert report.matted == (clip,)
    assert listing(tmp_path / "out") == ["clip_composite.mp4"]
    assert len(report.failures) == 7
    for failure, name in zip(report.failures, [*(p.name for p in named), "empty.mp4", "junk.mp4"], strict=True):
        assert name in failure.what
        assert failure.cure


def write_song(path: Path) -> None:
    """Sound whose only picture is that of its cover."""
    with av.open(path, "w") as container:
        audio = container.add_stream("libmp3lame", RATE_HZ, layout="mono")
        cover = container.add_stream("mjpeg", 1, width=16, height=16)
        cover.pix_fmt, cover.disposition = "yuvj420p", Disposition.attached_pic
        container.mux(cover.encode(av.VideoFrame(16, 16, "yuvj420p")))
        container.mux(cover.encode(None))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.float32), "fltp", "mono")
        silence.sample_rate = RATE_HZ
        container.mux(audio.encode(silence))
        container.mux(audio.encode(None))


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


def test_a_disk_that_disappears_in_the_middle_is_reported_and_leaves_nothing(
    clip: Path, tmp_path: Path, matter: Matter, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_clip = av.open

    class Unplugged:
        def __init__(self, container: InputContainer) -> None:
            self._container = container

        def __getattr__(self, name: str) -> object:
            return getattr(self._container, name)

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *exc: object) -> None:
            self._container.close()

        def demux(self, stream: Stream) -> Iterator[Packet]:
            yield from islice(self._container.demux(stream), 4)
            raise OSError(errno.EIO, "Input/output error")

    def unplugged(path: str | Path, *mode: str, **options: object) -> object:
        container = open_clip(path, *mode, **options)
        return container if mode else Unplugged(container)

    monkeypatch.setattr(av, "open", unplugged)
    report = matte_video([clip], tmp_path / "out.mp4", matter)
    assert "Input/output error" in report.failures[0].what
    assert listing(tmp_path) == ["in"]


def test_a_clip_that_is_cut_off_gives_what_there_is(tmp_path: Path, matter: Matter) -> None:
    source = write_clip(tmp_path / "clip.mkv", sound="", encoder="mjpeg")
    data = source.read_bytes()
    source.write_bytes(data[: len(data) * 6 // 10])
    report = matte_video([source], tmp_path / "out.mp4", matter)
    assert report.matted == (source,)
    seen = order_of(watch(tmp_path / "out.mp4").pictures)
    assert seen == list(range(len(seen)))
    assert 1 <= len(seen) < COUNT


def test_damage_in_the_middle_is_skipped_and_reported(tmp_path: Path, matter: Matter) -> None:
    source = write_clip(tmp_path / "clip.mkv", sound="", encoder="mjpeg")
    data = bytearray(source.read_bytes())
    begins = [i for i in range(len(data)) if data[i : i + 2] == b"\xff\xd8"]
    fourth = slice(begins[3], begins[4] - 20)
    data[fourth] = bytes(len(data[fourth]))
    source.write_bytes(data)
    report = matte_video([source], tmp_path / "out.mp4", matter)
    assert order_of(watch(tmp_path / "out.mp4").pictures) == [0, 1, 2, 4, 5, 6, 7]
    assert report.incomplete == (f"{source}: 1 damaged packet",)


@pytest.mark.parametrize("alpha", [None, "webm", "prores", "png"])
@pytest.mark.parametrize("stop", [KeyboardInterrupt(), MatterError("the network failed")], ids=["Ctrl-C", "network"])
def test_a_run_that_is_stopped_leaves_nothing_half_there(
    clip: Path, tmp_path: Path, matter: Matter, alpha: str | None, stop: BaseException
) -> None:
    target = tmp_path / {None: "out.mp4", "webm": "out.webm", "prores": "out.mov", "png": "out"}[alpha]
    if alpha != "png":
        target.write_text("old")
    before = listing(tmp_path)

    def third(done: int, total: int, name: str) -> None:
        if done == 3:
            raise stop

    if isinstance(stop, MatterError):
        report = matte_video([clip], target, matter, alpha=alpha, progress=third)
        assert [failure.what for failure in report.failures] == [f"{clip}: the network failed"]
    else:
        with pytest.raises(type(stop)):
            matte_video([clip], target, matter, alpha=alpha, progress=third)
    assert listing(tmp_path) == before
    assert alpha == "png" or target.read_text() == "old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_leaves_no_clip(
    clip: Path, tmp_path: Path, matter: Matter, monkeypatch: pytest.MonkeyPatch
) -> None:
    (part := tmp_path / "out.unfinished.mp4").symlink_to("/dev/full")
    monkeypatch.setattr("realtime.media.unfinished._made", lambda path: (part, os.open(part, os.O_RDWR)))
    report = matte_video([clip], tmp_path / "out.mp4", matter)
    assert "out.mp4: the disk is full" in report.failures[0].what
    assert listing(tmp_path) == ["in"]


def test_a_full_disk_leaves_no_folder_of_pngs(
    clip: Path, tmp_path: Path, matter: Matter, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def full(part: Path, target: Path) -> None:
        if "000002" in target.name:
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        replace(part, target)

    monkeypatch.setattr(os, "replace", full)
    report = matte_video([clip], tmp_path / "out", matter, alpha="png")
    assert "No space" in report.failures[0].what
    assert listing(tmp_path) == ["in"]


def test_what_a_killed_run_left_is_swept_away(clip: Path, tmp_path: Path, matter: Matter) -> None:
    with Clip(clip) as opened, writing(opened, tmp_path / "out", "png", []):
        (part,) = (path for path in tmp_path.iterdir() if path != clip.parent)
        shutil.copytree(part, tmp_path / "kept")
    (tmp_path / "kept").rename(part)
    (part / "000099.png").touch()
    shutil.rmtree(tmp_path / "out")
    matte_video([clip], tmp_path / "out", matter, alpha="png")
    assert len(listing(tmp_path / "out")) == COUNT
    assert listing(tmp_path) == ["in", "out"]


@pytest.mark.parametrize("alpha", [None, "webm", "prores", "png"])
@pytest.mark.skipif(sys.platform != "linux", reason="other systems count and write names in another way")
@pytest.mark.parametrize("name", ["\u5c71" * 80, "caf\udce9"], ids=["80 characters of 3 bytes", "no UTF-8"])
def test_names_of_every_kind_are_kept(clip: Path, tmp_path: Path, matter: Matter, name: str, alpha: str | None) -> None:
    clip = clip.rename(clip.with_stem(name))
    (tmp_path / "out").mkdir()
    report = matte_video([clip], tmp_path / "out", matter, alpha=alpha)
    assert report.failures == ()
    assert listing(tmp_path / "out") == [name + ENDINGS[alpha]]


def test_one_bad_clip_does_not_keep_the_others_in_any_way_of_failing(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("a", "network", "memory", "bug", "n" * 243, "y", "z")
    inputs = [shutil.copy(clip, clip.with_stem(name)) for name in names]
    (tmp_path / "out" / "y_composite.mp4").mkdir(parents=True)
    failing = dict(
        zip(names[1:4], (MatterError("the network failed"), MemoryError(), RuntimeError("what?")), strict=True)
    )

    def third(done: int, total: int, name: str) -> None:
        if done == 3 and (error := failing.get(Path(name).stem)):
            raise error

    report = matte_video(inputs, tmp_path / "out", Brightness(), progress=third)
    assert report.matted == (inputs[0], inputs[-1])
    whats = [failure.what for failure in report.failures]
    assert [what.partition(str(clip.parent))[2][1:40] for what in whats[:3]] == [
        *(
            "network.mp4: the network failed",
            "memory.mp4 needs more memory than is fr",
            "bug.mp4 failed: RuntimeError: what?",
        )
    ]
    assert "File name too long" in whats[3]
    assert "y_composite.mp4" in whats[4]
    assert listing(tmp_path / "out") == ["a_composite.mp4", "y_composite.mp4", "z_composite.mp4"]


def test_progress_counts_each_frame(clip: Path, tmp_path: Path, matter: Matter) -> None:
    told: list[tuple[int, int, str]] = []
    matte_video([clip], tmp_path / "out.mp4", matter, progress=lambda *step: told.append(step))
    assert told[:-1] == [(done, COUNT, "clip.mp4") for done in range(1, COUNT + 1)]
    assert told[-1] == (COUNT, COUNT, "clip.mp4")


@pytest.mark.parametrize(
    ("output", "options", "error", "message"),
    [
        ("out.mp4", {"alpha": "webm"}, SinkError, r"written as \.webm"),
        ("out.webm", {"alpha": "prores"}, SinkError, r"written as \.mov"),
        ("out.mov", {"alpha": "png"}, SinkError, "need a folder"),
        ("out.wmv", {}, SinkError, r"\.wmv"),
        ("in/clip.mp4", {}, SinkError, "is an input"),
        ("out.mp4", {"background": "transparent"}, SettingsError, "alpha"),
        ("out.webm", {"background": "blur", "alpha": "webm"}, SettingsError, "no background"),
        ("out.mp4", {"background": "nothing.jpg"}, SceneError, r"nothing\.jpg"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(
    clip: Path,
    tmp_path: Path,
    matter: Matter,
    output: str,
    options: dict[str, str],
    error: type[GreenlessError],
    message: str,
) -> None:
    before = clip.read_bytes()
    with pytest.raises(error, match=message) as caught:
        matte_video([clip], tmp_path / output, matter, **options)
    assert caught.value.cure
    assert listing(tmp_path) == ["in"]
    assert clip.read_bytes() == before


def test_several_clips_do_not_fit_one_file(clip: Path, tmp_path: Path, matter: Matter) -> None:
    with pytest.raises(SinkError, match="need a folder"):
        matte_video([clip.parent], tmp_path / "out.mp4", matter)


def test_a_folder_of_pngs_is_not_mixed_with_another(clip: Path, tmp_path: Path, matter: Matter) -> None:
    (tmp_path / "out" / "clip_cutout").mkdir(parents=True)
    with pytest.raises(SinkError, match="exists already"):
        matte_video([clip], tmp_path / "out", matter, alpha="png")


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
    assert report.failures == ()
    seen = watch(tmp_path / "out.webm", decoder="libvpx-vp9")
    assert [round(float(pixels[..., 3].mean()) / 255) for pixels in seen.pictures] == [1, 1, 0, 1, 1, 0]
