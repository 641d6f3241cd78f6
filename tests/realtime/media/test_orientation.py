"""Clips stand as ffmpeg shows them, in all eight ways that a display matrix can say."""

import struct
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import FFmpeg
from tests.realtime.media.footage import CARD, GREY, by_ffmpeg, read

WAYS = {
    "as it is": (1, 0, 0, 1),
    "mirrored left to right": (-1, 0, 0, 1),
    "mirrored upside down": (1, 0, 0, -1),
    "turned by 180": (-1, 0, 0, -1),
    "a quarter to the right": (0, 1, -1, 0),
    "a quarter to the left": (0, -1, 1, 0),
    "transposed": (0, 1, 1, 0),
    "transposed and turned": (0, -1, -1, 0),
}


def with_matrix(path: Path, matrix: tuple[int, ...]) -> Path:
    """Write the matrix into the header of the track, as ISO 14496-12 says."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44
    a, b, c, d = (value << 16 for value in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("matrix", WAYS.values(), ids=WAYS)
def test_a_clip_stands_as_ffmpeg_shows_it(ffmpeg: FFmpeg, tmp_path: Path, matrix: tuple[int, ...]) -> None:
    path = tmp_path / "clip.mp4"
    ffmpeg("-f", "lavfi", "-i", CARD + GREY, "-frames:v", "2", "-c:v", "libx264", "-crf", "4", path)
    _, (mine, *_) = read(with_matrix(path, matrix))
    height, width = mine.shape[:2]
    assert (width, height) == ((160, 96) if matrix[0] else (96, 160))
    theirs = by_ffmpeg(ffmpeg, path, (width, height))[0]
    off = np.abs(mine.astype(int) - theirs).mean()
    others = [np.rot90(flipped, turn) for flipped in (mine, mine[:, ::-1]) for turn in range(4)]
    nearest = min(np.abs(other.astype(int) - theirs).mean() for other in others if other.shape == theirs.shape)
    assert off == nearest < 1
