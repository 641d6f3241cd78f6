"""Converts 16-bit levels to sRGB by a matrix profile: LittleCMS does so too, but Pillow hands it only 8 bits.

A matrix profile (Display P3, Adobe RGB, ProPhoto, a grey gamma) is a curve for each channel and the XYZ of the three
primaries. Source: ICC.1:2022, "ICC profile format", sections 8.3, 10.6 and 10.18.
"""

import struct
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from realtime.media import colour_profile

Levels = npt.NDArray[np.uint16]
"""``(H, W) uint16`` grey or ``(H, W, 3) uint16 BGR``; 65535 is white."""

_Floats = npt.NDArray[np.float64]
_Curve = Callable[[_Floats], _Floats]

_TOP = 65535
_COLOURS = ("b", "g", "r")


def converted(levels: Levels, profile: bytes) -> Levels | None:
    """Return the levels in sRGB; None if the profile is of another kind.

    Args:
        levels: grey, or BGR for a profile of colours.
        profile: the bytes of the ICC profile.
    """
    grey = levels.ndim == 2
    if grey and (found := _ways(profile, True)) is not None:
        return np.asarray(found[0][0][levels], np.uint16)
    ways = _ways(profile, False)
    if ways is None:
        return None
    tables, matrix = ways
    if grey:
        levels = np.stack([levels] * 3, axis=-1)
    light = np.empty(levels.shape, np.float32)
    for channel, table in enumerate(tables):
        light[..., channel] = table[levels[..., channel]]
    return encoded(light @ matrix.T)


@lru_cache(maxsize=8)
def _ways(profile: bytes, grey: bool) -> tuple[list[npt.NDArray[np.generic]], npt.NDArray[np.float32]] | None:
    """For grey a table of sRGB levels, else tables of linear light, and the matrix of light from BGR to BGR."""
    ramp = np.arange(_TOP + 1) / _TOP
    try:
        tags = _tags(profile)
        if grey and profile[20:24] == b"XYZ ":
            return [encoded(_curve(tags["kTRC"])(ramp))], np.empty(0, np.float32)
        if grey or "A2B0" in tags or "A2B1" in tags:  # tables decide, not the matrix
            return None
        tables = [_curve(tags[f"{colour}TRC"])(ramp).astype(np.float32) for colour in _COLOURS]
        matrix = np.linalg.inv(_primaries(_tags(colour_profile.srgb()))) @ _primaries(tags)
    except (LookupError, ValueError, ZeroDivisionError, struct.error, np.linalg.LinAlgError):
        return None
    return list(tables), matrix.astype(np.float32)


def encoded(light: npt.NDArray[np.floating]) -> Levels:
    """Return the sRGB levels of linear light (IEC 61966-2-1)."""
    light = np.clip(light, 0, 1)
    levels = np.where(light <= 0.0031308, light * 12.92, 1.055 * np.power(light, 1 / 2.4) - 0.055)
    return np.asarray(np.rint(levels * _TOP), np.uint16)


def _tags(profile: bytes) -> dict[str, bytes]:
    """Return the tags of a profile by signature."""
    (count,) = struct.unpack_from(">I", profile, 128)
    found = {}
    for number in range(min(count, 100)):
        name, at, size = struct.unpack_from(">4sII", profile, 132 + 12 * number)
        found[name.decode("latin-1")] = profile[at : at + size]
    return found


def _primaries(tags: dict[str, bytes]) -> _Floats:
    """Return the XYZ of blue, green and red as columns."""
    xyz = [struct.unpack_from(">3i", tags[f"{colour}XYZ"], 8) for colour in _COLOURS]
    return np.array(xyz, np.float64).T / 65536


def _curve(tag: bytes) -> _Curve:
    """Return the function from levels to light, both in [0, 1].

    Raises:
        ValueError: the tag is of an unknown type.
    """
    if tag[:4] == b"curv":
        (count,) = struct.unpack_from(">I", tag, 8)
        points = np.array(struct.unpack_from(f">{count}H", tag, 12), np.float64)
        if count < 2:
            gamma = points[0] / 256 if count else 1.0
            return lambda x: np.power(x, gamma)
        return lambda x: np.interp(x, np.linspace(0, 1, count), points / _TOP)
    if tag[:4] != b"para":
        raise ValueError(f"expected a curve, got {tag[:4]!r}")
    (kind,) = struct.unpack_from(">H", tag, 8)
    values = [value / 65536 for value in struct.unpack_from(f">{(1, 3, 4, 5, 7)[kind]}i", tag, 12)]
    return _parametric(kind, values)


def _parametric(kind: int, values: list[float]) -> _Curve:
    """Return a parametric curve, table 68 of the source: ``(a x + b)^g + e`` from ``d`` on, below ``c x + f``."""
    g, a, b, c, d, e, f = values + [0.0] * (7 - len(values))
    if kind == 0:
        return lambda x: np.power(x, g)
    if kind in (1, 2):  # below -b / a it is 0, or c
        e = f = c
        c, d = 0.0, -b / a
    return lambda x: np.where(x >= d, np.power(np.maximum(a * x + b, 0), g) + e, c * x + f)
