"""Every kind of image file: one list of suffixes, and each of them is read by its content."""

import io
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

from realtime.errors import SourceError
from realtime.frame import Pixels
from realtime.media import image_formats
from realtime.media.image_file import open_image, read_picture
from realtime.media.image_formats import FORMATS, IMAGE_SUFFIXES, PICTURE_SUFFIXES
from tests.realtime.media.test_colour_profile import MAGICK, by_magick

GREEN, BLUE = (40, 160, 60), (30, 60, 200)


def photo(width: int = 64, height: int = 48) -> Image.Image:
    """Green above, blue below."""
    picture = Image.new("RGB", (width, height), BLUE)
    picture.paste(GREEN, (0, 0, width, height // 2))
    return picture


def is_photo(pixels: Pixels, off: int = 12) -> bool:
    height, width = pixels.shape[:2]
    seen = pixels[height // 4, width // 2, ::-1], pixels[3 * height // 4, width // 2, ::-1]
    return all(np.abs(a.astype(int) - b).max() <= off for a, b in zip(seen, (GREEN, BLUE), strict=True))


def folder(entries: dict[int, tuple[int, list[int]]], at: int, following: int = 0) -> bytes:
    """A folder of tags of a TIFF (little endian) at an offset; values of more than four bytes come after it."""
    sizes, codes = {1: 1, 2: 1, 3: 2, 4: 4}, {1: "B", 2: "B", 3: "H", 4: "I"}
    body, extra, end = struct.pack("<H", len(entries)), b"", at + 2 + 12 * len(entries) + 4
    for tag, (kind, values) in sorted(entries.items()):
        data = struct.pack(f"<{len(values)}{codes[kind]}", *values)
        place = data.ljust(4, b"\0") if len(data) <= 4 else struct.pack("<I", end + len(extra))
        extra += b"" if len(data) <= 4 else data + bytes(len(data) % 2)
        assert len(data) == sizes[kind] * len(values)
        body += struct.pack("<HHI", tag, kind, len(values)) + place
    return body + struct.pack("<I", following) + extra


def dng(path: Path, orientation: int = 1) -> Path:
    """A raw photo: a thumbnail of 16x12, the values of a sensor, a preview of 640x480, and its author."""
    coded = io.BytesIO()
    photo(640, 480).save(coded, "JPEG", quality=90)
    preview, thumbnail, sensor = coded.getvalue(), bytes(16 * 12 * 3), bytes(200 * 100 * 2)
    author = b"Ann Example\0"
    places = 2000
    at_thumbnail, at_sensor = places, places + len(thumbnail)
    at_preview = at_sensor + len(sensor)
    first = {
        254: (4, [1]), 256: (4, [16]), 257: (4, [12]), 258: (3, [8, 8, 8]), 259: (3, [1]), 262: (3, [2]),
        273: (4, [at_thumbnail]), 274: (3, [orientation]), 277: (3, [3]), 278: (4, [12]), 279: (4, [len(thumbnail)]),
        315: (2, list(author)), 330: (4, [600, 1000]), 50706: (1, [1, 4, 0, 0]),
    }  # fmt: skip
    raw = {
        254: (4, [0]), 256: (4, [200]), 257: (4, [100]), 258: (3, [16]), 259: (3, [1]), 262: (3, [32803]),
        273: (4, [at_sensor]), 277: (3, [1]), 278: (4, [100]), 279: (4, [len(sensor)]),
    }  # fmt: skip
    shown = {
        254: (4, [1]), 256: (4, [640]), 257: (4, [480]), 258: (3, [8, 8, 8]), 259: (3, [7]), 262: (3, [6]),
        273: (4, [at_preview]), 277: (3, [3]), 278: (4, [480]), 279: (4, [len(preview)]),
    }  # fmt: skip
    data = (b"II*\0" + struct.pack("<I", 8) + folder(first, 8)).ljust(600, b"\0")
    data = (data + folder(raw, 600)).ljust(1000, b"\0")
    data = (data + folder(shown, 1000)).ljust(places, b"\0")
    path.write_bytes(data + thumbnail + sensor + preview)
    return path


def psd(path: Path) -> None:
    """A Photoshop file of the photo: header, no colour table, no resources, no layers, planes as they are."""
    planes = np.moveaxis(np.asarray(photo()), 2, 0).tobytes()
    header = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 48, 64, 8, 3)
    path.write_bytes(header + bytes(12) + b"\0\0" + planes)


def saved(path: Path) -> Path:
    """The photo in the format of a suffix."""
    suffix = path.suffix
    if suffix == ".dng":
        return dng(path)
    if suffix == ".psd":
        psd(path)
    elif suffix in image_formats._HEIC:
        heif = pytest.importorskip("pillow_heif")
        heif.from_pillow(photo()).save(path, quality=95)
    elif suffix == ".mpo":
        photo().save(path, "MPO", save_all=True, append_images=[photo()])
    elif suffix == ".pbm":
        picture = Image.new("1", (64, 48))
        picture.paste(1, (0, 0, 64, 24))
        picture.save(path)
    elif suffix == ".pgm":
        photo().convert("L").save(path)
    else:
        photo().save(path, **({"format": "JPEG"} if suffix == ".jfif" else {}))
    return path


@pytest.mark.parametrize("suffix", sorted(IMAGE_SUFFIXES))
def test_each_suffix_of_the_list_is_read(tmp_path: Path, suffix: str) -> None:
    pixels, alpha = read_picture(saved(tmp_path / f"photo{suffix}"))
    assert alpha is None
    if suffix in (".pbm", ".pgm"):
        assert pixels[5, 5, 0] > pixels[-5, 5, 0]
        return
    assert is_photo(pixels)


def test_the_list_names_every_suffix_that_pillow_has_for_its_kinds() -> None:
    """But those of sequences, floats without a scale, and of bare streams that no program writes."""
    known = {suffix for suffix, kind in Image.registered_extensions().items() if kind in FORMATS}
    assert known - IMAGE_SUFFIXES <= {".avifs", ".pfm", ".j2c", ".jpc"}
    assert IMAGE_SUFFIXES - {".gif"} == PICTURE_SUFFIXES


@pytest.mark.parametrize("inside", [".heic", ".png", ".webp", ".avif", ".tif", ".psd", ".gif"])
def test_the_content_decides_not_the_suffix(tmp_path: Path, inside: str) -> None:
    path = saved(tmp_path / f"a{inside}").rename(tmp_path / "IMG_1.jpg")
    assert is_photo(read_picture(path)[0])


@pytest.mark.parametrize("name", ["a.eps", "a.jpg"])
def test_kinds_that_start_programs_are_refused(tmp_path: Path, name: str) -> None:
    photo().save(tmp_path / name, "EPS")
    with pytest.raises(SourceError, match=r"is not an image\. Name a JPEG, PNG"):
        read_picture(tmp_path / name)


def test_heic_without_its_package_names_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "a.heic")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(SourceError, match=r"a.heic is an HEIC image.*pip install '.\[heif\]'"):
        read_picture(path)


def test_a_raw_photo_gives_its_largest_preview_upright_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(20, "greenless")
    pixels, _ = read_picture(dng(tmp_path / "a.dng"))
    assert pixels.shape == (480, 640, 3)
    assert is_photo(pixels)
    assert "a.dng: it is a raw photo, of which the preview of 640x480 px is used" in caplog.text
    turned, _ = read_picture(dng(tmp_path / "b.dng", orientation=3))
    assert is_photo(turned[::-1])
    image = open_image(dng(tmp_path / "c.dng"), "credits")
    assert b"Ann Example" in image.metadata.exif


def test_a_raw_photo_without_a_preview_is_an_error(tmp_path: Path) -> None:
    path = dng(tmp_path / "a.dng")
    path.write_bytes(path.read_bytes().replace(b"\xff\xd8\xff", b"\0\0\0"))
    with pytest.raises(SourceError, match=r"a raw photo without a preview\. Export it as a TIFF or JPEG"):
        read_picture(path)


def test_a_psd_without_its_flattened_image_is_an_error(tmp_path: Path) -> None:
    """Resource 1057, version info: its fifth byte says whether the image was saved."""
    psd(tmp_path / "a.psd")
    data = (tmp_path / "a.psd").read_bytes()
    info = struct.pack(">IB", 1, 0) + bytes(12)
    resource = b"8BIM" + struct.pack(">HHI", 1057, 0, len(info)) + info + bytes(len(info) % 2)
    (tmp_path / "a.psd").write_bytes(data[:30] + struct.pack(">I", len(resource)) + resource + data[34:])
    with pytest.raises(SourceError, match=r"PSD without its flattened image.*Maximize compatibility"):
        read_picture(tmp_path / "a.psd")


@pytest.mark.parametrize("suffix", [".gif", ".png", ".webp", ".tif"])
def test_of_several_images_the_first_is_read_and_they_are_counted(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"several{suffix}"
    photo().save(path, save_all=True, append_images=[Image.new("RGB", (64, 48), color) for color in ("red", "white")])
    image = open_image(path)
    assert image.frames == 3
    assert is_photo(image.whole().pixels)


def test_the_second_view_of_a_camera_is_not_counted(tmp_path: Path) -> None:
    assert open_image(saved(tmp_path / "a.mpo")).frames == 1


@by_magick
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png", ".webp"])
def test_orientation_is_applied_once(tmp_path: Path, orientation: int, suffix: str) -> None:
    quarters = photo()
    quarters.paste((200, 40, 40), (0, 0, 20, 15))
    options = {".webp": {"lossless": True}, ".jpg": {"quality": 100, "subsampling": 0}}
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path = tmp_path / f"a{suffix}"
    quarters.save(path, exif=exif, **options.get(suffix, {}))
    image = open_image(path)
    seen = tmp_path / "seen.jpg"  # ImageMagick reads EXIF of JPEG alone
    quarters.save(seen, exif=exif, **options[".jpg"])
    command = [str(MAGICK), str(seen), "-auto-orient", "-depth", "8", "bgr:-"]
    right = subprocess.run(command, check=True, capture_output=True).stdout
    pixels = image.whole().pixels
    assert pixels.shape == ((64, 48, 3) if orientation > 4 else (48, 64, 3))
    assert np.abs(np.frombuffer(right, np.uint8).reshape(pixels.shape).astype(int) - pixels).mean() <= 1.5
    pieces = [image.rows(top, min(top + 10, image.height_px)).pixels for top in range(0, image.height_px, 10)]
    assert np.array_equal(np.concatenate(pieces), pixels), "rows are those of the whole"


@pytest.mark.parametrize(("mode", "background"), [("LA", 90), ("RGBA", (90, 90, 90)), ("PA", None), ("P", None)])
def test_alpha_is_read_by_rows_too(tmp_path: Path, mode: str, background: object) -> None:
    half = Image.fromarray(np.repeat(np.array([[0, 255]], np.uint8), 32, 1).repeat(48, 0))
    path = tmp_path / "a.png"
    if mode in ("LA", "RGBA"):
        picture = Image.new(mode, (64, 48), background)  # type: ignore[arg-type]
        picture.putalpha(half)
        picture.save(path)
    elif mode == "PA":
        picture = photo()
        picture.putalpha(half)
        picture.quantize(16, method=Image.Quantize.FASTOCTREE).save(path)
    else:
        indexed = half.point(lambda level: level // 255).convert("P")
        indexed.putpalette([9, 9, 9, 90, 90, 90])
        indexed.save(path, transparency=0)
    image = open_image(path)
    whole, part = image.whole(), image.rows(20, 30)
    assert whole.alpha is not None
    assert part.alpha is not None
    assert whole.alpha[:, :30].max() <= 0.01
    assert whole.alpha[:, 34:].min() >= 0.99
    assert np.array_equal(whole.alpha[20:30], part.alpha)
    assert np.array_equal(whole.pixels[20:30], part.pixels)
