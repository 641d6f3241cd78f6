"""What outputs keep of the metadata, as exiftool reads it."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from realtime.media import png, xmp
from realtime.media.image_file import open_image
from realtime.media.image_metadata import Keep

pytestmark = pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")

WRITTEN = {
    "EXIF:DateTimeOriginal": "2024:05:06 07:08:09",
    "EXIF:OffsetTimeOriginal": "+02:00",
    "EXIF:Artist": "Jörg Müller",
    "EXIF:Copyright": "© 2024 山田",
    "EXIF:Make": "Camera Works",
    "EXIF:SerialNumber": "12345",
    "EXIF:ImageDescription": "12 Secret Street",
    "EXIF:GPSLatitude": "48.5",
    "EXIF:GPSLatitudeRef": "N",
    "XMP-dc:Creator": "Jörg Müller",
    "XMP-dc:Rights": "© 2024 山田",
    "XMP-xmp:CreateDate": "2024:05:06 07:08:09+02:00",
    "XMP-exif:GPSLatitude": "48.5",
    "XMP-dc:Subject": "at home",
    "XMP-tiff:Orientation": "6",
}


def tagged(path: Path, tags: dict[str, str] = WRITTEN) -> Path:
    """A photo with tags, and in a JPEG a thumbnail."""
    Image.new("RGB", (64, 48), (90, 120, 60)).save(path)
    words = [f"-{tag}={value}" for tag, value in tags.items()]
    if path.suffix == ".jpg" and tags is WRITTEN:
        Image.new("RGB", (16, 12), (255, 0, 0)).save(path.with_name("thumb.jpg"))
        words += ["-EXIF:Orientation=6", f"-ThumbnailImage<={path.with_name('thumb.jpg')}"]
    exiftool("-overwrite_original", "-n", *words, str(path))
    return path


def exiftool(*words: str) -> str:
    command = ["exiftool", "-q", "-m", "-charset", "utf8", "-charset", "exif=utf8", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8").stdout


def written(source: Path, keep: Keep) -> dict[str, Any]:
    """The tags of an output of ``source``, by group and name."""
    output = source.with_name("out.png")
    image = open_image(source, keep)
    size = {"width_px": image.width_px, "height_px": image.height_px}
    with output.open("wb") as file, png.by_rows(file, **size, channels=4, bits=8, metadata=image.metadata) as write:
        write(np.zeros((image.height_px, image.width_px, 4), np.uint8))
    found: dict[str, Any] = json.loads(exiftool("-j", "-G1", "-n", "-a", str(output)))[0]
    assert not [name for name in found if "Warning" in name or "Error" in name], found
    return {name: value for name, value in found.items() if name.partition(":")[0] in GROUPS or "XMP" in name}


GROUPS = ("IFD0", "ExifIFD", "GPS", "IFD1", "PNG", "InteropIFD")
SIZE = {"PNG:ImageWidth", "PNG:ImageHeight", "PNG:BitDepth", "PNG:ColorType", "PNG:Compression", "PNG:Filter"}
ALWAYS = SIZE | {"PNG:Interlace", "PNG:SRGBRendering"}


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".jp2"])
def test_date_author_and_copyright_are_kept_and_no_more(tmp_path: Path, suffix: str) -> None:
    found = written(tagged(tmp_path / f"photo{suffix}"), "credits")
    assert found["ExifIFD:DateTimeOriginal"] == "2024:05:06 07:08:09"
    assert found["ExifIFD:OffsetTimeOriginal"] == "+02:00"
    assert found["IFD0:Artist"] == found["XMP-dc:Creator"] == "Jörg Müller"
    assert found["IFD0:Copyright"] == found["XMP-dc:Rights"] == "© 2024 山田"
    assert found["XMP-xmp:CreateDate"] == "2024:05:06 07:08:09+02:00"
    rest = {name for name in found if name not in ALWAYS and "XMPToolkit" not in name}
    assert rest == {
        *("ExifIFD:DateTimeOriginal", "ExifIFD:OffsetTimeOriginal", "IFD0:Artist", "IFD0:Copyright"),
        *("XMP-dc:Creator", "XMP-dc:Rights", "XMP-xmp:CreateDate"),
    }


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_all_is_kept_but_what_shows_the_room_or_turns_again(tmp_path: Path, suffix: str) -> None:
    found = written(tagged(tmp_path / f"photo{suffix}"), "all")
    assert found["IFD0:Make"] == "Camera Works"
    assert found["GPS:GPSLatitude"] == 48.5
    assert found["XMP-dc:Subject"] == "at home"
    assert found["XMP-exif:GPSLatitude"] == 48.5
    assert str(found["ExifIFD:SerialNumber"]) == "12345"
    assert not [name for name in found if "Orientation" in name or "Thumbnail" in name or name.startswith("IFD1")]
    assert found.get("ExifIFD:ColorSpace") in (None, 1)


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".jp2"])
def test_none_keeps_nothing(tmp_path: Path, suffix: str) -> None:
    assert set(written(tagged(tmp_path / f"photo{suffix}"), "none")) <= ALWAYS


@pytest.mark.parametrize(
    ("suffix", "tags"),
    [
        (".jpg", {"IPTC:By-line": "Ann", "IPTC:CopyrightNotice": "CC", "IPTC:DateCreated": "2024:05:06",
                  "IPTC:TimeCreated": "07:08:09+00:00"}),
        (".jpg", {"XMP-dc:Creator": "Ann", "XMP-dc:Rights": "CC", "XMP-photoshop:DateCreated": "2024:05:06 07:08:09"}),
        (".png", {"PNG:Author": "Ann", "PNG:Copyright": "CC", "XMP-exif:DateTimeOriginal": "2024:05:06 07:08:09"}),
        (".jpg", {"EXIF:XPAuthor": "Ann", "EXIF:Copyright": "CC", "EXIF:DateTimeOriginal": "2024:05:06 07:08:09"}),
    ],
    ids=["IPTC", "XMP", "texts of a PNG", "Windows"],
)  # fmt: skip
def test_other_homes_of_author_and_copyright_are_known(tmp_path: Path, suffix: str, tags: dict[str, str]) -> None:
    found = written(tagged(tmp_path / f"photo{suffix}", tags), "credits")
    assert (found["IFD0:Artist"], found["IFD0:Copyright"]) == ("Ann", "CC")
    assert found["ExifIFD:DateTimeOriginal"] == "2024:05:06 07:08:09"


def test_a_tiff_of_floats_in_colour_keeps_them_too(tmp_path: Path) -> None:
    """Pillow does not open it."""
    path = tmp_path / "photo.tif"
    cv2.imwrite(str(path), np.full((12, 16, 3), 0.5, np.float32))
    exiftool("-overwrite_original", "-EXIF:Artist=Ann", "-XMP-dc:Rights=CC", str(path))
    found = written(path, "credits")
    assert (found["IFD0:Artist"], found["IFD0:Copyright"]) == ("Ann", "CC")


@pytest.mark.parametrize("keep", ["credits", "all"])
@pytest.mark.parametrize("damage", [b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff"])
def test_damaged_metadata_is_none(tmp_path: Path, keep: Keep, damage: bytes) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg", exif=damage, xmp=b"<x:xmpmeta><not closed")
    image = open_image(tmp_path / "a.jpg", keep)
    assert image.whole().pixels.shape == (8, 8, 3)
    assert image.metadata.xmp == b""


def test_a_packet_that_declares_entities_is_not_parsed() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
    assert xmp.parsed(bomb) is None
    assert xmp.parsed(b"\0 \0") is None


def test_the_packet_holds_thumbnails_no_more(tmp_path: Path) -> None:
    """Lightroom and phones put one there."""
    thumbnail = "<xmp:Thumbnails><rdf:Alt><rdf:li>AAAA</rdf:li></rdf:Alt></xmp:Thumbnails>"
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5" '
        f'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6">{thumbnail}</rdf:Description>'
        "</rdf:RDF></x:xmpmeta>"
    )
    root = xmp.parsed(packet.encode())
    assert root is not None
    kept = xmp.filtered(root, everything=True)
    assert b"Rating" in kept
    assert b"AAAA" not in kept
    assert b"Orientation" not in kept
