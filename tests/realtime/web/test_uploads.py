"""Backgrounds that a page sends, well meant and not."""

import io
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from realtime.web import backgrounds, uploads
from realtime.web.uploads import plain_name
from tests.realtime.media import profiles
from tests.realtime.web.conftest import Answer, Served
from tests.realtime.web.sent_files import clip, kept, picture


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
