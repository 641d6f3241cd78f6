"""One reader, all its callers: each kind of video file gives the same frames at the same times to every one of them."""

import errno
import io
import itertools
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import pytest
from av.stream import Disposition

from realtime.capture import file
from realtime.capture.file import open_video
from realtime.errors import ControlError, GreenlessError, SourceError, SourceLost
from realtime.frame import Frame, Matte, Pixels
from realtime.media import video_reader
from realtime.media.video_reader import VideoReader, open_container
from realtime.offline.clip import Clip
from realtime.scene.video_background import VideoBackground
from realtime.web import uploads

FPS, COUNT = 10, 6
EVEN_S = tuple(index / FPS for index in range(COUNT))
UNEVEN_S = (0.0, 0.1, 0.15, 0.4, 0.5, 0.9)
STEP_S = 0.01
"""How often the background is looked at."""


class Seen(NamedTuple):
    """What a caller gets of a file."""

    levels: list[int]
    """The number of each frame, see ``flat``."""

    times_s: list[float]
    sizes: list[tuple[int, int]]
    """``(W, H)``."""


def flat(index: int, size: tuple[int, int] = (64, 48)) -> av.VideoFrame:
    """Frame ``index``: grey by its number, and its top left quarter white."""
    pixels = np.full((size[1], size[0], 3), 20 + 30 * index, np.uint8)
    pixels[: size[1] // 2, : size[0] // 2] = 255
    return av.VideoFrame.from_ndarray(pixels, "bgr24")


def seen(frames: Sequence[tuple[float, Pixels]]) -> Seen:
    levels = [round((float(np.median(pixels[pixels[..., 1] < 230])) - 20) / 30) for _, pixels in frames]
    return Seen(levels, [time_s for time_s, _ in frames], [(p.shape[1], p.shape[0]) for _, p in frames])


def write(
    path: Path, *, times_s: Sequence[float] = EVEN_S, encoder: str = "libx264", cover: bool = False, **muxer: str
) -> Path:
    with av.open(path, "w", options=muxer) as container:
        stream = container.add_stream(encoder, FPS, width=64, height=48)
        stream.pix_fmt, stream.codec_context.time_base = (
            "yuvj420p" if encoder == "mjpeg" else "yuv420p",
            Fraction(1, 1000),
        )
        if cover:
            art = container.add_stream("mjpeg", 1, width=16, height=16, pix_fmt="yuvj420p")
            art.disposition = Disposition.attached_pic
            container.mux(art.encode(av.VideoFrame(16, 16, "yuvj420p")))
        for index, time_s in enumerate(times_s):
            frame = flat(index).reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = round(time_s * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def boxes(data: bytes) -> Iterator[bytes]:
    """The boxes of an MP4 file, or of what is in one of them."""
    while data:
        (length,) = struct.unpack(">I", data[:4])
        yield data[:length]
        data = data[length:]


def cover_first(path: Path) -> Path:
    """Put the cover art of an MP4 file before its tracks, as some tools write it."""
    *others, moov = boxes(path.read_bytes())
    assert moov[4:8] == b"moov"
    inner = sorted(boxes(moov[8:]), key=lambda box: box[4:8] == b"trak")
    path.write_bytes(b"".join((*others, moov[:8], *inner)))
    return path


def rotated(path: Path) -> Path:
    """A quarter turn to the right, which ISO 14496-12 writes into the track header."""
    data = bytearray(write(path).read_bytes())
    at = data.index(b"tkhd") + 44
    data[at : at + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


def damaged(path: Path) -> Path:
    """The fourth frame is all zeros."""
    data = bytearray(write(path, encoder="mjpeg").read_bytes())
    begins = [at for at in range(len(data)) if data[at : at + 2] == b"\xff\xd8"]
    data[begins[3] : begins[4] - 20] = bytes(begins[4] - 20 - begins[3])
    path.write_bytes(data)
    return path


GROWS = ((64, 48), (320, 240), (64, 48))
"""The sizes of a stream's parts, of two frames each; a header tells of the first."""


def growing(path: Path, codec: str) -> Path:
    """A stream that changes its size in the middle."""
    packets: list[bytes] = []
    pixel_format = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    for width, height in GROWS:
        with av.open(io.BytesIO(), "w", format="matroska") as container:
            stream = container.add_stream(codec, 10, width=width, height=height, pix_fmt=pixel_format)
            for grey in (50, 200):
                flat = av.VideoFrame.from_ndarray(np.full((height, width, 3), grey, np.uint8), "bgr24")
                packets += map(bytes, stream.encode(flat.reformat(format=pixel_format)))
            packets += map(bytes, stream.encode())
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, 10, width=64, height=48, pix_fmt=pixel_format)
        for index, data in enumerate(packets):
            packet = av.Packet(data)
            packet.stream, packet.pts, packet.dts, packet.time_base = stream, index, index, Fraction(1, 10)
            packet.is_keyframe = index % 2 == 0
            container.mux(packet)
    return path


class Case(NamedTuple):
    """A kind of file and what each caller gets of it."""

    name: str
    make: Callable[[Path], Path]
    times_s: tuple[float, ...] = EVEN_S
    levels: tuple[int, ...] = tuple(range(COUNT))
    size: tuple[int, int] = (64, 48)


CASES = {
    "plain": Case("clip.mp4", write),
    "rotated": Case("clip.mp4", rotated, size=(48, 64)),
    "cover art first": Case("clip.mp4", lambda path: cover_first(write(path, cover=True))),
    "damaged packet": Case("clip.mkv", damaged, times_s=(0.0, 0.1, 0.2, 0.4, 0.5), levels=(0, 1, 2, 4, 5)),
    "variable frame rate": Case("clip.mkv", lambda path: write(path, times_s=UNEVEN_S), times_s=UNEVEN_S),
    "missing duration": Case("clip.mkv", lambda path: write(path, live="1")),
    "late start": Case("clip.mkv", lambda path: write(path, times_s=[2.5 + at_s for at_s in EVEN_S])),
}


def by_source(path: Path, case: Case, monkeypatch: pytest.MonkeyPatch) -> Seen:
    monkeypatch.setattr(file, "Paced", lambda moments, **_: list(moments))
    return seen([tuple(moment) for moment in open_video(path, paced=True)])  # type: ignore[attr-defined]


def by_background(path: Path, case: Case, monkeypatch: pytest.MonkeyPatch) -> Seen:
    """What it shows in one round, and since when."""
    background, shown = VideoBackground(path, "stretch"), []
    empty = np.zeros((case.size[1], case.size[0], 3), np.uint8)
    for index in range(round((case.times_s[-1] + 0.05) / STEP_S)):
        frame = Frame(pixels=empty, index=index, captured_s=index * STEP_S)
        plate = background.plate(Matte(alpha=empty[..., 0].astype(np.float32), frame=frame))
        if not shown or plate is not shown[-1][1]:
            shown.append((frame.captured_s, plate))
    background.close()
    return seen(shown)


def by_clip(path: Path, case: Case, monkeypatch: pytest.MonkeyPatch) -> Seen:
    with Clip(path) as clip:
        return seen([(frame.captured_s, frame.pixels) for frame in clip.frames])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@pytest.mark.parametrize("read", [by_source, by_background, by_clip])
def test_every_caller_gets_the_same_frames_at_the_same_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Case, read: Callable[..., Seen]
) -> None:
    found = read(case.make(tmp_path / case.name), case, monkeypatch)
    assert found.levels == list(case.levels)
    assert found.times_s == pytest.approx(case.times_s, abs=1.1 * STEP_S)
    assert set(found.sizes) == {case.size}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_upload_is_judged_by_its_video_track(tmp_path: Path, case: Case) -> None:
    path = case.make(tmp_path / case.name)
    if case.make is damaged:
        with pytest.raises(ControlError, match="not a clip that can be read"):
            uploads._check_clip(path, path.suffix)
    else:
        uploads._check_clip(path, path.suffix)


def test_an_upload_is_not_judged_by_its_cover(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LARGEST_FRAME_PX", 32 * 32)  # the cover is smaller, the video larger
    with pytest.raises(ControlError, match="larger than 8K"):
        uploads._check_clip(cover_first(write(tmp_path / "clip.mp4", cover=True)), ".mp4")


@pytest.mark.parametrize("read", [open_video, Clip, VideoBackground])
def test_cover_art_alone_is_no_video(tmp_path: Path, read: Callable[..., Any]) -> None:
    path = tmp_path / "song.mp3"
    with av.open(path, "w") as container:
        sound = container.add_stream("libmp3lame", 48_000, layout="mono")
        art = container.add_stream("mjpeg", 1, width=16, height=16, pix_fmt="yuvj420p")
        art.disposition = Disposition.attached_pic
        container.mux(art.encode(av.VideoFrame(16, 16, "yuvj420p")))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.float32), "fltp", "mono")
        silence.sample_rate = 48_000
        container.mux(sound.encode(silence))
        container.mux(sound.encode())
    more = {"paced": False} if read is open_video else {"how": "cover"} if read is VideoBackground else {}
    with pytest.raises(GreenlessError, match=r"no video track|not a video"):
        read(path, **more)


@pytest.mark.parametrize("codec", ["mjpeg", "libvpx"])
def test_a_change_of_size_is_held_or_followed_as_the_caller_says(tmp_path: Path, codec: str) -> None:
    path = growing(tmp_path / "grown.mkv", codec)
    each = [size for size in GROWS for _ in range(2)]
    with Clip(path) as clip:
        assert [(frame.width_px, frame.height_px) for frame in clip.frames] == [GROWS[0]] * 6
    with open_video(path, paced=False) as source:
        assert [(frame.width_px, frame.height_px) for frame in source] == each


@pytest.mark.parametrize("codec", ["mjpeg", "libvpx"])
def test_frames_over_the_limit_are_skipped_as_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(video_reader, "LARGEST_PX", 10_000)
    path = growing(tmp_path / "grown.mkv", codec)
    with Clip(path) as clip:
        assert [frame.pixels.shape for frame in clip.frames] == [(48, 64, 3)] * 4
        assert clip.damaged == 2
    with open_video(path, paced=False) as source:
        assert [frame.pixels.shape for frame in source] == [(48, 64, 3)] * 4
    assert "skipped 2 damaged packets" in caplog.text


def test_a_disk_that_fails_ends_a_source_with_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = VideoReader._decoded

    def fails(reader: VideoReader) -> Iterator[av.VideoFrame]:
        yield from itertools.islice(decoded(reader), 3)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(VideoReader, "_decoded", fails)
    source = open_video(write(tmp_path / "clip.mp4"), paced=False)
    with source, pytest.raises(SourceError, match="failed after 3 frames: Input/output error") as error:
        list(source)
    assert error.type is not SourceLost  # reopening it would not help


def test_an_endless_stream_of_damaged_packets_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_reader, "DAMAGED_IN_A_ROW", 3)
    container = open_container(write(tmp_path / "clip.mkv", live="1"))
    with VideoReader(container, largest_px=100) as reader, pytest.raises(av.FFmpegError):
        list(reader.frames())
    assert reader.damaged == 3


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no names but Unicode ones")
def test_a_name_that_is_no_utf8_opens(tmp_path: Path) -> None:
    path = growing(tmp_path / "plain.mkv", "mjpeg").rename(tmp_path / "caf\udce9.mkv")
    with open_container(path) as container:
        assert container.streams.video[0].codec_context.width == 64


def test_a_title_in_another_encoding_does_not_keep_a_clip_from_opening(tmp_path: Path) -> None:
    path = growing(tmp_path / "plain.mkv", "mjpeg")
    with av.open(path) as plain, av.open(tmp_path / "titled.mkv", "w") as container:
        container.metadata["title"] = "in the cafe"
        copy = container.add_stream_from_template(plain.streams.video[0])
        for packet in plain.demux(video=0):
            if packet.size:
                packet.stream = copy
                container.mux(packet)
    data = (tmp_path / "titled.mkv").read_bytes()
    assert b"in the cafe" in data
    (tmp_path / "titled.mkv").write_bytes(data.replace(b"in the cafe", b"in the caf\xe9"))
    with open_container(tmp_path / "titled.mkv") as container:
        assert next(container.decode(video=0)).width == 64
