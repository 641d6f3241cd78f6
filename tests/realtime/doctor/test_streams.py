"""Which streams can be sent from here, and what the others need."""

import importlib.util

import av
import pytest

from realtime.doctor import streams
from realtime.sinks.streaming import muxed, srt


def test_what_can_be_sent_is_listed() -> None:
    check = streams.streams()
    assert check.status == "ok"
    assert check.detail.startswith("rtmp, rtmps, rtsp")


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(srt, "find", lambda: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setitem(muxed.MUXERS, "rtsp", "no such format")
    assert streams.streams().detail == (
        "rtmp, rtmps; rtsp needs another PyAV; srt needs libsrt; whip needs the extra whip"
    )


def test_a_protocol_that_ffmpeg_lacks_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(muxed.MUXERS, "rist", "flv")  # no PyAV has RIST
    assert [streams.sends(kind) for kind in ("rtmp", "rist")] == [True, False]


def test_without_h264_there_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(av.codec, "codecs_available", {"aac"})
    check = streams.streams()
    assert check.status == "warn"
    assert "pip install" in check.cure
