"""Stand-ins for camera, network and outputs, so that a command runs in no time and without any of them."""

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np
import pytest

from realtime.errors import SinkError
from realtime.frame import CoarseMatte, Composite, Frame
from realtime.sinks.null import Null

WIDTH_PX, HEIGHT_PX = 64, 48


class Pictures:
    """A source of so many grey pictures, each given when the network has the one before, so that none is dropped."""

    name = "pictures"
    fps = 30.0
    live = True

    def __init__(self, count: int, period_s: float, free: threading.Semaphore) -> None:
        self._count = count
        self._period_s = period_s
        self._index = -1
        self._free = free

    def __iter__(self) -> Iterator[Frame]:
        return self

    def __next__(self) -> Frame:
        self._free.acquire(timeout=5)  # the governor may spare the network a picture
        self._index += 1
        if self._index == self._count:
            raise StopIteration
        time.sleep(self._period_s)
        pixels = np.full((HEIGHT_PX, WIDTH_PX, 3), 128, np.uint8)
        return Frame(pixels=pixels, index=self._index, captured_s=time.perf_counter())

    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None: ...


class Half:
    """A network that takes the left half for the person."""

    name = "half"

    def __init__(self, free: threading.Semaphore) -> None:
        self._free = free

    def matte_batch(self, frames: Sequence[Frame]) -> list[CoarseMatte]:
        self._free.release()
        alpha = np.zeros((HEIGHT_PX, WIDTH_PX), np.float32)
        alpha[:, : WIDTH_PX // 2] = 1
        return [CoarseMatte(alpha=alpha, frame=frame) for frame in frames]

    def close(self) -> None: ...


class Shown(Null):
    """A sink that keeps what it was shown."""

    def __init__(self, spec: str) -> None:
        super().__init__()
        self.spec = spec
        self.composites: list[Composite] = []

    @property
    def name(self) -> str:
        return self.spec

    def send(self, composite: Composite) -> None:
        self.composites.append(composite)


class Stage:
    """What a command was given, and what it does not get."""

    def __init__(self) -> None:
        self.sources: list[str] = []
        self.sinks: list[Shown] = []
        self.missing: dict[str, Exception] = {}
        self.display = True
        self.count, self.period_s = 5, 0.0
        self.free = threading.Semaphore()

    def open_source(self, spec: str, camera: object) -> Pictures:
        self._raise(spec)
        if self.sources:
            self.free.release()  # the run before has used up what was free
        self.sources.append(spec)
        return Pictures(self.count, self.period_s, self.free)

    def open_sink(self, spec: str, **size: object) -> Shown:
        assert size == {"width_px": WIDTH_PX, "height_px": HEIGHT_PX, "fps": 30.0, "live": Pictures.live}
        self._raise(spec)
        self.sinks.append(Shown(spec))
        return self.sinks[-1]

    def require_display(self) -> None:
        if not self.display:
            raise SinkError("there is no display")

    def _raise(self, spec: str) -> None:
        if spec in self.missing:
            raise self.missing[spec]


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, greenless_home: Path, patient: None) -> Stage:
    """Puts the stand-ins in the places of camera, network, outputs and display; the settings want no control page."""
    greenless_home.mkdir()
    (greenless_home / "settings.toml").write_text("[control]\npage = false\n")
    from realtime.session import open_parts  # late: it brings OpenCV

    stage = Stage()
    for name in ("open_source", "open_sink", "require_display"):
        monkeypatch.setattr(open_parts, name, getattr(stage, name))
    monkeypatch.setattr(open_parts, "open_matter", lambda settings, **size: Half(stage.free))
    return stage


@pytest.fixture
def tiny_network(tmp_path: Path) -> Path:
    """A network in ONNX that takes light for the person."""
    helper = pytest.importorskip("onnx.helper", reason="onnx is in the extra torch")
    onnx = pytest.importorskip("onnx")
    size = [onnx.TensorProto.FLOAT, ["N", 3, "H", "W"]]
    nodes = [
        helper.make_node("ReduceMean", ["input", "axes"], ["mean"], keepdims=1),
        helper.make_node("Sigmoid", ["mean"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "light",
        [helper.make_tensor_value_info("input", *size)],
        [helper.make_tensor_value_info("output", onnx.TensorProto.FLOAT, ["N", 1, "H", "W"])],
        [helper.make_tensor("axes", onnx.TensorProto.INT64, [1], [1])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    path = tmp_path / "light.onnx"
    onnx.save(model, path)
    return path
