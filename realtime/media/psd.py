"""Reads the resources of a Photoshop file: profile and metadata, and whether the file holds its flattened image."""

import io
import struct
from typing import BinaryIO

from PIL import Image

PROFILE, _VERSION, _EXIF, _XMP = 1039, 1057, 1058, 1060
_MOST = 500


def is_psd(head: bytes) -> bool:
    """Whether these are the first bytes of a Photoshop file."""
    return head[:4] == b"8BPS"


def size(head: bytes) -> tuple[int, int]:
    """Return width and height in px from the first bytes."""
    height, width = struct.unpack_from(">II", head, 14)
    return width, height


def resources(file: BinaryIO) -> dict[int, bytes]:
    """Return the resources by number; those before the damage if the file is damaged."""
    found: dict[int, bytes] = {}
    try:
        file.seek(26)
        file.seek(_length(file), io.SEEK_CUR)  # colour mode data
        end = _length(file) + file.tell()
        while file.tell() < end and len(found) < _MOST:
            if file.read(4) != b"8BIM":
                break
            number, name_bytes = struct.unpack(">HB", file.read(3))
            file.seek(name_bytes + (name_bytes + 1) % 2, io.SEEK_CUR)
            count = _length(file)
            found[number] = file.read(min(count, end - file.tell()))
            file.seek(count % 2, io.SEEK_CUR)
    except (struct.error, OSError, ValueError):
        pass
    return found


def has_composite(found: dict[int, bytes]) -> bool:
    """Whether the flattened image was saved: without "Maximize compatibility" it is blank."""
    return found.get(_VERSION, b"\0\0\0\0\1")[4:5] != b"\0"


def with_metadata(picture: Image.Image, found: dict[int, bytes]) -> Image.Image:
    """Give an image EXIF and XMP of the resources, as Pillow does for other kinds of files."""
    if _EXIF in found:
        picture.info["exif"] = b"Exif\0\0" + found[_EXIF]
    if _XMP in found:
        picture.info["xmp"] = found[_XMP]
    return picture


def _length(file: BinaryIO) -> int:
    return int(struct.unpack(">I", file.read(4))[0])
