"""Colour bars come as ffmpeg shows them, whatever a file says of its colours; files that are written say it, too."""

from pathlib import Path

import numpy as np
import pytest

from realtime.media.video_writer import VideoWriter
from tests.conftest import FFmpeg
from tests.realtime.media.footage import by_ffmpeg, read

BARS = "smptehdbars=s={size}:r=25:d=0.08"
SD, HD = (320, 240), (1280, 720)
CODED = {
    "h264.mp4": ("-c:v", "libx264", "-crf", "4"),
    "hevc.mp4": ("-c:v", "libx265", "-x265-params", "log-level=none:crf=4"),
    "vp9.webm": ("-c:v", "libvpx-vp9", "-crf", "4", "-b:v", "0"),
    "ffv1.mkv": ("-c:v", "ffv1"),
}


def bars(ffmpeg: FFmpeg, path: Path, size: tuple[int, int], matrix: str, span: str, form: str, *words: str) -> Path:
    """Bars in a matrix (``bt601``, ``bt709`` ...) and a range (``tv``, ``pc``)."""
    turn = f"scale=out_color_matrix={matrix}:out_range={span}:flags=accurate_rnd+full_chroma_int,format={form}"
    source = BARS.format(size=f"{size[0]}x{size[1]}")
    ffmpeg("-f", "lavfi", "-i", source, "-vf", f"format=gbrp,{turn}", *words, path)
    return path


def flats(pixels: np.ndarray) -> np.ndarray:
    """The middle of each of seven bars: ``(7, 3)``."""
    height, width = pixels.shape[:2]
    places = [width // 8 + round((number + 0.5) * width * 3 / 28) for number in range(7)]
    return np.array([pixels[height // 4 - 8 : height // 4 + 8, x - 4 : x + 4].mean(axis=(0, 1)) for x in places])


@pytest.mark.parametrize("name", CODED)
@pytest.mark.parametrize("matrix", ["smpte170m", "bt470bg", "bt709", "smpte240m", "bt2020nc"])
@pytest.mark.parametrize("span", ["tv", "pc"])
def test_bars_come_as_ffmpeg_shows_them(ffmpeg: FFmpeg, tmp_path: Path, name: str, matrix: str, span: str) -> None:
    path, words = tmp_path / name, CODED[name]
    out = {"bt2020nc": "bt2020", "bt470bg": "bt601"}.get(matrix, matrix)
    bars(ffmpeg, path, SD, out, span, "yuv420p", *words, "-colorspace", matrix, "-color_range", span)
    _, (mine, *_) = read(path)
    theirs = by_ffmpeg(ffmpeg, path, SD)[0]
    assert np.abs(flats(mine) - flats(theirs)).max() <= 3
    assert np.ptp(flats(mine)) > 150


@pytest.mark.parametrize(("size", "matrix"), [(SD, "bt601"), (HD, "bt709")], ids=["SD", "HD"])
def test_a_file_that_says_nothing_is_limited_and_of_the_standard_of_its_height(
    ffmpeg: FFmpeg, tmp_path: Path, size: tuple[int, int], matrix: str
) -> None:
    source = BARS.format(size=f"{size[0]}x{size[1]}")
    ffmpeg("-f", "lavfi", "-i", source, "-vf", "format=gbrp", "-c:v", "ffv1", tmp_path / "true.mkv")
    true = by_ffmpeg(ffmpeg, tmp_path / "true.mkv", size)[0]
    path = bars(ffmpeg, tmp_path / "clip.avi", size, matrix, "tv", "yuv420p", "-c:v", "ffvhuff")
    _, (mine, *_) = read(path)
    assert np.abs(flats(mine) - flats(true)).max() <= 3


@pytest.mark.parametrize("form", ["yuv422p10le", "yuv444p", "yuvj420p", "rgb24", "gray", "nv12"])
def test_other_ways_to_store_pixels_come_as_ffmpeg_shows_them(ffmpeg: FFmpeg, tmp_path: Path, form: str) -> None:
    path, source = tmp_path / "clip.nut", BARS.format(size="320x240")
    ffmpeg("-f", "lavfi", "-i", source, "-pix_fmt", form, "-c:v", "rawvideo", path)
    _, (mine, *_) = read(path)
    assert np.abs(flats(mine) - flats(by_ffmpeg(ffmpeg, path, SD)[0])).max() <= 3


@pytest.mark.parametrize(
    ("suffix", "alpha"),
    [(".mp4", False), (".mkv", False), (".webm", False), (".mov", False), (".webm", True), (".mov", True)],
)
def test_a_written_file_says_bt709_and_limited(ffmpeg: FFmpeg, tmp_path: Path, suffix: str, alpha: bool) -> None:
    ffmpeg(
        "-f", "lavfi", "-i", BARS.format(size="320x240"), "-vf", "format=gbrp", "-c:v", "ffv1", tmp_path / "true.mkv"
    )
    true = by_ffmpeg(ffmpeg, tmp_path / "true.mkv", SD)[0]
    writer = VideoWriter(tmp_path / f"out{suffix}", width_px=320, height_px=240, fps=25, alpha=alpha)
    for _ in range(3):
        writer.write(np.dstack((true, np.full((240, 320), 255, np.uint8))) if alpha else true)
    writer.close()
    entries = "stream=color_range,color_space,color_primaries,color_transfer"
    (said,) = ffmpeg.probe(writer.path, entries, "-select_streams", "v")["streams"]
    assert set(said.values()) == {"tv", "bt709"}
    assert len(said) == 4
    assert np.abs(flats(by_ffmpeg(ffmpeg, writer.path, SD)[0]) - flats(true)).max() <= 4
    assert np.abs(flats(read(writer.path)[1][0][..., :3]) - flats(true)).max() <= 4


def test_prores_says_its_colours_in_each_frame(tmp_path: Path) -> None:
    """SMPTE RDD 36: bytes 14 to 16 of a frame header are primaries, transfer and matrix; 1 is BT.709."""
    writer = VideoWriter(tmp_path / "out.mov", width_px=64, height_px=48, fps=25)
    writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.close()
    data = writer.path.read_bytes()
    header = data.index(b"icpf") + 4
    assert list(data[header + 14 : header + 17]) == [1, 1, 1]
