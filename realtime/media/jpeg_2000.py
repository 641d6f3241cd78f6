"""Finds EXIF and XMP in a JPEG 2000, which Pillow does not read: they stand in boxes of the kind ``uuid``.

Sources: ISO/IEC 15444-1, I.4 and I.7.2; "XMP Specification", part 3, 1.1.4.
"""

import io
import struct
from typing import BinaryIO

from PIL import Image

_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIF = b"JpgTiffExif->JP2"
_MOST, _LARGEST_BYTES = 100, 4_000_000


def exif_of(picture: Image.Image, file: BinaryIO) -> Image.Exif:
    """Return the EXIF, empty if there is none or it is damaged, and give the XMP to ``picture``.

    Args:
        picture: as Pillow opened it.
        file: its file; the position is kept.
    """
    exif, at = Image.Exif(), file.tell()
    try:
        for name, data in _boxes(file):
            if name == _XMP:
                picture.info["xmp"] = data
            elif name == _EXIF:
                exif.load(b"Exif\0\0" + data)
    except Exception:  # Pillow raises of every kind
        exif = Image.Exif()
    file.seek(at)
    return exif


def _boxes(file: BinaryIO) -> list[tuple[bytes, bytes]]:
    """Return the names and contents of the boxes that have a name."""
    found: list[tuple[bytes, bytes]] = []
    at = 0
    for _ in range(_MOST):
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            break
        length, kind = struct.unpack_from(">I4s", head)
        start = 16 if length == 1 else 8  # the length may have 64 bits
        if length == 1 and len(head) == 16:
            (length,) = struct.unpack_from(">Q", head, 8)
        if length < start:  # the last box, or damage
            break
        if kind == b"uuid" and length <= _LARGEST_BYTES:
            file.seek(start - 16, io.SEEK_CUR)
            content = file.read(length - start)
            found.append((content[:16], content[16:]))
        at += length
    return found
