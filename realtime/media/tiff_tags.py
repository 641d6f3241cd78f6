"""Reads the tags of a TIFF, and the images that a raw photo (DNG) carries for viewers.

Pillow opens only TIFFs whose pixels it can decode. These functions also see the others: floats in colour, raw photos.
"""

import ctypes
import io
import struct
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any, BinaryIO

from PIL import Image, TiffImagePlugin

WIDTH, HEIGHT = 256, 257
BITS, COMPRESSION, PHOTOMETRIC, OFFSETS, ORIENTATION, BYTES = 258, 259, 262, 273, 274, 279
SUB_FOLDERS, EXTRA_SAMPLES, SAMPLE_FORMAT, PROFILE, DNG_VERSION = 330, 338, 339, 34675, 50706
WHITE_POINT, XMP = 318, 700
RGB, LAB = 2, 8
"""Photometric interpretations."""

_JPEG_AT, _JPEG_BYTES = 513, 514

_JPEG_KINDS = (6, 7)
_MOST_FOLDERS = 32
_OF_SENSOR = (32803, 34892)
"""Photometric interpretations: the values of a sensor, behind colour filters or not."""

_BIG = b"II+\0"
"""First bytes of a BigTIFF, whose offsets have 64 bits. Pillow misreads those of the other order."""

Tags = dict[int, Any]


def is_tiff(head: bytes) -> bool:
    """Whether these are the first bytes of a TIFF."""
    return head[:4] in (b"II*\0", b"MM\0*", _BIG)


def first_tags(file: BinaryIO) -> Tags:
    """Return the tags of the first image.

    Raises:
        OSError, SyntaxError, ValueError: the file is damaged.
    """
    return next(_folders(file), {})


def is_raw(file: BinaryIO, tags: Tags, head: bytes) -> bool:
    """Whether the file is a raw photo: a DNG, or another TIFF that holds the values of a sensor.

    Args:
        file: the TIFF.
        tags: of its first image.
        head: its first bytes.
    """
    if DNG_VERSION in tags or head[8:10] == b"CR":
        return True
    return SUB_FOLDERS in tags and any(folder.get(PHOTOMETRIC) in _OF_SENSOR for folder in _folders(file))


def patched(data: bytes, tag: int, value: int) -> bytes:
    """Return a TIFF whose first image has another value of a short tag.

    Raises:
        struct.error: the file is damaged.
    """
    order, big = "<" if data[:2] == b"II" else ">", data[:4] == _BIG
    (at,) = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)
    (count,) = struct.unpack_from(order + ("Q" if big else "H"), data, at)
    changed, first, size = bytearray(data), at + (8 if big else 2), 20 if big else 12
    for place in range(first, min(first + size * count, len(data)), size):
        if struct.unpack_from(order + "H", data, place) == (tag,):
            struct.pack_into(order + "H", changed, place + size - (8 if big else 4), value)
    return bytes(changed)


def check_whole(file: BinaryIO, tags: Tags) -> None:
    """Refuse a TIFF without compression that has fewer bytes than pixels: decoders make the others up.

    Raises:
        ValueError: it has.
    """
    if tags.get(COMPRESSION, 1) != 1 or WIDTH not in tags or HEIGHT not in tags:
        return
    size = file.seek(0, io.SEEK_END)
    needed = tags[WIDTH] * tags[HEIGHT] * sum(tags.get(BITS, (1,))) // 8
    if needed > size:
        raise ValueError(f"it is cut off: its pixels take {needed} bytes, and the file has {size}")


@cache
def silence() -> None:
    """Keep libtiff inside Pillow from printing what Pillow raises as an error, if it can be reached."""
    with suppress(OSError, AttributeError, ImportError):
        from PIL import _imaging

        libtiff = ctypes.CDLL(_imaging.__file__)
        libtiff.TIFFSetErrorHandler(None)
        libtiff.TIFFSetWarningHandler(None)


def raw_preview(file: BinaryIO) -> Image.Image | None:
    """Return the largest JPEG inside a raw photo, not decoded yet; None if it holds none.

    Raises:
        OSError, SyntaxError, ValueError: the file is damaged.
    """
    found = []
    for tags in _folders(file):
        for at, count in _jpegs(tags):
            file.seek(at)
            try:
                found.append(Image.open(io.BytesIO(file.read(count)), formats=["JPEG"]))
            except (OSError, SyntaxError, ValueError):
                continue  # lossless JPEG, which holds the sensor's values
    return max(found, key=lambda image: image.width * image.height, default=None)


def _jpegs(tags: Tags) -> Iterator[tuple[int, int]]:
    """The places of whole JPEGs: offset and number of bytes."""
    if _JPEG_AT in tags and _JPEG_BYTES in tags:
        yield tags[_JPEG_AT], tags[_JPEG_BYTES]
    offsets, counts = tags.get(OFFSETS, ()), tags.get(BYTES, ())
    if tags.get(COMPRESSION) in _JPEG_KINDS and len(offsets) == len(counts) == 1:
        yield offsets[0], counts[0]


def _folders(file: BinaryIO) -> Iterator[Tags]:
    """The tags of each image, those of the main chain and the previews below it."""
    file.seek(0)
    header = file.read(8)
    header += file.read(8) if header[:4] == _BIG else b""
    order = "little" if header[:2] == b"II" else "big"
    waiting, seen = [int.from_bytes(header[len(header) // 2 :], order)], set[int]()  # type: ignore[arg-type]
    while waiting and len(seen) < _MOST_FOLDERS:
        at = waiting.pop(0)
        if at in seen or not at:
            continue
        seen.add(at)
        file.seek(at)
        folder = TiffImagePlugin.ImageFileDirectory_v2(header)
        folder.load(file)
        tags = dict(folder)
        below = tags.get(SUB_FOLDERS, ())
        waiting += below if isinstance(below, tuple) else [below]
        waiting.append(folder.next)
        yield tags
