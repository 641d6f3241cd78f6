"""CIE Lab of a TIFF: with 8 or 16 bits, by the white that the file states."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from realtime.media.image_file import open_image
from tests.realtime.media import profiles

WHITES = {"D50": None, "D65": profiles.D65_XY}

COLOURS = np.array(
    [[(200, 60, 60), (90, 180, 100), (80, 90, 190), (230, 220, 70), (128, 128, 128), (200, 90, 40), (255, 255, 255)]]
)


def lab_of(rgb: npt.NDArray[Any], white: tuple[float, float] | None) -> npt.NDArray[np.float64]:
    """CIE 15: from sRGB to Lab of a white, adapted by Bradford's matrix."""
    light = np.where(rgb / 255 <= 0.04045, rgb / 255 / 12.92, ((rgb / 255 + 0.055) / 1.055) ** 2.4)
    xyz = light @ profiles.rgb_to_xyz(profiles.SRGB, profiles.D65_XY).T
    if white is None:
        xyz = xyz @ profiles.to_d50(profiles.D65_XY).T / profiles.D50
    else:
        xyz = xyz / (white[0] / white[1], 1, (1 - sum(white)) / white[1])
    near = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(near, -1, 0)
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), axis=-1)


def tiff(path: Path, lab: npt.NDArray[np.float64], bits: int, white: tuple[float, float] | None) -> Path:
    """Write a TIFF of one strip (TIFF 6.0, sections 2, 20 and 23)."""
    top, unit = 2**bits - 1, 2 ** (bits - 8)
    kind = f"<i{bits // 8}"
    stored = np.rint(np.stack((lab[..., 0] * top / 100, lab[..., 1] * unit, lab[..., 2] * unit), axis=-1))
    data = np.where(stored > top // 2, stored - top - 1, stored).astype(kind).tobytes()
    height, width = lab.shape[:2]
    tags = {256: width, 257: height, 258: bits, 259: 1, 262: 8, 273: 0, 277: 3, 278: height, 279: len(data)}
    count = len(tags) + (white is not None)
    extra = 8 + 2 + 12 * count + 4
    pixels = extra + 6 + 16
    tags[258], tags[273] = extra, pixels
    entries = [struct.pack("<HHII", tag, 3 if tag == 258 else 4, 3 if tag == 258 else 1, v) for tag, v in tags.items()]
    if white is not None:
        entries.append(struct.pack("<HHII", 318, 5, 2, extra + 6))
    numbers = [number for value in white or (0, 0) for number in (round(value * 10_000), 10_000)]
    head = b"II*\0" + struct.pack("<IH", 8, count) + b"".join(entries) + bytes(4)
    path.write_bytes(head + struct.pack("<3H4I", bits, bits, bits, *numbers) + data)
    return path


@pytest.mark.parametrize("white", WHITES)
@pytest.mark.parametrize("bits", [8, 16])
def test_the_colours_come_back(tmp_path: Path, bits: int, white: str) -> None:
    path = tiff(tmp_path / "a.tif", lab_of(COLOURS, WHITES[white]), bits, WHITES[white])
    part = open_image(path).whole()
    off = np.abs(part.pixels[..., ::-1].astype(int) - COLOURS)
    assert off.max() <= (1 if bits == 16 else 5)  # with 8 bits, half a step of L, a and b each is up to 2 levels here
    assert (part.deep is not None) == (bits == 16)
