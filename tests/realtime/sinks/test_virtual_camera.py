import errno
import sys
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from realtime.errors import SinkError
from realtime.frame import Composite
from realtime.sinks.virtual_camera import FED, VirtualCamera

MakeComposite = Callable[..., Composite]


@pytest.fixture(autouse=True)
def on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")


def opened(device: str | None = None, *, width_px: int = 64, height_px: int = 48) -> VirtualCamera:
    return VirtualCamera(device, width_px=width_px, height_px=height_px, fps=30)


def test_composites_are_sent_as_they_are(virtual_camera: Any, make_composite: MakeComposite) -> None:
    composite = make_composite()
    with opened() as sink:
        sink.send(composite)
    np.testing.assert_array_equal(virtual_camera.sent[0], composite.pixels)
    assert virtual_camera.opened == [{"size": (64, 48), "format": "BGR", "device": "/dev/video10"}]
    assert sink.name == "virtual camera /dev/video10, 64x48"
    assert virtual_camera.closed == 1


def test_what_this_process_feeds_is_known_while_it_does(virtual_camera: Any) -> None:
    with opened():
        assert "/dev/video10" in FED
    assert "/dev/video10" not in FED


def test_without_a_background_the_person_stands_before_black(
    virtual_camera: Any, make_composite: MakeComposite
) -> None:
    with opened() as sink:
        sink.send(make_composite(transparent=True))
    assert not virtual_camera.sent[0][2, 2].any()


def test_it_stays_open_at_its_size_whatever_comes(virtual_camera: Any, make_composite: MakeComposite) -> None:
    with opened() as sink:
        for width_px, height_px in ((64, 48), (48, 48), (640, 360)):
            sink.send(make_composite(width_px=width_px, height_px=height_px))
    assert len(virtual_camera.opened) == 1
    assert not virtual_camera.sent[1][:, :8].any(), "bars left and right"
    assert virtual_camera.sent[1][:, 8:56].any(axis=2).all()


def test_odd_sizes_are_rounded_down_since_cameras_are_even(virtual_camera: Any, make_composite: MakeComposite) -> None:
    with opened(width_px=65, height_px=49) as sink:
        sink.send(make_composite(width_px=65, height_px=49))
    assert np.array_equal(virtual_camera.sent[0], make_composite(width_px=65, height_px=49).pixels[:48, :64])


def test_the_first_loopback_that_is_free_is_taken(virtual_camera: Any) -> None:
    virtual_camera.loopbacks = ["/dev/video2", "/dev/video10"]
    opened().close()
    assert virtual_camera.healed == ["/dev/video2", "/dev/video10"]
    assert virtual_camera.opened[0]["device"] == "/dev/video10"


def test_a_named_device_is_healed_and_taken(virtual_camera: Any) -> None:
    opened("/dev/video7").close()
    assert virtual_camera.healed == ["/dev/video7"]
    assert virtual_camera.opened[0]["device"] == "/dev/video7"


def test_on_linux_without_a_loopback_the_commands_are_shown(virtual_camera: Any) -> None:
    virtual_camera.loopbacks = []
    with pytest.raises(SinkError, match="there is no virtual camera on this machine") as caught:
        opened()
    cure = caught.value.cure
    assert "sudo apt install v4l2loopback-dkms" in cure
    assert "sudo modprobe v4l2loopback devices=1 video_nr=10 card_label=greenless exclusive_caps=1" in cure


def test_on_linux_a_loopback_that_somebody_uses_is_named(virtual_camera: Any) -> None:
    virtual_camera.outputs = set()
    with pytest.raises(SinkError, match="/dev/video10: another program uses it") as caught:
        opened()
    assert "sudo fuser -v /dev/video10" in caught.value.cure
    assert not virtual_camera.opened


def test_on_linux_devices_that_may_not_be_opened_are_named(virtual_camera: Any) -> None:
    virtual_camera.loopbacks, virtual_camera.forbidden = [], ["/dev/video0", "/dev/video10"]
    with pytest.raises(SinkError, match="you have no permission to open /dev/video0, /dev/video10") as caught:
        opened()
    assert "usermod -aG video" in caught.value.cure


@pytest.mark.parametrize(
    ("number", "meaning", "cure"),
    [
        (errno.EACCES, "no permission to open it", "usermod -aG video"),
        (errno.ENOENT, "no virtual camera with this name", "greenless devices"),
        (errno.ENOTTY, "no virtual camera with this name", "greenless devices"),
        (errno.EINVAL, "no virtual camera with this name", "greenless devices"),
        (errno.EBUSY, "another program", "/dev/video10"),
        (errno.EIO, "something new", "modprobe"),
    ],
)
def test_on_linux_each_failure_is_explained(virtual_camera: Any, number: int, meaning: str, cure: str) -> None:
    virtual_camera.error = OSError(number, "something new", "/dev/video10")
    with pytest.raises(SinkError, match=meaning) as caught:
        opened()
    assert cure in caught.value.cure


def test_on_linux_a_camera_that_this_process_feeds_is_not_opened_twice(virtual_camera: Any) -> None:
    with opened(), pytest.raises(SinkError, match="greenless already writes to it") as caught:
        opened()
    assert "once" in caught.value.cure
    assert len(virtual_camera.opened) == 1


WINDOWS_NONE = (
    "'obs' backend: OBS Virtual Camera device not found! Did you install OBS?\n"
    "'unitycapture' backend: No camera registered. Did you install any camera?"
)
WINDOWS_OTHER = (
    "'obs' backend: This backend supports only the 'OBS Virtual Camera' device.\n"
    "'unitycapture' backend: No camera registered with this name."
)


@pytest.mark.parametrize(
    ("system", "reason", "meaning", "cure"),
    [
        ("win32", WINDOWS_NONE, "OBS Virtual Camera device not found.*; 'unitycapture'", "Install OBS Studio"),
        ("win32", WINDOWS_OTHER, "no virtual camera with this name", "greenless devices"),
        ("win32", "'obs' backend: virtual camera output could not be started", "another program writes to it", "OBS"),
        (
            "darwin",
            "'obs' backend: OBS Virtual Camera is not installed in your system.",
            "not installed",
            "OBS Studio 30",
        ),
        ("darwin", "'obs' backend: Multiple cameras are not supported", "greenless already writes to it", "once"),
        ("freebsd14", "no backend", "no backend", ""),
    ],
)
def test_elsewhere_each_failure_is_explained(
    virtual_camera: Any, monkeypatch: pytest.MonkeyPatch, system: str, reason: str, meaning: str, cure: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    virtual_camera.reasons = {"BGR": reason, "RGBA": reason}
    with pytest.raises(SinkError, match=meaning) as caught:
        opened()
    assert cure in caught.value.cure
    assert virtual_camera.healed == []


@pytest.mark.parametrize("transparent", [False, True])
def test_on_windows_a_named_camera_that_takes_alpha_gets_it(
    virtual_camera: Any, make_composite: MakeComposite, monkeypatch: pytest.MonkeyPatch, transparent: bool
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    composite = make_composite(transparent=transparent)
    with opened("Unity Video Capture") as sink:
        sink.send(composite)
    sent = virtual_camera.sent[0]
    np.testing.assert_array_equal(sent[24, 32], [*composite.foreground[24, 32, ::-1], 255])
    assert sent[2, 2].tolist() == ([0, 0, 0, 0] if transparent else [20, 60, 200, 255])


def test_on_windows_a_named_camera_without_alpha_gets_bgr(
    virtual_camera: Any, make_composite: MakeComposite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    virtual_camera.reasons = {"RGBA": "'obs' backend: Unsupported image format, must RGB, BGR, or I420."}
    with opened("OBS Virtual Camera") as sink:
        sink.send(make_composite())
    assert [attempt["format"] for attempt in virtual_camera.opened] == ["RGBA", "BGR"]


def test_pyvirtualcam_that_cannot_be_loaded_is_reported(virtual_camera: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)
    with pytest.raises(SinkError, match="pyvirtualcam cannot be loaded") as caught:
        opened()
    assert "pip install" in caught.value.cure


def test_a_camera_that_fails_in_the_middle_is_reported(virtual_camera: Any, make_composite: MakeComposite) -> None:
    sink = opened()

    def gone(_: np.ndarray) -> None:
        raise RuntimeError("Stream does not exist.")

    sink._camera.send = gone
    with pytest.raises(SinkError, match=r"cannot send to the virtual camera .*: Stream does not exist"):
        sink.send(make_composite())


@pytest.mark.skipif(sys.platform != "linux", reason="only v4l2loopback reports it at the first frame")
def test_another_writer_of_the_camera_is_named(virtual_camera: Any, make_composite: MakeComposite) -> None:
    sink = opened()

    def held(_: np.ndarray) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    sink._camera.send = held
    with pytest.raises(SinkError, match=r"another program uses it.*fuser -v /dev/video10"):
        sink.send(make_composite())


class TestWatched:
    @pytest.fixture
    def watching(self, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
        """What is asked who reads the camera, and how often it was made."""
        watching = SimpleNamespace(reads=False, made=[], closed=0)

        def close() -> None:
            watching.closed += 1

        def watch(device: str) -> SimpleNamespace:
            watching.made.append(device)
            return SimpleNamespace(any=lambda: watching.reads, close=close)

        monkeypatch.setitem(sys.modules, "realtime.sinks.consumers", SimpleNamespace(watch=watch))
        monkeypatch.setattr("realtime.sinks.consumers", SimpleNamespace(watch=watch), raising=False)
        return watching

    def test_it_is_while_a_program_reads_it(self, virtual_camera: Any, watching: SimpleNamespace) -> None:
        with opened() as sink:
            assert sink.watched() is False
            watching.reads = True
            assert sink.watched() is True
        assert watching.made == ["/dev/video10"]
        assert watching.closed == 1
        assert sink.watched() is False, "nobody watches a camera that is closed"

    def test_nothing_is_opened_where_nobody_asks(self, virtual_camera: Any, watching: SimpleNamespace) -> None:
        opened().close()
        assert not watching.made

    def test_where_it_cannot_be_known_it_says_so(
        self, virtual_camera: Any, watching: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(device: str) -> None:
            raise SinkError("cannot tell")

        monkeypatch.setattr("realtime.sinks.consumers.watch", refuse)
        with opened() as sink:
            assert sink.watched() is None

    def test_nor_where_it_can_be_known_no_longer(
        self, virtual_camera: Any, watching: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail() -> bool:
            raise OSError(errno.EMFILE, "Too many open files")

        watch = SimpleNamespace(any=fail, close=lambda: None)
        monkeypatch.setattr("realtime.sinks.consumers.watch", lambda device: watch)
        with opened() as sink:
            assert sink.watched() is None

    def test_other_systems_do_not_tell(self, virtual_camera: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        with opened() as sink:
            monkeypatch.setattr(sys, "platform", "darwin")
            assert sink.watched() is None


def test_it_is_not_given_back_while_it_takes_a_picture(
    virtual_camera: Any, make_composite: MakeComposite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that hangs may hold up a picture for ever; to close under it would crash the process."""
    monkeypatch.setattr("realtime.sinks.virtual_camera._CLOSING_S", 0.01)
    sink, taking, go_on = opened(), threading.Event(), threading.Event()
    monkeypatch.setattr(sink._camera, "send", lambda _: (taking.set(), go_on.wait(60)))
    thread = threading.Thread(target=sink.send, args=[make_composite()])
    thread.start()
    assert taking.wait(60)
    sink.close()
    assert not virtual_camera.closed
    go_on.set()
    thread.join()
    sink.close()
    sink.send(make_composite())
    assert virtual_camera.closed == 1
    assert not virtual_camera.sent
