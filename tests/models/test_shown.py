"""How values and addresses are shown: printable, short, and without what they keep secret."""

import time

import pytest

from models.errors import GreenlessError, WeightsError
from models.shown import LONGEST, is_masked, masked, printable, shown


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("rtsp://me:hunter2@camera/live", "rtsp://***@camera/live"),
        ("rtsp://hunter2@camera:554/live", "rtsp://***@camera:554/live"),
        ("rtsp://me:hun@ter2@camera", "rtsp://***@camera"),
        ("rtsp://me:hun/ter2@camera/live", "rtsp://***@camera/live"),
        ("RTSP://me:hunter2@camera/", "RTSP://***@camera/"),
        ("rtsp:/me:hunter2@camera/live", "rtsp:/***@camera/live"),
        ("http://camera/video?user=me&password=hunter2", "http://camera/video?user=***&password=***"),
        ("http://camera/video?hunter2", "http://camera/video?***"),
        ("srt://camera:9000?mode=caller;passphrase=hunter2", "srt://camera:9000?mode=***;passphrase=***"),
        ("rtmp://a.server/live2/hunter2", "rtmp://a.server/live2/***"),
        ("RTMPS://a.server:443/rtmp/hunter2?s=hunter2&x=1", "RTMPS://a.server:443/rtmp/***?s=***&x=***"),
        ("rtmp:/a.server/live/one/hunter2", "rtmp:/a.server/live/***"),
        ("rtmp://me:hunter2@a.server/app/hunter2", "rtmp://***@a.server/app/***"),
        (
            "cannot open rtmp://a/b/hunter2: 5 (whip:https://a/hunter2)",
            "cannot open rtmp://a/b/***: 5 (whip:https://a/***)",
        ),
        (
            "lost srt://a:9?streamid=hunter2: 5, http://a?b=hunter2, too",
            "lost srt://a:9?streamid=***: 5, http://a?b=***, too",
        ),
        ("lost 'rtmp://a/b/hunter2': 5", "lost 'rtmp://a/b/***': 5"),
        ("whip:https://a.server/hunter2/publish", "whip:https://a.server/***"),
        ("whip:https://hunter2@a.server/live/whip", "whip:https://***@a.server/***"),
        ("srt://a:9000?streamid=#!::r=live,s=hunter2&latency=1", "srt://a:9000?streamid=***&latency=***"),
        ("rmtp://a.server/live2/hunter2", "rmtp://a.server/live2/***"),
        ("rtmp://a.server/live_123_hunter2hunter2", "rtmp://a.server/***"),
        ("cannot open rtmp://a.server/ab12-hunter2-cd34: 5", "cannot open rtmp://a.server/***: 5"),
        ("rtmp:///live2/hunter2?hunter2", "rtmp:///live2/***?***"),
        ("whips:https://a.server/hunter2", "whips:https://a.server/***"),
        ("whip://a.server/hunter2", "whip://a.server/***"),
        ("rtsp://cam:7441/hunter2hunter2hunter2", "rtsp://cam:7441/***"),
        ("rtsp://cam:7441/a/hunter2hunter2hunter2/b", "rtsp://cam:7441/a/***/b"),
        ("http://me:hunter2@camera/?key=hunter2", "http://***@camera/?key=***"),
        ("cannot open rtsp://me:hunter2@camera/live: 401", "cannot open rtsp://***@camera/live: 401"),
        (
            "'http://camera?key=hunter2' and http://b?key=hunter2 too",
            "'http://camera?key=***' and http://b?key=*** too",
        ),
        ("one\nrtsp://me:hunter2@camera\nthree", "one\nrtsp://***@camera\nthree"),
        ("[::1] http://[::1]:80/?a=hunter2", "[::1] http://[::1]:80/?a=***"),
    ],
)
def test_what_an_address_keeps_secret_is_not_shown(text: str, then: str) -> None:
    assert masked(text) == masked(then) == then
    assert "hunter2" not in masked(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "blur", "camera", "me@home", "/home/me@work/a?.png", "C:\\Users\\me@work", "16:9", "what?key=1"),
        *("http://127.0.0.1:8470/#token=x", "http://host:8080/@user/live", "rtsp://camera:554/live/ch1", "#00b140"),
        *(
            "rtmp://server/live",
            "rtmp://server/camera-of-the-garden",
            "rtmp://server/room_12",
            "gopher://server/live",
            "s3://bucket/photos/2026/a.png",
            "gs://bucket/photos/2026/a.png",
            "file:///home/me/a/film.mp4",
            "https://server/a/b/c",
            "rtmp://HOST/APP/KEY or whip:https://HOST/PATH",
            "rtmp://server",
            "whip:https://server",
            "rtsp://cam/h264Preview_01_main",
            "a***/b",
        ),
    ],
)
def test_what_holds_no_secret_stays(text: str) -> None:
    assert masked(text) == text
    assert not is_masked(text)


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://me:pw@camera/live",
        "http://camera/v?key=1",
        "rtmp://server/app/key",
        "whip:https://server/key",
        "rtmp://server/app/key?a=1",
        "http://me@camera/v?a=1&b=2",
    ],
)
def test_a_masked_one_is_distinguished(text: str) -> None:
    assert is_masked(masked(text))
    assert not is_masked(text)


@pytest.mark.parametrize(
    "part", ["a://b:c,", "://", "@", "a:/", "a://@?=", "x-", "?a=b&", "rtmp://a/", "rtsp://a1/", "whip:http://"]
)
def test_a_long_text_takes_no_time(part: str) -> None:
    started_s = time.process_time()
    masked(part * (1_000_000 // len(part)))
    assert time.process_time() - started_s < 10  # a second at most; without a limit hours


@pytest.mark.parametrize(
    ("value", "then"),
    [(3, "3"), ("a", "'a'"), ("\ud800\x1b", r"'\ud800\x1b'"), ("rtsp://me:pw@c", "'rtsp://***@c'"), (0.5, "0.5")],
)
def test_a_value_is_shown_as_python_writes_it(value: object, then: str) -> None:
    assert shown(value) == then


def test_what_is_too_large_is_said_to_be() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert shown(deep) == "a value of the type list that is too large to show"
    assert shown(10**6000) == "a value of the type int that is too large to show"
    assert len(shown("x" * 60_000)) < LONGEST + 10


def test_an_error_shows_no_password_and_can_be_written_everywhere() -> None:
    error = WeightsError("no \ud800\x1b[2J at rtsp://me:hunter2@camera", cure="try http://camera?key=hunter2\nor not")
    assert isinstance(error, GreenlessError)
    assert error.what == r"no \ud800\x1b[2J at rtsp://***@camera"
    assert error.cure == "try http://camera?key=***\nor not"
    assert str(error) == f"{error.what}. {error.cure}"
    str(error).encode()


def test_what_is_printable_stays() -> None:
    assert printable("ä 👩‍👧 \t\n") == "ä 👩‍👧 \t\n"
