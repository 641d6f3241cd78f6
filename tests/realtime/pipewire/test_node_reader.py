"""A reader that is closed while a frame comes, and while somebody waits for one."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from realtime.pipewire import node_reader
from realtime.pipewire.camera_node import CameraNode
from realtime.pipewire.connection import Connection
from realtime.pipewire.node_reader import NodeReader
from realtime.pipewire.raw_frame import copied
from tests.realtime.pipewire.consumers import Feed
from tests.realtime.pipewire.desktop import Desktop
from tests.realtime.pipewire.reader import HEIGHT_PX, WIDTH_PX
from tests.realtime.stand_ins import PATIENCE_S


@pytest.fixture
def node(pipewire: Desktop) -> Iterator[CameraNode]:
    """A camera that PipeWire knows: a reader that asks for it too early is refused."""
    with CameraNode("test", width_px=WIDTH_PX, height_px=HEIGHT_PX, fps=30) as node:
        assert node.accepted()
        yield node


def test_closing_waits_for_the_frame_in_progress(node: CameraNode, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its buffer goes back to a stream that still exists. A stream that does not would end the process."""
    copying, closing = threading.Event(), threading.Event()
    handles = []

    def slow(*arguments: object) -> object:
        if not copying.is_set():  # frame after frame, it would keep the lock from ``close``
            copying.set()
            assert closing.wait(PATIENCE_S)
            closed.wait(0.3)  # ``close`` must not come further than its lock
            handles.append(reader._handle)
        return copied(*arguments)  # type: ignore[arg-type]

    closed = threading.Event()
    monkeypatch.setattr(node_reader, "copied", slow)
    with Feed(node):
        reader = NodeReader(Connection(), target="test")
        assert copying.wait(PATIENCE_S)
        closing.set()
        reader.close()
        closed.set()
    assert handles
    assert None not in handles


def test_it_can_be_closed_at_any_moment(node: CameraNode) -> None:
    planes = np.zeros((HEIGHT_PX * 3 // 2, WIDTH_PX), np.uint8)
    over = threading.Event()

    def send() -> None:
        while not over.wait(0.0005):
            node.send(planes)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        for _ in range(30):
            with NodeReader(Connection(), target="test") as reader:
                assert reader.read(PATIENCE_S) is not None, reader.lost
    finally:
        over.set()
        thread.join()
