"""What an upload may not be: too large, too many pixels, another kind, a way out of the folder."""

import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from realtime.web import uploads
from tests.realtime.media.test_video_reader import growing
from tests.realtime.web.conftest import Answer
from tests.realtime.web.sent_files import clip, kept, picture

MEMORY_BYTES = 650_000_000
"""What decoding one file may take."""


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
