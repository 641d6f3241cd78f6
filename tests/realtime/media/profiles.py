"""ICC profiles for tests, made from published numbers, because this machine has none."""

import struct

import numpy as np
import numpy.typing as npt

D50 = (0.9642, 1.0, 0.8249)
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
DISPLAY_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
PROPHOTO = ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001))
D65_XY, D50_XY = (0.3127, 0.3290), (0.3457, 0.3585)

SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
"""Of IEC 61966-2-1, as a parametric curve of type 3: g, a, b, c, d."""


def matrix(
    primaries: tuple[tuple[float, float], ...], white_xy: tuple[float, float], curve: float | tuple[float, ...]
) -> bytes:
    """A profile of three primaries, version 4; ``curve`` is a gamma or the numbers of a parametric curve."""
    columns = to_d50(white_xy) @ rgb_to_xyz(primaries, white_xy)
    tags = {f"{name}XYZ": _xyz(*columns[:, at]) for at, name in enumerate("rgb")}
    tags |= {f"{name}TRC": _curve(curve) for name in "rgb"}
    return _profile(b"RGB ", b"XYZ ", tags)


def grey(gamma: float) -> bytes:
    """A profile of grey images with a gamma."""
    return _profile(b"GRAY", b"XYZ ", {"kTRC": _curve(gamma)})


def cmyk() -> bytes:
    """A profile of printing inks: a table of 5 steps for each ink, from a simple model of them, to Lab."""
    steps = np.linspace(0, 1, 5)
    c, m, y, k = np.meshgrid(steps, steps, steps, steps, indexing="ij")
    ink_k = 1 - 0.93 * k
    lightness = 100 * (1 - 0.38 * c) * (1 - 0.45 * m) * (1 - 0.08 * y) * ink_k
    a = (-35 * c + 72 * m - 5 * y) * ink_k
    b = (-48 * c - 4 * m + 88 * y) * ink_k
    lab = np.stack([lightness * 652.8, (a + 128) * 256, (b + 128) * 256], axis=-1)
    table = np.clip(lab, 0, 65535).astype(">u2").tobytes()
    identity = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
    ramp = struct.pack(">2H", 0, 65535)
    lut = b"mft2\0\0\0\0" + bytes([4, 3, 5, 0]) + identity + struct.pack(">2H", 2, 2) + ramp * 4 + table + ramp * 3
    return _profile(b"CMYK", b"Lab ", {"A2B0": lut, "A2B1": lut}, version=2)


def rgb_to_xyz(primaries: tuple[tuple[float, float], ...], white_xy: tuple[float, float]) -> npt.NDArray[np.float64]:
    """SMPTE RP 177: the matrix from linear RGB to XYZ."""
    columns = np.array([(x / y, 1, (1 - x - y) / y) for x, y in primaries]).T
    white = np.array([white_xy[0] / white_xy[1], 1, (1 - sum(white_xy)) / white_xy[1]])
    return np.asarray(columns * np.linalg.solve(columns, white))


def to_d50(white_xy: tuple[float, float]) -> npt.NDArray[np.float64]:
    """Bradford's adaptation from a white to D50, ICC.1 annex E."""
    white = np.array([white_xy[0] / white_xy[1], 1, (1 - sum(white_xy)) / white_xy[1]])
    gains = (BRADFORD @ np.array(D50)) / (BRADFORD @ white)
    return np.asarray(np.linalg.inv(BRADFORD) @ np.diag(gains) @ BRADFORD)


def _profile(space: bytes, connection: bytes, tags: dict[str, bytes], version: int = 4) -> bytes:
    text = "made for a test".encode("utf-16-be")
    texts = b"mluc\0\0\0\0" + struct.pack(">II", 1, 12) + b"enUS" + struct.pack(">II", len(text), 28) + text
    plain = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(4 + 4 + 2 + 1 + 67)
    tags = {"desc": texts if version == 4 else plain, "wtpt": _xyz(*D50), **tags}
    at, table, body = 132 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        table += name.encode() + struct.pack(">II", at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    header = struct.pack(">I4sB3x4s4s4s12s4s4s", at + len(body), b"\0" * 4, version, kind, space, connection,
                         struct.pack(">6H", 2024, 1, 1, 0, 0, 0), b"acsp", b"\0" * 4)  # fmt: skip
    header += bytes(28) + struct.pack(">3i", *(round(value * 65536) for value in D50))
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in values))


def _curve(curve: float | tuple[float, ...]) -> bytes:
    if isinstance(curve, tuple):
        kind = {1: 0, 3: 1, 4: 2, 5: 3, 7: 4}[len(curve)]
        numbers = struct.pack(f">{len(curve)}i", *(round(value * 65536) for value in curve))
        return b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + numbers
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(curve * 256))
