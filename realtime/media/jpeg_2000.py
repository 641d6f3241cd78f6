"""Finds the boxes of a JPEG 2000 that Pillow does not read: EXIF, XMP and the ICC profile.

Sources: ISO/IEC 15444-1, I.4, I.5.3.3 and I.7.2; "XMP Specification", part 3, 1.1.4.
"""

from typing import BinaryIO

from PIL import Image

_XMP = b"uuid" + bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIF = b"uuidJpgTiffExif->JP2"


def exif_of(picture: Image.Image, file: BinaryIO) -> Image.Exif:
    """Return the EXIF, empty if there is none or it is damaged, and give the XMP to ``picture``.

    Args:
        picture: as Pillow decoded it.
        file: its file.
    """
    exif = Image.Exif()
    file.seek(0)
    data = file.read()
    if packet := box(data, _XMP):
        picture.info["xmp"] = packet
    try:
        exif.load(b"Exif\0\0" + box(data, _EXIF))
    except Exception:  # Pillow raises of every kind
        exif = Image.Exif()
    return exif


def profile_of(head: bytes) -> bytes:
    """Return the ICC profile, if the first bytes of the file hold one."""
    colours = box(head.partition(b"jp2c")[0], b"colr")
    return colours[3:] if colours[:1] in (b"\2", b"\3") else b""


def box(data: bytes, name: bytes) -> bytes:
    """Return the content of the first box whose bytes behind its length are ``name``; empty if there is none."""
    at = data.find(name)
    return data[at + len(name) : at - 4 + int.from_bytes(data[at - 4 : at])] if at >= 4 else b""
