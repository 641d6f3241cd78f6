"""Images whose damage a decoder would spread: to the memory, or to the terminal."""

import io
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from realtime.errors import SourceError
from realtime.media.image_file import read_picture
from tests.memory import peak_kb


def test_a_header_that_states_far_more_pixels_than_the_bytes_hold_is_refused_at_once(tmp_path: Path) -> None:
    data = io.BytesIO()
    pictures = [Image.new("RGBA", (48, 32), (level, 0, 0, 128)) for level in (0, 100, 200)]
    pictures[0].save(data, "WEBP", save_all=True, append_images=pictures[1:])
    animation = bytearray(data.getvalue())
    assert animation[12:16] == b"VP8X"
    animation[24:27] = (4_194_352 - 1).to_bytes(3, "little")  # the width of the canvas, less one
    (tmp_path / "wide.webp").write_bytes(animation)
    before_kb, start_s = (peak_kb() if sys.platform == "linux" else 0), time.process_time()
    with pytest.raises(SourceError, match=r"its 134 megapixels cannot be in \d+ bytes"):
        read_picture(tmp_path / "wide.webp")
    assert time.process_time() - start_s < 5
    if sys.platform == "linux":
        assert peak_kb() - before_kb < 200_000


@pytest.mark.slow
def test_a_large_image_of_one_colour_is_no_such_header(tmp_path: Path) -> None:
    Image.new("1", (7000, 6000)).save(tmp_path / "black.png")
    assert read_picture(tmp_path / "black.png")[0].shape == (6000, 7000, 3)


def test_a_damaged_tiff_is_refused_without_a_word_of_libtiff(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "damaged.tif"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(path, compression="tiff_adobe_deflate")
    data = bytearray(path.read_bytes())
    data[200:260] = bytes(60)
    path.write_bytes(data)
    with pytest.raises(SourceError):
        read_picture(path)
    assert capfd.readouterr().err == ""
