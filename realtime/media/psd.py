"""Reads a Photoshop file: profile, metadata, and its flattened image if that has 16 bits, which Pillow does not decode.

Source: "Adobe Photoshop File Formats Specification", sections "Image Resources" and "Image Data".
"""

import io
import struct
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

PROFILE, _VERSION, _EXIF, _XMP = 1039, 1057, 1058, 1060
_MOST = 500
_RAW, _PACKED = 0, 1
_GREY, _RGB = 1, 3
_PICKED = {(_GREY, 1): (0,), (_GREY, 2): (0, 0, 0, 1), (_RGB, 3): (2, 1, 0), (_RGB, 4): (2, 1, 0, 3)}
"""The channels of BGR and alpha, by colours and number of channels. If there are more, none is alpha."""


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


def deep_composite(file: BinaryIO, head: bytes) -> npt.NDArray[np.uint16] | None:
    """Decode the flattened image of a file with 16 bits; None if it has other bits, or is neither grey nor RGB.

    Args:
        file: the file.
        head: its first bytes.

    Returns:
        ``(H, W) uint16`` grey, ``(H, W, 3) uint16 BGR`` or ``(H, W, 4) uint16 BGRA``.

    Raises:
        OSError, ValueError, struct.error: the file is damaged.
    """
    channels, bits, colours = struct.unpack_from(">H8xHH", head, 12)
    if bits != 16 or colours not in (_GREY, _RGB) or channels < colours:
        return None
    file.seek(26)
    for _ in ("colour mode data", "resources", "layers"):
        file.seek(_length(file), io.SEEK_CUR)
    (packed,) = struct.unpack(">H", file.read(2))
    if packed not in (_RAW, _PACKED):
        return None
    width, height = size(head)
    lengths = np.frombuffer(file.read(2 * height * channels * packed), ">u2").reshape(-1, height).sum(axis=1, dtype=int)
    picked = _PICKED.get((colours, channels)) or _PICKED[colours, colours]
    levels = np.empty((height, width, len(picked)), np.uint16)
    for channel in range(max(picked) + 1):  # one after another, to save memory
        part = file.read(int(lengths[channel]) if packed else 2 * width * height)
        rows = Image.frombytes("L", (2 * width, height), part, "packbits" if packed else "raw", "L")
        plane = np.frombuffer(rows.tobytes(), ">u2").reshape(height, width)
        for at in (at for at, wanted in enumerate(picked) if wanted == channel):
            levels[..., at] = plane
    return levels[..., 0] if len(picked) == 1 else levels


def with_metadata(picture: Image.Image, found: dict[int, bytes]) -> Image.Image:
    """Give an image EXIF and XMP of the resources, as Pillow does for other kinds of files."""
    if _EXIF in found:
        picture.info["exif"] = b"Exif\0\0" + found[_EXIF]
    if _XMP in found:
        picture.info["xmp"] = found[_XMP]
    return picture


def _length(file: BinaryIO) -> int:
    return int(struct.unpack(">I", file.read(4))[0])
