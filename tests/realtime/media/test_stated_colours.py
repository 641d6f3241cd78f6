"""Colours that a file states without a profile look as those that a profile of the same numbers gives."""

import shutil
import struct
import subprocess
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from realtime.media.image_file import open_image, read_picture
from tests.realtime.media import profiles
from tests.realtime.media.test_colour_profile import colours, deep_png

P3 = profiles.matrix(profiles.DISPLAY_P3, profiles.D65_XY, profiles.SRGB_CURVE)
ADOBE = profiles.matrix(profiles.ADOBE_RGB, profiles.D65_XY, 2.19921875)
CICP_P3 = (b"cICP", bytes((12, 13, 0, 1)))
CICP_SRGB = (b"cICP", bytes((1, 13, 0, 1)))
EXIFTOOL = shutil.which("exiftool")


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def gama(gamma: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", round(100_000 / gamma))


def chrm(primaries: tuple[tuple[float, float], ...]) -> tuple[bytes, bytes]:
    numbers = [number for pair in (profiles.D65_XY, *primaries) for number in pair]
    return b"cHRM", struct.pack(">8I", *(round(number * 100_000) for number in numbers))


def png(path: Path, *chunks: tuple[bytes, bytes], profile: bytes = b"") -> Path:
    buffer = BytesIO()
    Image.fromarray(colours()).save(buffer, "PNG", icc_profile=profile or None)
    data = buffer.getvalue()
    path.write_bytes(data[:33] + b"".join(chunk(*each) for each in chunks) + data[33:])
    return path


def by_profile(tmp_path: Path, profile: bytes) -> npt.NDArray[np.uint8]:
    return read_picture(png(tmp_path / "profiled.png", profile=profile))[0]


@pytest.mark.parametrize(
    ("chunks", "profile"),
    [
        ([CICP_P3], P3),
        ([gama(2.19921875), chrm(profiles.ADOBE_RGB)], ADOBE),
        ([gama(1.0)], profiles.matrix(profiles.SRGB, profiles.D65_XY, 1.0)),
        ([chrm(profiles.DISPLAY_P3)], P3),
    ],
    ids=["cICP", "gAMA and cHRM", "gAMA", "cHRM"],
)
def test_the_chunks_of_a_png(tmp_path: Path, chunks: list[tuple[bytes, bytes]], profile: bytes) -> None:
    pixels, _ = read_picture(png(tmp_path / "stated.png", *chunks))
    right = by_profile(tmp_path, profile)
    assert np.abs(pixels.astype(int) - right).max() <= 1
    assert np.abs(right.astype(int) - colours()[..., ::-1]).max() > 20, "the chunks change something"


@pytest.mark.parametrize(
    "chunks",
    [
        [gama(2.2)],
        [gama(2.2), chrm(profiles.SRGB)],
        [(b"sRGB", b"\0"), gama(1.0)],
        [CICP_SRGB],
        [(b"cICP", bytes((9, 16, 0, 1)))],
        [(b"gAMA", bytes(4))],
        [chrm(((0, 0), (0, 0), (0, 0)))],
        [(b"cHRM", b"\xff" * 32)],
    ],
    ids=["2.2", "as sRGB", "sRGB before gAMA", "cICP of sRGB", "cICP of HDR", "no gamma", "no colours", "negative"],
)
def test_srgb_and_nonsense_change_nothing(tmp_path: Path, chunks: list[tuple[bytes, bytes]]) -> None:
    pixels, _ = read_picture(png(tmp_path / "stated.png", *chunks))
    assert np.array_equal(pixels, colours()[..., ::-1])


def test_cicp_goes_before_a_profile_and_a_profile_before_gama(tmp_path: Path) -> None:
    right = by_profile(tmp_path, P3)
    assert np.abs(read_picture(png(tmp_path / "a.png", CICP_P3, profile=ADOBE))[0].astype(int) - right).max() <= 1
    assert np.array_equal(read_picture(png(tmp_path / "b.png", gama(1.0), profile=P3))[0], right)


def test_16_bits_keep_their_precision(tmp_path: Path) -> None:
    cube = colours(65535)
    path = deep_png(tmp_path, cube, P3)
    right = open_image(path).whole().deep
    data = path.read_bytes()
    length = struct.unpack_from(">I", data, 33)[0]
    path.write_bytes(data[:33] + chunk(*CICP_P3) + data[33 + 12 + length :])
    part = open_image(path).whole()
    assert part.deep is not None
    assert right is not None
    assert np.abs(part.deep.astype(int) - right).max() <= 20  # the fixed point of the two profiles


@pytest.mark.skipif(EXIFTOOL is None, reason="needs exiftool")
def test_adobe_rgb_as_cameras_state_it(tmp_path: Path) -> None:
    path = tmp_path / "DSC.tif"
    Image.fromarray(colours()).save(path)
    tags = ("-ColorSpace=Uncalibrated", "-InteropIndex=R03 - DCF option file (Adobe RGB)")
    subprocess.run([str(EXIFTOOL), "-q", "-overwrite_original", *tags, str(path)], check=True)
    assert np.abs(read_picture(path)[0].astype(int) - by_profile(tmp_path, ADOBE)).max() <= 1


def test_the_colours_of_avif(tmp_path: Path) -> None:
    path = tmp_path / "a.avif"
    Image.fromarray(colours()).save(path, quality=100, subsampling="4:4:4")
    plain = read_picture(path)[0]
    data = path.read_bytes()
    at = data.index(b"colrnclx") + 8
    path.write_bytes(data[:at] + struct.pack(">HH", 12, 13) + data[at + 4 :])
    Image.fromarray(plain[..., ::-1]).save(tmp_path / "plain.png", icc_profile=P3)
    assert np.abs(read_picture(path)[0].astype(int) - read_picture(tmp_path / "plain.png")[0]).max() <= 1
