"""What a user may type as a server, and what of it is shown."""

import pytest

from realtime.errors import SinkError
from realtime.sinks.streaming.destination import Destination, destination, is_destination


@pytest.mark.parametrize(
    ("spec", "kind", "label"),
    [
        ("rtmp://a.server/live2/hunter2", "rtmp", "rtmp://a.server/live2/***"),
        ("RTMPS://a.server:443/rtmp/hunter2?s=hunter2", "rtmps", "RTMPS://a.server:443/rtmp/***?s=***"),
        ("srt://[::1]:9000?streamid=hunter2", "srt", "srt://[::1]:9000?streamid=***"),
        ("rtsp://me:hunter2@a.server/live", "rtsp", "rtsp://***@a.server/live"),
        ("whip:https://hunter2@a.server/hunter2", "whip", "whip:https://***@a.server/***"),
        ("WHIP:http://127.0.0.1:8889/live/whip", "whip", "whip:http://127.0.0.1:8889/***"),
    ],
)
def test_a_server_is_read_and_its_key_is_not_shown(spec: str, kind: str, label: str) -> None:
    assert is_destination(spec)
    assert (destination(spec).kind, destination(spec).label) == (kind, label)


@pytest.mark.parametrize("spec", ["null", "film.mp4", "folder/", "virtual-camera:/dev/video10", "C:\\film.mp4", ""])
def test_devices_and_files_are_no_servers(spec: str) -> None:
    assert not is_destination(spec)


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("https://a.server/live", "put whip: before the address"),
        ("gopher://a.server/live", "cannot stream to gopher://a.server/***. Type rtmp://HOST/APP/KEY"),
        ("whip:rtmp://a.server/live/key", "cannot stream to whip:rtmp:"),
        ("rtmp:///live/key", "names no server"),
        ("srt://a.server", "has no port. Type srt://HOST:PORT"),
        ("rtmp://a.server:99999/live/hunter2", "cannot read the address"),
        ("rtmp://[a.server/live/hunter2", "cannot read the address"),
        ("rmtp://a.server/live/hunter2", "cannot stream to rmtp://a.server/***. Type"),
        ("rtmp ://a.server/live/hunter2", "contains a space"),
        (" rtmp://a.server/live/hunter2", "the address  rtmp://a.server/*** contains a space"),
        ("rtmp://a.server/live/ hunter2", "contains a space"),
        ("rtmp:\\\\a.server\\live\\hunter2", "names no server"),
        ("rtmp:a.server/live/hunter2", "the address rtmp:a.server/*** names no server"),
        ("rtmp:///live/hunter2", "names no server"),
        ("https://a.server/whip/hunter2", "put whip: before the address"),
        ("whip:a.server/hunter2", "cannot stream to whip:a.server/***. Type"),
        ("whips:https://hunter2@a.server/hunter2", "cannot stream to whips:https://***@a.server/***. Type"),
        ("srt://a.server?passphrase=hunter2", "has no port"),
    ],
)
def test_what_is_no_server_is_refused_with_a_cure(spec: str, why: str) -> None:
    with pytest.raises(SinkError) as refused:
        destination(spec)
    assert why in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("rtmp://a/live/hunter2", "hunter2 is no stream"),
        ("rtmp://a/live/one/hunter2?auth=swordfish", "one/hunter2?auth=swordfish, hunter2, swordfish"),
        ("srt://a:9?passphrase=hunter2swordfish", "bad secret hunter2swordfish"),
        ("rtsp://someone:hunter2@a/live", "someone may not, with hunter2"),
    ],
)
def test_what_a_server_says_is_shown_without_the_secrets(url: str, said: str) -> None:
    shown = Destination(kind=url.partition(":")[0], url=url).without_secrets(said)
    assert "***" in shown
    assert not [word for word in ("hunter2", "swordfish", "someone") if word in shown]
