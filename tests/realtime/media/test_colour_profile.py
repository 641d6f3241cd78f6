"""Colours by their profile, against LittleCMS in ImageMagick, and against the formulas of the standards."""

import shutil
import struct
import subprocess
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from realtime.media import colour_profile, deep_colour
from realtime.media.image_file import open_image, read_picture
from tests.realtime.media import profiles

MAGICK = shutil.which("magick") or shutil.which("convert")
by_magick = pytest.mark.skipif(MAGICK is None, reason="needs ImageMagick")

KINDS = {
    "Display P3": profiles.matrix(profiles.DISPLAY_P3, profiles.D65_XY, profiles.SRGB_CURVE),
    "Adobe RGB": profiles.matrix(profiles.ADOBE_RGB, profiles.D65_XY, 2.19921875),
    "ProPhoto": profiles.matrix(profiles.PROPHOTO, profiles.D50_XY, 1.8),
}


def colours(top: int = 255) -> npt.NDArray[Any]:
    """A cube of colours, ``(36, 36, 3)`` RGB."""
    steps = np.linspace(0, top, 11).round()
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)[: 36 * 36]
    return cube.reshape(36, 36, 3).astype(np.uint16 if top > 255 else np.uint8)


def deep_png(folder: Path, cube: npt.NDArray[np.uint16], profile: bytes) -> Path:
    """A PNG of 16-bit RGB with a profile, which Pillow cannot write."""
    data = cv2.imencode(".png", cube[..., ::-1])[1].tobytes()
    chunk = b"iCCP" + b"made\0\0" + zlib.compress(profile)
    chunk = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    (folder / "photo.png").write_bytes(data[:33] + chunk + data[33:])
    return folder / "photo.png"


def magick(path: Path, tmp_path: Path, depth: int) -> npt.NDArray[Any]:
    """The image in sRGB as ImageMagick converts it, ``(H, W, 3)`` BGR."""
    (tmp_path / "srgb.icc").write_bytes(colour_profile.srgb())
    how = ["-intent", "relative", "-black-point-compensation", "-profile", str(tmp_path / "srgb.icc")]
    command = [str(MAGICK), str(path), *how, "-colorspace", "sRGB", "-type", "TrueColor", "-depth", str(depth), "bgr:-"]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    with Image.open(path) as opened:
        width, height = opened.size
    return np.frombuffer(data, np.uint8 if depth == 8 else np.dtype("=u2")).reshape(height, width, 3)


@by_magick
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_colours_are_converted_by_their_profile(tmp_path: Path, kind: str, suffix: str) -> None:
    path = tmp_path / f"photo{suffix}"
    Image.fromarray(colours()).save(path, icc_profile=KINDS[kind], **({"lossless": True} if suffix == ".webp" else {}))
    pixels, _ = read_picture(path)
    assert np.abs(pixels.astype(int) - magick(path, tmp_path, 8)).max() <= 1
    assert np.abs(pixels.astype(int) - colours()[..., ::-1]).max() > 20, "the profile changes something"


@by_magick
@pytest.mark.parametrize("kind", KINDS)
def test_16_bits_keep_their_precision(tmp_path: Path, kind: str) -> None:
    path = deep_png(tmp_path, colours(65535), KINDS[kind])
    part = open_image(path).whole()
    assert part.deep is not None
    right = magick(path, tmp_path, 16).astype(int)
    inside = ((right > 300) & (right < 65200)).all(axis=2)  # at the ends of the gamut both clip, at other places
    assert inside.sum() > 200
    off = np.abs(part.deep.astype(int) - right)[inside]
    assert (off.max(), off.mean()) < (80, 15)  # 80 of 65535 is a third of a level of 8 bits
    assert np.abs(part.pixels.astype(int) - part.deep / 257).max() <= 0.5


def test_display_p3_red_is_the_red_of_the_formulas() -> None:
    """Linear P3 to XYZ by its primaries, from there to linear sRGB, and the curve of IEC 61966-2-1."""
    to_srgb = np.linalg.inv(profiles.rgb_to_xyz(profiles.SRGB, profiles.D65_XY))
    level = np.array([0.5, 0.3, 0.2])
    light = np.where(level > 0.04045, ((level + 0.055) / 1.055) ** 2.4, level / 12.92)
    there = to_srgb @ profiles.rgb_to_xyz(profiles.DISPLAY_P3, profiles.D65_XY) @ light
    right = 1.055 * there ** (1 / 2.4) - 0.055
    levels = np.rint(level[::-1] * 65535).astype(np.uint16).reshape(1, 1, 3)
    converted = deep_colour.converted(levels, KINDS["Display P3"])
    assert converted is not None
    assert np.abs(converted.reshape(3)[::-1] / 65535 - right).max() < 2e-4  # profiles round to 1/65536


@by_magick
def test_inks_are_converted_by_the_table_of_their_profile(tmp_path: Path) -> None:
    steps = np.linspace(0, 255, 6).round().astype(np.uint8)
    inks = np.stack(np.meshgrid(steps, steps, steps, steps), axis=-1).reshape(36, 36, 4)
    path = tmp_path / "print.tif"
    Image.fromarray(inks, "CMYK").save(path, icc_profile=profiles.cmyk())
    pixels, _ = read_picture(path)
    off = np.abs(pixels.astype(int) - magick(path, tmp_path, 8))
    assert np.percentile(off, 99) <= 1  # the darkest inks differ more: LittleCMS has a coarser table for 8 bits
    assert off.mean() < 0.6
    plain = np.asarray(Image.fromarray(inks, "CMYK").convert("RGB"))[..., ::-1]
    assert np.abs(pixels.astype(int) - plain).mean() > 10, "not as without a profile"


@pytest.mark.parametrize("deep", [False, True])
def test_a_grey_gamma_is_applied(tmp_path: Path, deep: bool) -> None:
    """Level x means light x^1.8; sRGB encodes light as 1.055 x^(1/2.4) - 0.055."""
    ramp = np.linspace(0.05, 1, 64)[None].repeat(8, 0)
    grey = np.rint(ramp * 65535).astype(np.uint16) if deep else np.rint(ramp * 255).astype(np.uint8)
    Image.fromarray(grey).save(tmp_path / "grey.png", icc_profile=profiles.grey(1.8))
    pixels, _ = read_picture(tmp_path / "grey.png")
    top = 65535 if deep else 255
    right = 255 * (1.055 * ((grey / top) ** 1.8) ** (1 / 2.4) - 0.055)
    assert np.abs(pixels - right[..., None]).max() <= 1


def test_alpha_stays_while_colours_are_converted(tmp_path: Path) -> None:
    rgba = np.dstack([colours(), np.full((36, 36), 77, np.uint8)])
    Image.fromarray(rgba).save(tmp_path / "a.png", icc_profile=KINDS["Adobe RGB"])
    Image.fromarray(rgba[..., :3]).save(tmp_path / "b.png", icc_profile=KINDS["Adobe RGB"])
    pixels, alpha = read_picture(tmp_path / "a.png")
    assert alpha is not None
    assert np.allclose(alpha, 77 / 255)
    assert np.array_equal(pixels, read_picture(tmp_path / "b.png")[0])


@pytest.mark.parametrize("deep", [False, True])
def test_the_profile_of_a_jpeg_2000_is_found(tmp_path: Path, deep: bool) -> None:
    """ImageMagick and Pillow write none: the box is put into the header by hand."""
    cube, path, profile = colours(65535 if deep else 255), tmp_path / "a.jp2", KINDS["Adobe RGB"]
    cv2.imwrite(str(path), cube[..., ::-1], [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 1000])
    plain, _ = read_picture(path)
    data = path.read_bytes()
    header, old = data.find(b"jp2h") - 4, data.find(b"colr") - 4
    size = int.from_bytes(data[old : old + 4], "big")
    box = struct.pack(">I4sBBB", 15 + len(profile) - 4, b"colr", 2, 0, 0) + profile
    grown = int.from_bytes(data[header : header + 4], "big") - size + len(box)
    data = data[:header] + struct.pack(">I", grown) + data[header + 4 : old] + box + data[old + size :]
    path.write_bytes(data)
    pixels, _ = read_picture(path)
    Image.fromarray(plain[..., ::-1]).save(tmp_path / "a.png", icc_profile=profile)
    right, _ = read_picture(tmp_path / "a.png")
    assert np.abs(pixels.astype(int) - right).max() <= (3 if deep else 1)  # of a PNG with 8 bits
    assert np.abs(pixels.astype(int) - plain).max() > 20


def test_srgb_in_other_words_costs_no_conversion() -> None:
    words = profiles.matrix(profiles.SRGB, profiles.D65_XY, profiles.SRGB_CURVE)
    assert colour_profile.conversion(words, "RGB") is colour_profile.PLAIN
    assert colour_profile.conversion(colour_profile.srgb(), "RGB") is colour_profile.PLAIN
    assert colour_profile.conversion(KINDS["Display P3"], "RGB") is not colour_profile.PLAIN


@pytest.mark.parametrize(
    "profile",
    [b"junk" * 50, KINDS["Adobe RGB"][:200], profiles.cmyk(), profiles.grey(2.2)],
    ids=["junk", "cut off", "of inks", "of grey"],
)
@pytest.mark.parametrize("deep", [False, True])
def test_a_wrong_profile_is_said_once_and_taken_for_srgb(
    tmp_path: Path, profile: bytes, deep: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(20, "greenless")
    cube, path = colours(65535 if deep else 255), tmp_path / "photo.png"
    if deep:
        deep_png(tmp_path, cube, profile)
    else:
        Image.fromarray(cube).save(path, icc_profile=profile)
    pixels, _ = read_picture(path)
    assert np.array_equal(pixels, np.rint(cube[..., ::-1] / (257 if deep else 1)))
    notes = [record.message for record in caplog.records]
    assert len(notes) == 1
    assert "photo.png: its colour profile is damaged or of another kind of image" in notes[0]


def test_lab_needs_no_profile(tmp_path: Path) -> None:
    """L 53.6 is sRGB level 128: ((53.6 + 16) / 116)^3 of light. The sign of a tells red from green."""
    lab = np.zeros((8, 12, 3), np.uint8)
    lab[..., 0] = round(53.6 * 2.55)
    lab[:, 4:8, 1], lab[:, 8:, 1] = 40, 256 - 40
    Image.fromarray(lab, "LAB").save(tmp_path / "lab.tif")
    pixels, _ = read_picture(tmp_path / "lab.tif")
    assert np.abs(pixels[4, 1].astype(int) - 128).max() <= 1
    assert pixels[4, 5, 2] > 170 > 120 > pixels[4, 5, 1]
    assert pixels[4, 10, 1] > 140 > 80 > pixels[4, 10, 2]
