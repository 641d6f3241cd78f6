"""Backgrounds that a page sends, well meant and not."""

import io
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import av
import numpy as np
import pytest
from PIL import Image

from realtime.web import backgrounds, uploads
from realtime.web.uploads import plain_name
from tests.realtime.media import profiles
from tests.realtime.media.test_video_reader import growing
from tests.realtime.web.conftest import Answer, Served

MEMORY_BYTES = 650_000_000
"""What decoding one file may take."""


def picture(kind: str = "PNG", size: tuple[int, int] = (64, 36), **options: Any) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, (10, 200, 30)).save(data, kind, **options)
    return data.getvalue()


def clip(path: Path) -> bytes:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height = 64, 36
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((36, 64, 3), 90, np.uint8), format="bgr24")))
        container.mux(stream.encode())
    return path.read_bytes()


@pytest.fixture
def send(served: Served) -> Callable[[str, bytes], Answer]:
    return lambda name, data: served.ask("POST", f"/api/backgrounds?name={quote(name)}", data)


@pytest.fixture
def folder(greenless_home: Path) -> Path:
    return greenless_home / "backgrounds"


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_picture_is_kept_and_can_be_chosen(served: Served, send: Callable[..., Answer], folder: Path) -> None:
    answer = send("My Beach.png", picture())
    assert answer.status == 201
    assert answer.json["spec"] == str(folder / "My Beach.jpg")
    assert kept(folder) == ["My Beach.jpg"]
    assert served.ask("GET", answer.json["thumbnail"]).status == 200
    assert served.ask("POST", "/api/settings", {"scene": {"background": answer.json["spec"]}}).status == 200


def test_a_clip_is_kept(send: Callable[..., Answer], folder: Path, tmp_path: Path) -> None:
    data = clip(tmp_path / "waves.mp4")
    answer = send("waves.mp4", data)
    assert (answer.status, answer.json["kind"]) == (201, "clip")
    assert (folder / "waves.mp4").read_bytes() == data
    gif = io.BytesIO()
    Image.new("RGB", (64, 36), (1, 2, 3)).save(gif, "GIF", save_all=True, append_images=[Image.new("RGB", (64, 36))])
    assert send("loop.gif", gif.getvalue()).status == 201


def test_a_picture_is_made_anew_without_what_was_said_in_it(send: Callable[..., Answer], folder: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "at home, 12 Secret Street"
    exif[0x0112] = 6  # held upright
    assert send("a.jpg", picture("JPEG", exif=exif) + b"<script>alert(1)</script>").status == 201
    data = (folder / "a.jpg").read_bytes()
    assert b"Secret" not in data
    assert b"script" not in data
    with Image.open(folder / "a.jpg") as opened:
        assert opened.size == (36, 64)


def test_a_large_picture_is_made_smaller(send: Callable[..., Answer], folder: Path) -> None:
    assert send("wide.png", picture(size=(5000, 100))).status == 201
    with Image.open(folder / "wide.jpg") as opened:
        assert opened.size == (3840, 77)


def test_a_name_that_is_taken_gets_a_number(send: Callable[..., Answer], folder: Path) -> None:
    for _ in range(3):
        send("a.png", picture())
    assert kept(folder) == ["a 2.jpg", "a 3.jpg", "a.jpg"]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../../evil.png",
            "..\\..\\evil.png",
            "/etc/evil.png",
            "C:\\evil.png",
            "a/../../evil.png",
            "%2e%2e%2fevil.png",
        ),
        *("\x00evil.png", "evil.png\x00.exe.png", "\u202eevil.png", ".png", "....png", "~/evil.png", "$(evil).png"),
        *("x" * 5000 + ".png", "-rf.png", "CON.png", "evil\n.png", "evil.png/"),
    ],
)
def test_no_name_leads_out_of_the_folder(
    send: Callable[..., Answer], folder: Path, greenless_home: Path, name: str
) -> None:
    before = {path for path in greenless_home.parent.rglob("*")}
    answer = send(name, picture())
    new = {path for path in greenless_home.parent.rglob("*")} - before - {folder}
    assert answer.status in (201, 400)
    assert all(path.parent == folder and path.suffix == ".jpg" and len(path.name) < 80 for path in new)
    assert all(not path.name.startswith((".", "-")) for path in new)
    assert len(new) == (answer.status == 201)


@pytest.mark.parametrize("name", ["a.svg", "a.html", "a.py", "a", "", "a.png.exe", "a.m3u8", "settings.toml"])
def test_other_kinds_are_refused(send: Callable[..., Answer], folder: Path, name: str) -> None:
    assert send(name, picture()).status == 400
    assert kept(folder) == []


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.mp4", "a.gif", "a.mkv", "a.avi"])
@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"<svg onload=alert(1)>", b"\x00" * 1000])
def test_what_cannot_be_decoded_is_refused_and_leaves_nothing(
    send: Callable[..., Answer], folder: Path, name: str, data: bytes
) -> None:
    answer = send(name, data)
    assert answer.status == 400
    assert "that can be read" in answer.json["error"]
    assert kept(folder) == []


@pytest.mark.parametrize("kind", ["EPS", "PDF", "PPM"])
def test_formats_that_run_programs_are_not_taken_for_pictures(
    send: Callable[..., Answer], folder: Path, kind: str
) -> None:
    """Pillow hands EPS to Ghostscript, whatever the file is called."""
    assert send("a.png", picture(kind)).status == (201 if kind == "PPM" else 400)


def test_a_bomb_is_refused_before_it_is_unpacked(send: Callable[..., Answer], folder: Path) -> None:
    """A PNG of 30000x30000 pixels in a few kilobytes."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 1000))
        + chunk(b"IEND", b"")
    )
    assert send("bomb.png", data).status == 400
    size = (9000, 7000)
    assert size[0] * size[1] > uploads.LARGEST_PX
    header = struct.pack(">IIBBBBB", *size, 8, 0, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\x00" * 1000))
        + chunk(b"IEND", b"")
    )
    answer = send("large.png", data)
    assert answer.json["error"] == "the image has 9000x7000 pixels"
    assert kept(folder) == []


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="a process's own peak of memory is asked of Linux")
@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "RGB"), ("PNG", "RGBA"), ("PNG", "RGB")])
def test_a_picture_at_the_limit_takes_no_more_memory_than_is_said(tmp_path: Path, kind: str, mode: str) -> None:
    Image.new(mode, (9200, 6500)).save(tmp_path / "large", kind, compress_level=1)
    lines = (
        "import sys",
        "from pathlib import Path",
        "from realtime.web import uploads",
        "from tests.memory import peak_kb",
        "before_kb = peak_kb()",
        "uploads._picture(Path(sys.argv[1]))",
        "print((peak_kb() - before_kb) * 1024)",
    )
    command = [sys.executable, "-c", "\n".join(lines), str(tmp_path / "large")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(uploads.__file__).parents[2])
    assert int(done.stdout) < MEMORY_BYTES


@pytest.mark.parametrize("kind", ["WEBP", "AVIF"])
def test_formats_whose_decoders_take_more_are_refused_sooner(
    send: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setitem(uploads.LARGEST_PX_OF, kind, uploads.LARGEST_PX_OF[kind] // 10_000)
    assert send(f"a.{kind.lower()}", picture(kind, size=(10, 10))).status == 201
    answer = send(f"a.{kind.lower()}", picture(kind, size=(200, 100)))
    assert answer.json["error"] == "the image has 200x100 pixels"


def test_files_are_decoded_one_at_a_time(
    served: Served, send: Callable[..., Answer], folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Twelve pictures of 59 megapixels at once took 4.5 GB."""
    at_once, most, lock = 0, 0, threading.Lock()

    def counted(work: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*arguments: Any) -> Any:
            nonlocal at_once, most
            with lock:
                at_once += 1
                most = max(most, at_once)
            time.sleep(0.05)  # so that others come meanwhile
            try:
                return work(*arguments)
            finally:
                with lock:
                    at_once -= 1

        return counting

    send("first.png", picture())
    monkeypatch.setattr(uploads, "_picture", counted(uploads._picture))
    monkeypatch.setattr(uploads, "_check_clip", counted(uploads._check_clip))
    monkeypatch.setattr(backgrounds, "thumbnail", counted(backgrounds.thumbnail))
    data = clip(tmp_path / "waves.mp4")
    asks: list[Callable[[], Answer]] = [lambda: send("a.png", picture())] * 4
    asks += [lambda: send("a.mp4", data)] * 4
    asks += [lambda: served.ask("GET", "/api/backgrounds/first.jpg/thumbnail")] * 4
    with ThreadPoolExecutor(len(asks)) as senders:
        statuses = [answer.result().status for answer in [senders.submit(ask) for ask in asks]]
    assert (sorted(statuses), most) == ([200] * 4 + [201] * 8, 1)


@pytest.mark.parametrize("name", ["a.avi", "a.mkv", "a.mp4"])
def test_a_clip_with_one_frame_that_is_too_large_is_refused(
    send: Callable[..., Answer], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(uploads, "LARGEST_FRAME_PX", 10_000, raising=False)
    data = growing(tmp_path / name, "mjpeg").read_bytes()
    answer = send(name, data)
    assert (answer.status, kept(folder)) == (400, [])
    assert "larger than 8K" in answer.json["error"]
    monkeypatch.setattr(uploads, "LARGEST_FRAME_PX", 100_000, raising=False)
    assert send(name, data).status == 201


def test_grey_of_16_bits_is_not_cut_to_white(send: Callable[..., Answer], folder: Path) -> None:
    data = io.BytesIO()
    Image.fromarray(np.full((36, 64), 128 << 8, np.uint16)).save(data, "PNG")
    assert send("a.png", data.getvalue()).status == 201
    with Image.open(folder / "a.jpg") as opened:
        assert opened.getpixel((9, 9)) == (128, 128, 128)


def test_colours_are_kept_as_srgb(send: Callable[..., Answer], folder: Path) -> None:
    """Green 200 of Adobe RGB is the brightest green of sRGB: 0 of red, 201 and more of green."""
    adobe = profiles.matrix(profiles.ADOBE_RGB, profiles.D65_XY, 2.19921875)
    data = io.BytesIO()
    Image.new("RGB", (64, 36), (120, 200, 90)).save(data, "PNG", icc_profile=adobe)
    assert send("a.png", data.getvalue()).status == 201
    light = (np.array([120, 200, 90]) / 255) ** 2.19921875
    to_srgb = np.linalg.inv(profiles.rgb_to_xyz(profiles.SRGB, profiles.D65_XY))
    there = np.clip(to_srgb @ profiles.rgb_to_xyz(profiles.ADOBE_RGB, profiles.D65_XY) @ light, 0, 1)
    right = 255 * np.where(there > 0.0031308, 1.055 * there ** (1 / 2.4) - 0.055, 12.92 * there)
    assert right[0] < 80, "far from the 120 that the file holds"
    with Image.open(folder / "a.jpg") as opened:
        assert np.abs(np.array(opened.getpixel((9, 9))) - right).max() <= 3


def test_transparent_parts_are_black(send: Callable[..., Answer], folder: Path) -> None:
    data = io.BytesIO()
    Image.new("RGBA", (64, 36), (255, 0, 255, 0)).save(data, "PNG")
    assert send("a.png", data.getvalue()).status == 201
    with Image.open(folder / "a.jpg") as opened:
        assert opened.getpixel((9, 9)) == (0, 0, 0)


@pytest.mark.parametrize("name", ["IMG_1.heic", "IMG_1.jpg"])
def test_photos_of_phones_are_kept(send: Callable[..., Answer], folder: Path, name: str) -> None:
    heif = pytest.importorskip("pillow_heif")
    data = io.BytesIO()
    heif.from_pillow(Image.new("RGB", (64, 36), (10, 200, 30))).save(data, quality=90)
    assert send(name, data.getvalue()).status == 201
    with Image.open(folder / "IMG_1.jpg") as opened:
        assert np.abs(np.array(opened.getpixel((9, 9))) - (10, 200, 30)).max() <= 8


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA", "1"])
def test_every_kind_of_pixel_is_turned_and_made_smaller(send: Callable[..., Answer], folder: Path, mode: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = io.BytesIO()
    Image.new(mode, (5000, 100)).save(data, "PNG", exif=exif)
    assert send("a.png", data.getvalue()).status == 201
    with Image.open(folder / "a.jpg") as opened:
        assert (opened.mode, opened.size) == ("RGB", (77, 3840))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.gif", "a.avi"])
def test_a_playlist_that_names_another_file_is_no_clip(send: Callable[..., Answer], folder: Path, name: str) -> None:
    """FFmpeg would follow it: to files of the user, or into the local network."""
    folder.mkdir(parents=True)
    clip(folder / "other.mp4")
    for text in (
        "ffconcat version 1.0\nfile other.mp4\n",
        f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{folder}/other.mp4\n#EXT-X-ENDLIST\n",
    ):
        assert send(name, text.encode()).status == 400
    assert kept(folder) == ["other.mp4"]


@pytest.mark.parametrize(("name", "limit"), [("a.png", "LARGEST_PICTURE_BYTES"), ("a.mp4", "LARGEST_BYTES")])
def test_what_is_too_large_is_refused_and_leaves_nothing(
    send: Callable[..., Answer], folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, limit: str
) -> None:
    monkeypatch.setattr(uploads, limit, 1_000_000)
    try:
        answer = send(name, b"\x00" * 3_000_000)
    except ConnectionError:  # refused while it was still being sent
        pass
    else:
        assert answer.json["error"] == "the file is larger than 1 MB"
    assert kept(folder) == []


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Strand von Föhr_2.JPG", "Strand von Föhr_2"),
        ("沙滩.png", "沙滩"),
        ("a<b>&c;'d\".png", "a b c d"),
        ("nul.png", "nul file"),
        ("../..", ""),
    ],
)
def test_names_keep_what_people_can_read(name: str, plain: str) -> None:
    assert plain_name(name) == plain


def test_a_sender_that_goes_away_leaves_nothing(served: Served, folder: Path) -> None:
    import socket

    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        lines = [f"POST /api/backgrounds?name=a.png HTTP/1.1\r\nHost: 127.0.0.1:{served.port}"]
        lines += [f"Authorization: Bearer {served.token}", "Content-Length: 100000", "", ""]
        connection.sendall("\r\n".join(lines).encode() + picture())
        end_s = time.monotonic() + 60
        while not kept(folder):
            assert time.monotonic() < end_s
            time.sleep(0.01)
    while kept(folder):
        assert time.monotonic() < end_s
        time.sleep(0.01)
