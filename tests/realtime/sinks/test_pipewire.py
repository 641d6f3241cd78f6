"""The sink: colours, sizes, errors, and the daemon that goes and comes back."""

import logging
import sys
import time
from collections.abc import Callable

import cv2
import numpy as np
import pytest

from realtime.errors import SinkError
from realtime.frame import Composite
from realtime.loop import delays
from realtime.loop.camera_valve import CameraValve
from realtime.pipewire.camera_node import OWN
from realtime.pipewire.connection import Connection
from realtime.pipewire.node_reader import NodeReader
from realtime.pipewire.raw_frame import RawFrame
from realtime.session.on_demand import OnDemand, can_tell
from realtime.sinks import open_sink
from realtime.sinks import pipewire as module
from realtime.sinks.pipewire import PipeWireCamera
from tests.realtime.pipewire.desktop import Desktop
from tests.realtime.stand_ins import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="PipeWire is Linux only")
MakeComposite = Callable[..., Composite]
SIZE = {"width_px": 320, "height_px": 240}


def opened(**more: int) -> PipeWireCamera:
    return PipeWireCamera("test", **(SIZE | more), fps=30)


def seen(sink: PipeWireCamera, composite: Composite) -> RawFrame:
    """The first frame that a program gets that comes meanwhile.

    A program that came while a node was replaced may wait for the old one for ever; it is started again.
    """
    frames: list[RawFrame] = []

    def is_there() -> bool:
        with NodeReader(Connection(), target="test") as reader:
            end_s = time.monotonic() + 5
            while not frames and time.monotonic() < end_s:
                sink.send(composite)
                frames.extend(filter(None, [reader.read(0.05)]))
        return bool(frames)

    until(is_there)
    until(lambda: not sink.watched())
    return frames[0]


def test_a_program_sees_the_composite_by_bt601_in_limited_range(
    pipewire: Desktop, make_composite: MakeComposite
) -> None:
    composite = make_composite(**SIZE)
    with opened() as sink:
        frame = seen(sink, composite)
    blue, green, red = composite.pixels[0, 0].astype(float)
    luma = 16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255  # ITU-R BT.601
    assert abs(float(frame.data[0]) - luma) <= 1
    shown = frame.bgr()
    assert shown is not None
    assert np.abs(shown[::40, ::40].astype(int) - composite.pixels[::40, ::40]).max() <= 4


def test_without_a_background_the_person_stands_before_black(pipewire: Desktop, make_composite: MakeComposite) -> None:
    with opened() as sink:
        frame = seen(sink, make_composite(**SIZE, transparent=True))
    assert frame.data[0] == 16  # black in limited range


def test_sizes_are_rounded_down_and_the_rest_is_cut(pipewire: Desktop, make_composite: MakeComposite) -> None:
    composite = make_composite(width_px=327, height_px=241)
    with opened(width_px=327, height_px=241) as sink:
        assert sink.name == "PipeWire camera test, 320x240"
        frame = seen(sink, composite)
    expected = cv2.cvtColor(np.ascontiguousarray(composite.pixels[:240, :320]), cv2.COLOR_BGR2YUV_I420)
    assert np.array_equal(frame.data, np.asarray(expected).reshape(-1))


def test_what_this_process_feeds_is_known_while_it_does(pipewire: Desktop) -> None:
    with open_sink("pipewire:mine", **SIZE, fps=30):
        assert "mine" in OWN
    assert not OWN


def test_without_a_daemon_the_cure_is_named() -> None:
    with pytest.raises(SinkError, match="PipeWire does not run for this user") as caught:
        open_sink("pipewire", **SIZE, fps=30)
    assert "systemctl --user start pipewire wireplumber" in caught.value.cure


def test_without_the_library_the_cure_is_named(pipewire: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise OSError("libpipewire-0.3.so.0: cannot open shared object file: No such file or directory")

    monkeypatch.setattr("realtime.pipewire.connection.load", missing)
    with pytest.raises(SinkError, match=r"libpipewire-0\.3 is not installed") as caught:
        opened()
    assert "sudo apt install pipewire wireplumber" in caught.value.cure


def test_it_comes_back_with_the_daemon(
    pipewire: Desktop, make_composite: MakeComposite, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "_PAUSE_S", 0.01)
    caplog.set_level(logging.INFO, "greenless")
    composite = make_composite(**SIZE)
    with opened() as sink:
        seen(sink, composite)
        pipewire.kill_pipewire()
        try:
            until(lambda: sink.send(composite) or not OWN)
            for _ in range(20):
                sink.send(composite)
            assert not sink.watched()
        finally:
            pipewire.start_pipewire()
        until(lambda: sink.send(composite) or OWN)
        assert seen(sink, composite).bgr() is not None
    words = [record.message for record in caplog.records]
    assert [word.split(": ")[0] for word in words] == [
        "the PipeWire camera test, 320x240 is gone",
        "the PipeWire camera test, 320x240 is back",
    ]


def test_a_new_node_follows_another_size_once_nobody_watches(
    pipewire: Desktop, make_composite: MakeComposite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_STEADY_S", 0.1)
    first, other = make_composite(**SIZE), make_composite(width_px=640, height_px=360)
    with opened() as sink:
        with NodeReader(Connection(), target="test") as reader:
            until(sink.watched)
            end_s = time.monotonic() + 0.5
            while time.monotonic() < end_s:
                sink.send(other)
            assert reader.format is not None
            assert (reader.format.width_px, reader.format.height_px) == (320, 240)
        until(lambda: not sink.watched())
        for composite in (first, other) * 20:  # sizes that alternate are no reason
            sink.send(composite)
            time.sleep(0.01)
        assert sink.name == "PipeWire camera test, 320x240"
        until(lambda: sink.send(other) or sink.name == "PipeWire camera test, 640x360")
        frame = seen(sink, other)
    assert (frame.format.width_px, frame.format.height_px) == (640, 360)


def test_a_closed_sink_stays_closed(pipewire: Desktop, make_composite: MakeComposite) -> None:
    sink = opened()
    sink.close()
    sink.send(make_composite(**SIZE))
    assert not OWN
    assert not sink.watched()


def test_the_camera_is_open_exactly_while_a_program_reads(pipewire: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delays, "WAKE_S", 0.01)
    monkeypatch.setattr(delays, "LINGER_S", 0.05)
    valve = CameraValve()
    with opened() as sink:
        assert can_tell([sink])
        with OnDemand(valve, lambda: [sink]):
            for _ in range(3):
                until(lambda: not valve.is_open)
                with NodeReader(Connection(), target="test"):
                    until(lambda: valve.is_open)
