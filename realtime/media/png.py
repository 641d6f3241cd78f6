"""PNG files: encodes pixels at once or row by row, with colour space and metadata.

Colours are marked as sRGB. Mattes are not: their values are shares, not colours.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import cv2
import numpy as np
import numpy.typing as npt

from realtime.media.image_metadata import NO_METADATA, Metadata

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}
_SRGB = 1
"""Rendering intent of the sRGB chunk: relative colorimetric, as the colours were converted."""

_HEADER_BYTES = 8 + 25
"""The signature and the chunk IHDR."""

_LEVEL = 1
_PART_BYTES = 1 << 20

Picture = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
"""``(H, W)`` grey, ``(H, W, 3)`` BGR or ``(H, W, 4)`` BGRA."""


def encoded(pixels: Picture) -> bytes:
    """Return a PNG of at least one pixel."""
    data = cv2.imencode(".png", pixels)[1].tobytes()
    return b"".join((data[:_HEADER_BYTES], _extra(pixels.ndim == 3, NO_METADATA), data[_HEADER_BYTES:]))


@contextmanager
def by_rows(
    file: BinaryIO, *, width_px: int, height_px: int, channels: int, bits: int, metadata: Metadata
) -> Iterator[Callable[[Picture], None]]:
    """Write a PNG a few rows at a time, so that it never stands in memory: yield the function that takes the next ones.

    Args:
        file: where it goes.
        width_px: the width.
        height_px: the height.
        channels: 1, 3 or 4.
        bits: 8 or 16.
        metadata: of the image.
    """
    header = struct.pack(">IIBBBBB", width_px, height_px, bits, _COLOUR_TYPES[channels], 0, 0, 0)
    step, deflate = channels * bits // 8, zlib.compressobj(_LEVEL, strategy=zlib.Z_RLE)

    def write(pixels: Picture) -> None:
        rgb: npt.NDArray[Any] = pixels
        if pixels.ndim == 3:
            rgb = np.asarray(cv2.cvtColor(pixels, _TO_RGB[pixels.shape[2]]))
        lines = rgb.astype(rgb.dtype.newbyteorder(">"), copy=False).reshape(len(pixels), -1).view(np.uint8)
        filtered = np.empty((len(lines), 1 + lines.shape[1]), np.uint8)
        filtered[:, 0] = 1  # each byte less the one of the pixel to its left
        filtered[:, 1 : 1 + step] = lines[:, :step]
        np.subtract(lines[:, step:], lines[:, :-step], out=filtered[:, 1 + step :])
        for line in np.array_split(filtered, max(1, filtered.nbytes // _PART_BYTES)):
            if data := deflate.compress(line.tobytes()):
                file.write(_chunk(b"IDAT", data))

    file.write(_SIGNATURE + _chunk(b"IHDR", header) + _extra(channels > 1, metadata))
    yield write
    file.write(_chunk(b"IDAT", deflate.flush()) + _chunk(b"IEND", b""))


_TO_RGB: dict[int, Any] = {3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGBA}


def _extra(in_colour: bool, metadata: Metadata) -> bytes:
    """Return the chunks between header and pixels."""
    chunks = [_chunk(b"sRGB", bytes([_SRGB]))] if in_colour else []
    if metadata.exif:
        chunks.append(_chunk(b"eXIf", metadata.exif))
    if metadata.xmp:
        chunks.append(_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + metadata.xmp))
    return b"".join(chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
