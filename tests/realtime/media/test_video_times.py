"""Frames counted and times compared with ffprobe, for the kinds of files that cameras, phones and editors write."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest

from realtime.media.video_reader import VideoReader, open_container
from realtime.offline.clip import Clip
from tests.conftest import FFmpeg
from tests.realtime.media.footage import CARD, read, times_s

CLIP = ("-f", "lavfi", "-i", CARD)
SOUND = ("-f", "lavfi", "-i", "sine=440:d=1")
H264 = ("-c:v", "libx264", "-bf", "2", "-g", "10")


def cut(ffmpeg: FFmpeg, path: Path) -> None:
    """Cut without encoding: an edit list hides what comes before."""
    ffmpeg(*CLIP, *H264, path.with_name("whole.mp4"))
    ffmpeg("-ss", "0.5", "-i", path.with_name("whole.mp4"), "-c", "copy", path)


def one(*words: str) -> Callable[[FFmpeg, Path], object]:
    return lambda ffmpeg, path: ffmpeg(*words, path)


VARIABLE = ("-vf", "select='not(mod(n,3)*mod(n,7))'", "-vsync", "vfr")
TWO_RATES = ("-vf", "setpts='if(lt(N,12),N,12+(N-12)/2)/25/TB',settb=1/1000", "-vsync", "passthrough")
EARLY = ("-itsoffset", "-0.2", *CLIP, *SOUND, *H264, "-c:a", "aac", "-avoid_negative_ts", "disabled")

KINDS: dict[str, Callable[[FFmpeg, Path], object]] = {
    "edit list.mp4": cut,
    "edit list.mov": cut,
    "variable rate.mp4": one(*CLIP, *VARIABLE, *H264),
    "variable rate.mkv": one(*CLIP, *VARIABLE, *H264),
    "two rates.mp4": one(*CLIP, *TWO_RATES, *H264),
    "two rates.mkv": one(*CLIP, *TWO_RATES, *H264),
    "late start.mkv": one(*CLIP, *SOUND, *H264, "-output_ts_offset", "3"),
    "late start.ts": one(*CLIP, *SOUND, *H264, "-output_ts_offset", "3"),
    "late picture.mp4": one(*SOUND, "-itsoffset", "0.5", *CLIP, *H264, "-vsync", "passthrough"),
    "early start.mp4": one(*EARLY),
    "early start.mkv": one(*EARLY),
    "no duration.mkv": one(*CLIP, *H264, "-f", "matroska", "-live", "1"),
    "fragments.mp4": one(*CLIP, *H264, "-movflags", "frag_keyframe+empty_moov"),
    "dropped frames.avi": one(*CLIP, *VARIABLE, "-c:v", "mpeg4"),
    "half the rate.flv": one(*CLIP, "-r", "12.5", "-c:v", "flv"),
    "ntsc.mp4": one("-f", "lavfi", "-i", CARD.replace("25", "30000/1001"), *H264),
    "program stream.mpg": one(*CLIP, *SOUND, "-c:v", "mpeg2video"),
    "animated.gif": one(*CLIP, "-r", "10"),
}


@pytest.mark.parametrize("name", KINDS)
def test_frames_come_as_ffprobe_counts_them(ffmpeg: FFmpeg, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    KINDS[name](ffmpeg, path)
    frames, _ = read(path)
    wanted = times_s(ffmpeg, path)
    assert [frame.time_s for frame in frames] == pytest.approx(wanted, abs=0.0011)


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video"])
def test_joined_broadcasts_follow_one_another(ffmpeg: FFmpeg, tmp_path: Path, codec: str) -> None:
    """The second part has another size and rate, and begins its times again."""
    parts = [tmp_path / "a.ts", tmp_path / "b.ts"]
    for part, size, fps in zip(parts, ("160x96", "320x192"), (25, 50), strict=True):
        ffmpeg("-f", "lavfi", "-i", f"testsrc2=s={size}:r={fps}:d=1", "-c:v", codec, "-b:v", "4M", part)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    frames, pixels = read(joined)
    times = [frame.time_s for frame in frames]
    assert len(frames) == len(times_s(ffmpeg, joined))
    first = sum(shown.shape[:2] == (96, 160) for shown in pixels)
    assert first in (24, 25), "a decoder may lose the last frame before the change"
    assert times[:first] == pytest.approx([index / 25 for index in range(first)], abs=1e-3)
    later = [time_s - times[first] for time_s in times[first:]]
    assert later == pytest.approx([index / 50 for index in range(50)], abs=1e-3)
    assert times[first] - times[first - 1] == pytest.approx(0.04, abs=0.03)


def test_an_empty_packet_is_no_damage(tmp_path: Path) -> None:
    """Some writers repeat a frame by a packet of no bytes."""
    path = tmp_path / "clip.nut"
    with av.open(path, "w") as container:
        stream = container.add_stream("mjpeg", 10, width=64, height=48, pix_fmt="yuvj420p")
        for index in range(5):
            (packet,) = stream.encode(av.VideoFrame(64, 48, "yuvj420p"))
            written = av.Packet(b"" if index == 2 else bytes(packet))
            written.stream, written.pts, written.dts, written.time_base = stream, index, index, Fraction(1, 10)
            container.mux(written)
    with VideoReader(open_container(path)) as reader:
        assert [frame.time_s for frame in reader.frames()] == pytest.approx([0, 0.1, 0.3, 0.4])
        assert reader.damaged == 0


def test_the_number_of_frames_is_about_right(ffmpeg: FFmpeg, tmp_path: Path) -> None:
    for name, count in (("edit list.mp4", 12), ("late start.mkv", 25), ("late start.ts", 25), ("animated.gif", 10)):
        KINDS[name](ffmpeg, tmp_path / name)
        with Clip(tmp_path / name) as clip:
            assert clip.count == pytest.approx(count, abs=2), name
