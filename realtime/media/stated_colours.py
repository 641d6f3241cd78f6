"""Colours that an image states without an ICC profile: makes the profile.

PNG states them in the chunks cICP, or gAMA and cHRM; AVIF and HEIC in the box ``colr``; cameras by the option "R03" of
DCF, which is Adobe RGB.
Sources: PNG third edition, 11.3.2; ITU-T H.273, tables 2 and 3; DCF 2.0.
"""

import struct
from typing import BinaryIO

import numpy as np
from PIL import ExifTags, Image

from realtime.media import colour_profile, jpeg_2000

_XY = tuple[tuple[float, float], ...]
"""CIE x and y of white, red, green and blue."""

_D65 = (0.3127, 0.3290)
_SRGB: _XY = (_D65, (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_ADOBE_RGB: _XY = (_D65, (0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
_PRIMARIES: dict[int, _XY] = {
    1: _SRGB,
    9: (_D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    12: (_D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
"""By the number of H.273: BT.709, BT.2020, Display P3."""

_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
"""By the number of H.273. Other transfers count as that of sRGB."""

_HDR = (16, 18)
"""PQ and HLG, which no matrix profile describes."""

_ADOBE_GAMMA = 2.19921875
_NEAR = 0.01
"""A gamma of 1 / 2.2 with the primaries of sRGB, each so near, is written for sRGB."""

_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_D50 = np.array((0.9642, 1.0, 0.8249))

_HEAD_BYTES = 1 << 20


def profile_of(picture: Image.Image, file: BinaryIO) -> bytes:
    """Return the ICC profile of an image, or one of the colours that it states; empty if they are those of sRGB.

    Args:
        picture: as Pillow decoded it.
        file: its file.
    """
    embedded: bytes = picture.info.get("icc_profile") or b""
    if picture.format == "PNG":
        return _of_cicp(_head(file).partition(b"IDAT")[0], b"cICP") or embedded or _of_png(picture)
    if embedded or picture.mode in ("CMYK", "LAB"):
        return embedded
    if picture.format == "JPEG2000":
        return jpeg_2000.profile_of(_head(file))
    if picture.format in ("AVIF", "HEIF"):
        return _of_cicp(_head(file), b"colrnclx", ">HH")
    return _made(_ADOBE_RGB, _ADOBE_GAMMA) if _is_adobe_rgb(picture) else b""


def _head(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(_HEAD_BYTES)


def _of_cicp(head: bytes, after: bytes, form: str = ">BB") -> bytes:
    """Return the profile of the numbers of H.273 that stand after a mark."""
    at = head.find(after)
    if at < 0 or len(head) < at + len(after) + 4:
        return b""
    primaries, transfer = struct.unpack_from(form, head, at + len(after))
    if transfer in _HDR:
        return b""
    return _made(_PRIMARIES.get(primaries, _SRGB), _GAMMAS.get(transfer))


def _of_png(picture: Image.Image) -> bytes:
    """Return the profile of gAMA and cHRM, which sRGB overrides."""
    gamma, xy = picture.info.get("gamma") or 0.0, picture.info.get("chromaticity")
    if "srgb" in picture.info or not (gamma or xy):
        return b""
    primaries = tuple(zip(xy[::2], xy[1::2], strict=True)) if xy else _SRGB
    srgb = np.allclose(primaries, _SRGB, atol=_NEAR)
    return _made(
        _SRGB if srgb else primaries, None if not gamma or (srgb and abs(gamma - 1 / 2.2) < _NEAR) else 1 / gamma
    )


def _is_adobe_rgb(picture: Image.Image) -> bool:
    try:
        return str(picture.getexif().get_ifd(ExifTags.IFD.Interop).get(1, "")).startswith("R03")
    except Exception:  # Pillow raises of every kind
        return False


def _made(xy: _XY, gamma: float | None) -> bytes:
    """Return a matrix profile; empty if it is sRGB, or no colours are possible.

    Args:
        xy: of white, red, green and blue.
        gamma: None for the curve of sRGB.
    """
    if gamma is None and xy == _SRGB:
        return b""
    try:
        columns = np.array([(x / y, 1, (1 - x - y) / y) for x, y in xy]).T
        white, colours = columns[:, 0], columns[:, 1:]
        xyz = colour_profile.adapted(white, _D50) @ (colours * np.linalg.solve(colours, white))
        curve = _numbers(b"para", gamma) if gamma is not None else _numbers(b"para", *_SRGB_CURVE)
        tags = {b"wtpt": _numbers(b"XYZ ", *_D50)}
        for name, column in zip((b"r", b"g", b"b"), xyz.T, strict=True):
            tags |= {name + b"XYZ": _numbers(b"XYZ ", *column), name + b"TRC": curve}
    except (ZeroDivisionError, ValueError, OverflowError, struct.error, np.linalg.LinAlgError):
        return b""
    return _file(tags)


def _numbers(kind: bytes, *values: float) -> bytes:
    """Return a tag of fixed-point numbers; of a curve its type comes first: 0 for a gamma, 3 for five numbers."""
    shape = struct.pack(">HH", 0 if len(values) == 1 else 3, 0) if kind == b"para" else b""
    return kind + bytes(4) + shape + struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


def _file(tags: dict[bytes, bytes]) -> bytes:
    """Return a profile of a screen, version 4 (ICC.1:2022, 7.2 and 7.3)."""
    at = 132 + 12 * len(tags)
    places, body = b"", b""
    for name, data in tags.items():
        places += struct.pack(">4sII", name, at + len(body), len(data))
        body += data
    head = struct.pack(">I4xI4s4s4s", at + len(body), 0x04300000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s28x", 2026, 1, 1, 0, 0, 0, b"acsp") + _numbers(b"XYZ ", *_D50)[8:]
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + places + body
