import errno
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from realtime.errors import SinkError, SourceError
from realtime.frame import Pixels
from realtime.media import image_decoding
from realtime.media.image_file import read_picture, write_picture

BLUE, GREEN, RED = (255, 0, 0), (0, 255, 0), (0, 0, 255)


@pytest.fixture
def quarters() -> Pixels:
    """64x48, blue, green, red and white from the top left on: no turn or mirror leaves it the same."""
    pixels = np.full((48, 64, 3), 255, np.uint8)
    pixels[:24, :32], pixels[:24, 32:], pixels[24:, :32] = BLUE, GREEN, RED
    return pixels


def save(pixels: Pixels, path: Path, **options: Any) -> Path:
    Image.fromarray(pixels[..., ::-1]).save(path, **options)
    return path


@pytest.mark.parametrize("name", ["plain.png", "plain.bmp", "plain.tif", "plain.webp", "ünï cödé 人.v2.png"])
def test_colours_come_as_bgr_from_any_format_and_name(tmp_path: Path, quarters: Pixels, name: str) -> None:
    options = {"lossless": True} if name.endswith("webp") else {}
    pixels, alpha = read_picture(save(quarters, tmp_path / name, **options))
    assert np.array_equal(pixels, quarters)
    assert alpha is None


@pytest.mark.parametrize("suffix", [".png", ".webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotates_pixels_and_alpha_alike(tmp_path: Path, quarters: Pixels, orientation: int, suffix: str) -> None:
    upright = np.dstack([quarters, np.where(np.arange(64) < 32, 255, 51).astype(np.uint8) * np.ones((48, 1), np.uint8)])
    sideways = upright.swapaxes(0, 1)
    turns: tuple[Pixels, ...] = (upright, np.fliplr(upright), np.rot90(upright, 2), np.flipud(upright))
    turns += (sideways, np.rot90(upright, 1), np.rot90(sideways, 2), np.rot90(upright, 3))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(np.ascontiguousarray(turns[orientation - 1][..., [2, 1, 0, 3]]))
    stored.save(tmp_path / f"turned{suffix}", exif=exif, lossless=True)
    pixels, alpha = read_picture(tmp_path / f"turned{suffix}")
    assert np.array_equal(pixels, quarters)
    assert alpha is not None
    assert np.allclose(alpha, upright[..., 3] / 255)


def test_exif_rotates_a_photograph(tmp_path: Path, quarters: Pixels) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    pixels, _ = read_picture(save(np.rot90(quarters, 1), tmp_path / "phone.jpg", exif=exif, quality=98))
    assert pixels.shape == quarters.shape
    assert np.abs(pixels[12, 16].astype(int) - BLUE).max() < 8


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [("P", ".png"), ("L", ".png"), ("L", ".jpg"), ("1", ".png"), ("CMYK", ".jpg"), ("I;16", ".png"), ("I;16", ".tif")],
)
def test_every_kind_of_pixel_becomes_8_bit_colour(tmp_path: Path, mode: str, suffix: str) -> None:
    grey = np.repeat(np.linspace(0, 255, 64).astype(np.uint8)[None], 48, axis=0)
    if mode == "1":
        grey = np.where(grey > 127, 255, 0).astype(np.uint8)
    rgb = Image.fromarray(grey).convert("RGB")
    deep = Image.fromarray(grey.astype(np.uint16) * 256 + 77)
    source = {"I;16": deep, "P": rgb.quantize(256)}.get(mode) or rgb.convert(mode)
    source.save(tmp_path / f"kind{suffix}")
    pixels, alpha = read_picture(tmp_path / f"kind{suffix}")
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - grey[..., None]).max() <= 4
    assert alpha is None


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "16-bit"])
def test_alpha_is_kept_straight(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "cutout.png"
    if mode == "16-bit":
        deep = np.full((8, 8, 4), 40000, np.uint16)
        deep[:, :4, 3] = 0
        deep[:, 4:, 3] = 65535
        cv2.imwrite(str(path), deep)
    elif mode == "PA":
        palette = Image.fromarray(np.repeat(np.array([0, 1], np.uint8), 4)[None].repeat(8, 0), "P")
        palette.putpalette([156, 156, 156, 156, 156, 156])
        palette.save(path, transparency=0)
    else:
        half = Image.fromarray(np.repeat(np.array([0, 255], np.uint8), 4)[None].repeat(8, 0))
        picture = Image.new(mode, (8, 8), 156 if mode == "LA" else (156, 156, 156))
        picture.putalpha(half)
        picture.save(path)
    pixels, alpha = read_picture(path)
    assert alpha is not None
    assert alpha.dtype == np.float32
    assert np.array_equal(alpha, np.repeat([0.0, 1.0], 4)[None].repeat(8, 0))
    assert (pixels == 156).all()  # transparent pixels keep their colour: it is not multiplied in


def test_too_many_pixels_are_an_error_with_the_limit(
    tmp_path: Path, quarters: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(np.tile(quarters, (80, 60, 1)), tmp_path / "wall.png")
    monkeypatch.setattr(image_decoding, "LARGEST_PX", 12_000_000)
    with pytest.raises(
        SourceError, match=r"wall\.png: it has 14\.7 megapixels, the limit is 12 megapixels\. Make"
    ) as refused:
        read_picture(path)
    assert "DOS" not in str(refused.value)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp"])
def test_a_cut_off_file_is_an_error_not_half_a_picture(tmp_path: Path, suffix: str) -> None:
    noisy = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    path = save(noisy, tmp_path / f"cut{suffix}")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SourceError, match="cut"):
        read_picture(path)


@pytest.mark.parametrize(
    ("content", "says"), [(None, "there is no file"), (b"", "is empty"), (b"not a picture", "is not an image")]
)
def test_what_is_no_picture_says_so(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "readme.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=says) as error:
        read_picture(path)
    assert str(path) in str(error.value)


def test_a_picture_that_is_too_long_says_so(tmp_path: Path) -> None:
    Image.new("L", (32766, 1)).save(tmp_path / "long.png")
    assert read_picture(tmp_path / "long.png")[0].shape == (1, 32766, 3)
    Image.new("L", (1, 32767)).save(tmp_path / "longer.png")
    with pytest.raises(SourceError, match=r"longer.png is 1x32767: the limit for each side is 32766 px.*smaller"):
        read_picture(tmp_path / "longer.png")


def test_a_folder_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"directory|may not be read"):
        read_picture(tmp_path)


@pytest.mark.parametrize("shape", [(6, 4), (6, 4, 3), (6, 4, 4)])
def test_what_is_written_is_read_back(tmp_path: Path, shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    write_picture(tmp_path / "ä b.png", pixels)
    got, alpha = read_picture(tmp_path / "ä b.png")
    assert np.array_equal(got, pixels[..., :3] if pixels.ndim == 3 else np.dstack([pixels] * 3))
    assert (alpha is None) == (shape[2:] != (4,))
    assert [path.name for path in tmp_path.glob("*.png*")] == ["ä b.png"]


def test_a_full_disk_leaves_the_old_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.png"
    path.write_bytes(b"old")

    def full(self: Path, data: bytes) -> int:
        self.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(SinkError, match="the disk is full"):
        write_picture(path, np.zeros((4, 4), np.uint8))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.glob("*.part")) == []


def test_a_place_that_is_no_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match="cannot write"):
        write_picture(tmp_path / "file" / "out.png", np.zeros((4, 4), np.uint8))
