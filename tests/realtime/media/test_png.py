"""PNG files: row by row as at once, and what they say of their colours."""

import io
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from realtime.media import png
from realtime.media.image_metadata import NO_METADATA, Metadata


def chunks(data: bytes) -> list[bytes]:
    """The kinds of chunks, in order."""
    found, at = [], 8
    while at < len(data):
        found.append(data[at + 4 : at + 8])
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return found


def by_rows(pixels: Any, step: int, metadata: Metadata = NO_METADATA) -> bytes:
    file, (height_px, width_px, *channels) = io.BytesIO(), pixels.shape
    bits = np.iinfo(pixels.dtype).bits
    with png.by_rows(
        file, width_px=width_px, height_px=height_px, channels=(*channels, 1)[0], bits=bits, metadata=metadata
    ) as write:
        for top in range(0, height_px, step):
            write(pixels[top : top + step])
    return file.getvalue()


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("step", [1, 7, 40])
def test_rows_make_the_same_image(channels: int, dtype: Any, step: int) -> None:
    shape = (40, 33) if channels == 1 else (40, 33, channels)
    pixels = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)
    data = by_rows(pixels, step)
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded is not None
    assert decoded.dtype == dtype
    assert np.array_equal(decoded, pixels)
    with Image.open(io.BytesIO(data)) as opened:
        opened.load()  # checks the sums


@pytest.mark.parametrize(("shape", "says"), [((4, 5), False), ((4, 5, 3), True), ((4, 5, 4), True)])
def test_colours_say_srgb_and_shares_do_not(shape: tuple[int, ...], says: bool) -> None:
    pixels = np.zeros(shape, np.uint8)
    for data in (png.encoded(pixels), by_rows(pixels, 4)):
        assert (b"sRGB" in chunks(data)) == says
        with Image.open(io.BytesIO(data)) as opened:
            opened.load()
            assert ("srgb" in opened.info) == says


def test_metadata_stands_before_the_pixels() -> None:
    exif = Image.Exif()
    exif[0x013B] = "Ann"
    metadata = Metadata(exif=exif.tobytes().removeprefix(b"Exif\0\0"), xmp=b"<x/>")
    data = by_rows(np.zeros((4, 5, 3), np.uint8), 4, metadata)
    kinds = chunks(data)
    assert kinds[0] == b"IHDR"
    assert kinds.index(b"eXIf") < kinds.index(b"IDAT") > kinds.index(b"iTXt")
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.getexif()[0x013B] == "Ann"
        assert opened.info["xmp"] == b"<x/>"
