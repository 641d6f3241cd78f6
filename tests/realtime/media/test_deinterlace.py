"""Interlaced clips come progressive, as by ffmpeg's bwdif; others are left as they are."""

from pathlib import Path

import numpy as np
import pytest

from models.waiting import NOTICE
from realtime.media.deinterlace import Deinterlace
from realtime.media.video_reader import VideoReader, open_container
from tests.conftest import FFmpeg
from tests.realtime.media.footage import by_ffmpeg, off, read, times_s

FIELDS = "testsrc2=s=160x96:r=50:d=0.8,hue=s=0,tinterlace=interleave_top"
CODED = {
    "mpeg2.ts": ("-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-top", "1", "-b:v", "8M"),
    "h264.mp4": ("-c:v", "libx264", "-crf", "6", "-flags", "+ildct+ilme", "-x264-params", "tff=1"),
    "prores.mov": ("-c:v", "prores_ks", "-flags", "+ildct", "-top", "1"),
}


@pytest.fixture(params=CODED)
def clip(request: pytest.FixtureRequest, ffmpeg: FFmpeg, tmp_path: Path) -> Path:
    """Twenty frames of two fields each, fifty fields a second."""
    path = tmp_path / str(request.param)
    words = CODED[request.param]
    ffmpeg(
        "-f",
        "lavfi",
        "-i",
        FIELDS,
        *words,
        "-color_primaries",
        "bt709",
        "-color_trc",
        "bt709",
        "-colorspace",
        "bt709",
        path,
    )
    return path


@pytest.mark.parametrize(("how", "rate"), [("frame", 25), ("field", 50)])
def test_a_clip_comes_as_by_bwdif(ffmpeg: FFmpeg, clip: Path, tmp_path: Path, how: Deinterlace, rate: int) -> None:
    ffmpeg("-i", clip, "-vf", f"bwdif=send_{how}:deint=interlaced", "-c:v", "ffv1", tmp_path / "theirs.mkv")
    theirs = by_ffmpeg(ffmpeg, tmp_path / "theirs.mkv", (160, 96))
    frames, mine = read(clip, deinterlace=how)
    assert [frame.time_s for frame in frames] == pytest.approx([i / rate for i in range(20 * rate // 25)], abs=1e-3)
    assert off(mine, theirs) < 1


def test_off_leaves_the_fields(ffmpeg: FFmpeg, clip: Path) -> None:
    _, mine = read(clip, deinterlace="off")
    assert off(mine, by_ffmpeg(ffmpeg, clip, (160, 96))) < 1
    _, smooth = read(clip)

    def comb(pixels: np.ndarray) -> float:
        return float(np.abs(np.diff(pixels[..., 1].astype(int), 2, axis=0)).mean())

    assert comb(mine[8]) > 1.2 * comb(smooth[8])


def test_the_rate_is_known_after_the_first_frame(clip: Path) -> None:
    with VideoReader(open_container(clip), deinterlace="field") as reader:
        frames = reader.frames()
        next(frames)
        assert reader.fps == 50
        assert reader.count == pytest.approx(40, abs=1)


def test_a_progressive_clip_is_left_as_it_is(ffmpeg: FFmpeg, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x96:r=25:d=0.4", "-c:v", "libx264", path)
    frames, mine = read(path, deinterlace="field")
    assert len(frames) == 10
    assert (np.array(mine) == read(path, deinterlace="off")[1]).all()


def test_a_change_of_size_loses_no_more_than_the_decoder(ffmpeg: FFmpeg, tmp_path: Path) -> None:
    parts = [tmp_path / "a.ts", tmp_path / "b.ts"]
    for part, size in zip(parts, ("160x96", "320x192"), strict=True):
        fields = FIELDS.replace("160x96", size)
        ffmpeg("-f", "lavfi", "-i", fields, *CODED["mpeg2.ts"], part)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    frames, mine = read(joined)
    assert len(frames) == len(times_s(ffmpeg, joined)) >= 39
    assert [pixels.shape[:2] for pixels in mine] == [(96, 160)] * (len(mine) - 20) + [(192, 320)] * 20


@pytest.mark.parametrize("film", [True, False])
def test_telecined_film_keeps_its_rate_and_is_said(
    ffmpeg: FFmpeg, tmp_path: Path, film: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(NOTICE)
    path = tmp_path / "clip.ts"
    film_chain = "testsrc2=s=160x96:r=24000/1001:d=3,noise=alls=6:allf=t,telecine"
    video_chain = "testsrc2=s=160x96:r=60000/1001:d=3,noise=alls=6:allf=t,tinterlace=interleave_top"
    ffmpeg("-f", "lavfi", "-i", film_chain if film else video_chain, *CODED["mpeg2.ts"], "-r", "30000/1001", path)
    frames, _ = read(path)
    assert len(frames) == pytest.approx(3 * 30000 / 1001, abs=2)
    assert ("looks like telecined film" in caplog.text) is film
