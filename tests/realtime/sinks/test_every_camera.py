"""``virtual-camera`` on Linux: v4l2loopback, PipeWire, both, or neither."""

import logging
import sys
from collections.abc import Callable
from typing import Any

import pytest

from realtime.errors import SinkError
from realtime.frame import Composite
from realtime.session.on_demand import audience
from realtime.sinks import every_camera, open_sink
from realtime.sinks.every_camera import EveryCamera
from realtime.sinks.null import Null

SIZE = {"width_px": 64, "height_px": 48}


class Camera(Null):
    """A virtual camera that is watched, or fails, as the test wants."""

    def __init__(self, name: str, watched: bool | None = False) -> None:
        super().__init__()
        self._name, self.now, self.fails, self.closed = name, watched, False, 0

    @property
    def name(self) -> str:
        return self._name

    def send(self, composite: Composite) -> None:
        if self.fails:
            raise SinkError(f"{self._name} is gone")
        super().send(composite)

    def watched(self) -> bool | None:
        return self.now

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def kinds(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes a Linux with these kinds of virtual cameras."""
    monkeypatch.setattr(sys, "platform", "linux")

    def make(*, v4l2: bool, pipewire: bool) -> None:
        def opens(name: str, there: bool) -> Callable[..., Camera]:
            def opened(**_: object) -> Camera:
                if not there:
                    raise SinkError(f"no {name}", cure=f"install {name}")
                return Camera(name)

            return opened

        monkeypatch.setattr(every_camera, "VirtualCamera", opens("v4l2", v4l2))
        monkeypatch.setattr(every_camera, "PipeWireCamera", opens("PipeWire", pipewire))

    return make


@pytest.mark.parametrize(
    ("v4l2", "pipewire", "name"), [(True, True, "v4l2 and PipeWire"), (True, False, "v4l2"), (False, True, "PipeWire")]
)
def test_what_this_machine_has_is_fed(kinds: Callable[..., None], v4l2: bool, pipewire: bool, name: str) -> None:
    kinds(v4l2=v4l2, pipewire=pipewire)
    with open_sink("virtual-camera", **SIZE, fps=30) as sink:
        assert sink.name == name


def test_without_either_both_cures_are_named(kinds: Callable[..., None]) -> None:
    kinds(v4l2=False, pipewire=False)
    with pytest.raises(SinkError, match="no v4l2; no PipeWire") as caught:
        open_sink("virtual-camera", **SIZE, fps=30)
    assert caught.value.cure == "install PipeWire. Or: install v4l2"


def test_a_named_device_is_opened_alone(kinds: Callable[..., None], virtual_camera: Any) -> None:
    kinds(v4l2=True, pipewire=True)
    with open_sink("virtual-camera:/dev/video10", **SIZE, fps=30) as sink:
        assert sink.name == "virtual camera /dev/video10, 64x48"


@pytest.mark.parametrize(
    ("first", "second", "watched"),
    [
        (False, False, False),
        (True, False, True),
        (False, True, True),
        (None, False, None),
        (None, True, True),
    ],
)
def test_it_is_watched_while_either_is(first: bool | None, second: bool | None, watched: bool | None) -> None:
    with EveryCamera([Camera("one", first), Camera("two", second)]) as sink:
        assert sink.watched() is watched
        assert audience([sink]) is watched


def test_a_camera_that_fails_leaves_and_the_other_continues(
    make_composite: Callable[..., Composite], caplog: pytest.LogCaptureFixture
) -> None:
    one, two = Camera("one"), Camera("two")
    with EveryCamera([one, two]) as sink:
        sink.send(make_composite())
        one.fails = True
        with caplog.at_level(logging.ERROR, "greenless"):
            sink.send(make_composite())
        assert (one.sent, one.closed, two.sent) == (1, 1, 2)
        assert "one is gone" in caplog.text
        two.fails = True
        with pytest.raises(SinkError, match="two is gone"):
            sink.send(make_composite())
