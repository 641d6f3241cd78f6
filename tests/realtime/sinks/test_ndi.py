"""The NDI sink with cyndilib faked: the library is proprietary, and its receivers need a network."""

import sys
from collections.abc import Callable
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from realtime.errors import MissingExtra, SinkError
from realtime.frame import Composite
from realtime.sinks import open_sink

MakeComposite = Callable[..., Composite]


class FakeNdi:
    """``cyndilib`` as far as the sink goes: what a receiver would see."""

    def __init__(self) -> None:
        self.open: list[str] = []
        self.seen: list[np.ndarray] = []
        self.rate = Fraction(0)
        self.fails = ""

    class VideoSendFrame:
        def set_resolution(self, width: int, height: int) -> None:
            self.size = (width, height)

        def set_frame_rate(self, rate: Fraction) -> None:
            self.rate = rate

        def set_fourcc(self, fourcc: str) -> None:
            self.fourcc = fourcc

    def sender(self, name: str, *, clock_video: bool) -> Any:
        frame: list[Any] = []

        def opened() -> None:
            if self.fails:
                raise RuntimeError(self.fails)
            self.open.append(name)

        def write(data: np.ndarray) -> None:
            width, height = frame[0].size
            assert (frame[0].fourcc, data.ndim, data.dtype) == ("BGRA", 1, np.uint8)
            self.rate = frame[0].rate
            self.seen.append(data.reshape(height, width, 4).copy())

        return SimpleNamespace(
            set_video_frame=frame.append, open=opened, write_video=write, close=lambda: self.open.remove(name)
        )


@pytest.fixture
def ndi(monkeypatch: pytest.MonkeyPatch) -> FakeNdi:
    fake = FakeNdi()
    module = SimpleNamespace(
        VideoSendFrame=fake.VideoSendFrame, Sender=fake.sender, FourCC=SimpleNamespace(BGRA="BGRA")
    )
    monkeypatch.setitem(sys.modules, "cyndilib", module)
    return fake


def test_the_person_goes_out_with_the_alpha(ndi: FakeNdi, make_composite: MakeComposite) -> None:
    with open_sink("ndi", width_px=64, height_px=48, fps=29.97) as sink:
        assert (sink.name, ndi.open) == ("NDI greenless, 64x48", ["greenless"])
        sink.send(make_composite(transparent=True))
    assert ndi.open == []
    assert ndi.rate == Fraction(2997, 100)
    np.testing.assert_array_equal(ndi.seen[0][24, 32], [20, 30, 220, 255])
    assert ndi.seen[0][0, 0, 3] == 0


def test_with_a_background_it_is_opaque(ndi: FakeNdi, make_composite: MakeComposite) -> None:
    with open_sink("ndi:studio", width_px=64, height_px=48, fps=30) as sink:
        sink.send(make_composite())
    np.testing.assert_array_equal(ndi.seen[0][0, 0], [200, 60, 20, 255])


def test_a_composite_of_another_size_is_sent_at_its_size(ndi: FakeNdi, make_composite: MakeComposite) -> None:
    with open_sink("ndi", width_px=64, height_px=48, fps=30) as sink:
        sink.send(make_composite(width_px=32, height_px=32))
        assert ndi.open == ["greenless"]
    assert ndi.seen[0].shape == (32, 32, 4)


def test_without_cyndilib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cyndilib", None)
    with pytest.raises(MissingExtra, match=r"pip install '.\[ndi\]'"):
        open_sink("ndi", width_px=64, height_px=48, fps=30)


def test_a_library_that_does_not_open_is_said(ndi: FakeNdi) -> None:
    ndi.fails = "no network"
    with pytest.raises(SinkError, match="cannot open the NDI source greenless: no network"):
        open_sink("ndi", width_px=64, height_px=48, fps=30)
