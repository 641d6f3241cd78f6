"""A camera of PipeWire, made by another program in every layout of pixels."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from realtime.capture import open_source
from realtime.capture import pipewire as module
from realtime.capture.pipewire import PipeWireSource
from realtime.errors import SourceError, SourceLost
from realtime.pipewire.camera_node import CameraNode
from realtime.settings.schema import CameraSettings
from tests.realtime.pipewire.consumers import Held
from tests.realtime.pipewire.desktop import Desktop
from tests.realtime.stand_ins import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="PipeWire is Linux only")
COLOUR = (30, 90, 190)
RAW = ("I420", "NV12", "YUY2", "RGBx", "BGRx", "RGBA", "BGRA", "RGB", "BGR")


@contextmanager
def camera(desktop: Desktop, layout: str = "YUY2", *, width_px: int = 322, name: str = "cam") -> Iterator[None]:
    """GStreamer's camera of one colour. A width of 322 makes it pad the rows of most layouts."""
    if not (program := shutil.which("gst-launch-1.0")):
        pytest.skip("no gst-launch-1.0; on Debian and Ubuntu: sudo apt install gstreamer1.0-tools")
    red, green, blue = COLOUR
    size = f"width={width_px},height=240,framerate=30/1"
    command = (
        f"{program} -q videotestsrc is-live=true pattern=solid-color "
        f"foreground-color={0xFF000000 | red << 16 | green << 8 | blue} ! video/x-raw,format={layout},{size} ! "
        f"pipewiresink mode=provide "
        f"stream-properties=p,media.class=Video/Source,media.role=Camera,node.name={name},node.description=Test-{name}"
    )
    process = subprocess.Popen(command.split(), env=os.environ | desktop.environment)
    try:
        until(lambda: name in desktop.nodes() and process.poll() is None)
        yield
    finally:
        process.kill()
        process.wait()


def opened(node: str = "") -> PipeWireSource:
    return PipeWireSource(node, CameraSettings(width=320, height=240))


@pytest.mark.parametrize("layout", RAW)
def test_every_layout_has_the_right_colours(pipewire: Desktop, layout: str) -> None:
    width_px = 320 if layout == "I420" else 322  # GStreamer pads rows of 322, and chroma of I420 by other bytes
    with camera(pipewire, layout, width_px=width_px), opened("cam") as source:
        frames = [next(source) for _ in range(3)]
        name = source.name
    assert f"{width_px}x240 at 30 fps, {layout.upper()}" in name
    assert [frame.index for frame in frames] == [0, 1, 2]
    for frame in frames:
        assert frame.pixels.shape == (240, width_px, 3)
        assert np.abs(frame.pixels.astype(int) - COLOUR[::-1]).max() <= 6


def test_it_is_a_source_by_its_word(pipewire: Desktop) -> None:
    with camera(pipewire), open_source("pipewire", CameraSettings()) as source:
        assert source.live
        assert source.fps == 30
        assert source.name.startswith("Test-cam (cam), 322x240")


def test_a_part_of_the_description_is_enough(pipewire: Desktop) -> None:
    with camera(pipewire, name="one"), camera(pipewire, name="two"):
        with opened("test-T") as source:
            assert source.name.startswith("Test-two")
        with pytest.raises(SourceError, match=r"several cameras match 'test': Test-one \(one\), Test-two \(two\)"):
            opened("test")
        with pytest.raises(SourceError, match="no camera 'three'; found") as caught:
            opened("three")
        assert "--source pipewire:one" in caught.value.cure


def test_it_never_reads_the_output_of_this_process(pipewire: Desktop) -> None:
    with CameraNode("mine", width_px=64, height_px=48, fps=30) as node:
        assert node.accepted()
        with pytest.raises(SourceError, match="PipeWire has no camera"):
            opened()


def test_a_camera_without_frames_is_refused_and_closed(pipewire: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OWN", set())  # reads the node of this process, which sends nothing
    monkeypatch.setattr(module, "_WAKING_S", 0.2)
    with CameraNode("silent", width_px=64, height_px=48, fps=30) as node:
        assert node.accepted()
        before = Held()
        with pytest.raises(SourceError, match="silent gives no frame"):
            opened("silent")
        before.no_more()


def test_a_camera_that_goes_is_lost_and_can_be_opened_again(pipewire: Desktop) -> None:
    with camera(pipewire):
        source = opened()
        next(source)
    with source, pytest.raises(SourceLost, match="stopped giving frames"):
        list(source)
    with pytest.raises(SourceError, match="no camera 'cam'"):
        source.again()
    with camera(pipewire), source.again() as other:
        assert next(other).pixels.shape == (240, 322, 3)


def test_close_ends_a_read_in_progress(pipewire: Desktop) -> None:
    with camera(pipewire):
        source = opened()
        ended = threading.Event()

        def read() -> None:
            for _ in source:
                pass
            ended.set()

        thread = threading.Thread(target=read)
        thread.start()
        source.close()
        thread.join()
        assert ended.is_set()


def test_without_a_daemon_the_cure_is_named() -> None:
    with pytest.raises(SourceError, match="PipeWire does not run for this user") as caught:
        opened()
    assert "systemctl --user start pipewire" in caught.value.cure
