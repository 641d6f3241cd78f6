"""A camera node and real consumers: they come and go, hang, are killed; none gets a wrong, torn or old frame."""

from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
import pytest

from realtime.pipewire.camera_node import CameraNode
from tests.realtime.pipewire.consumers import Consumer, Feed, Held
from tests.realtime.pipewire.desktop import Desktop
from tests.realtime.pipewire.reader import HEIGHT_PX, WIDTH_PX
from tests.realtime.stand_ins import until

NAME = "greenless grün"
A_MOMENT_S = 2.0
"""Longer than any ``send`` on a busy machine, and far shorter than a wait for a consumer that hangs."""


@pytest.fixture
def node(pipewire: Desktop) -> Iterator[CameraNode]:
    with CameraNode(NAME, width_px=WIDTH_PX, height_px=HEIGHT_PX, fps=30) as node:
        assert node.accepted()
        yield node


@pytest.fixture
def feed(node: CameraNode) -> Iterator[Feed]:
    with Feed(node) as feed:
        yield feed
    assert feed.longest_s < A_MOMENT_S


@pytest.mark.usefixtures("node")
def test_browsers_accept_its_properties(pipewire: Desktop) -> None:
    """libwebrtc (``pipewire_session.cc``) wants a description and the role of a camera, and reads one plain format."""
    mine = pipewire.nodes()[NAME]
    properties = mine["props"]
    assert properties["media.class"] == "Video/Source"
    assert properties["media.role"] == "Camera"
    assert properties["node.description"] == NAME
    assert mine["params"]["EnumFormat"] == [
        {
            "mediaType": "video",
            "mediaSubtype": "raw",
            "format": "I420",
            "size": {"width": WIDTH_PX, "height": HEIGHT_PX},
            "framerate": {"num": 30, "denom": 1},
        }
    ]


def test_consumers_get_every_byte(node: CameraNode, feed: Feed) -> None:
    with Consumer(NAME) as consumer:
        consumer.sees(20)
        numbers = consumer.numbers
    assert numbers == sorted(set(numbers)), "none twice, none out of order"


def test_it_is_watched_exactly_while_somebody_reads(node: CameraNode, feed: Feed) -> None:
    assert not node.watched
    with Consumer(NAME) as consumer:
        consumer.sees()
        assert node.watched
    until(lambda: not node.watched)


def test_a_program_that_lists_cameras_does_not_watch(node: CameraNode, pipewire: Desktop) -> None:
    assert NAME in pipewire.nodes()
    assert not node.watched


@pytest.mark.slow
def test_no_frame_of_before_reaches_a_consumer_of_after(node: CameraNode, feed: Feed) -> None:
    for round_ in range(1, 6):
        with Consumer(NAME) as before:
            before.sees(3)
            if round_ % 2:
                before.stop()  # what it does not read any more may stay in the queue
                feed.sends(3)
        until(lambda: not node.watched)
        feed.sends(3)
        feed.pause()
        with Consumer(NAME) as after:
            until(lambda: node.watched)
            feed.go_on(round_ * 100_000)
            assert after.sees() >= round_ * 100_000


def test_a_consumer_that_pauses_gets_no_frame_of_before(
    node: CameraNode, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Consumer(NAME) as consumer:
        for round_ in range(1, 6):
            consumer.sees(3)
            with monkeypatch.context() as late:  # frames that the graph has not taken when the consumer pauses
                late.setattr(node, "trigger", lambda: None)
                feed.sends(3)
                consumer.pause()
                until(lambda: not node.watched)
                feed.sends(3)
                feed.pause()
            known = len(consumer.lines)
            consumer.resume()
            until(lambda: node.watched)
            feed.go_on(round_ * 100_000)
            consumer.sees()
            assert min(consumer.numbers[known:]) >= round_ * 100_000


@pytest.mark.slow
def test_ten_come_and_go(node: CameraNode, feed: Feed) -> None:
    for _ in range(10):
        begun = feed.number
        with Consumer(NAME) as consumer:
            assert consumer.sees(2) >= begun
        until(lambda: not node.watched)


def test_two_read_at_once(node: CameraNode, feed: Feed) -> None:
    with Consumer(NAME) as first, Consumer(NAME) as second:
        for consumer in (first, second):
            consumer.sees(5)
        first.kill()
        second.sees(5)
        assert node.watched
        assert first.numbers
        assert second.numbers


@pytest.mark.slow
def test_one_that_hangs_does_not_hold_up_the_others(node: CameraNode, feed: Feed) -> None:
    with ExitStack() as opened:
        hanging, good = (opened.enter_context(Consumer(NAME)) for _ in range(2))
        for consumer in (hanging, good):
            consumer.sees(3)
        hanging.stop()
        good.sees(30)
        late = opened.enter_context(Consumer(NAME))
        late.sees(10)
        hanging.go_on()
        hanging.sees(10)
        for consumer in (hanging, good, late):
            assert consumer.numbers == sorted(set(consumer.numbers))


@pytest.mark.slow
def test_programs_that_are_killed_give_their_buffers_back(node: CameraNode, feed: Feed) -> None:
    """There are eight at most, and the memory in which holders count themselves outlives them."""
    for _ in range(4):
        with Consumer(NAME, "hold") as holding:
            holding.sees(3)
        until(lambda: not node.watched)
    with Consumer(NAME) as consumer:
        consumer.sees(30)
        numbers = consumer.numbers
    assert numbers[-1] - numbers[0] < 2 * len(numbers), "most frames arrive"


@pytest.mark.slow
def test_a_program_that_holds_every_buffer_starves_nobody(node: CameraNode, feed: Feed) -> None:
    with Consumer(NAME) as good, Consumer(NAME, "hold") as holding:
        holding.sees()
        good.sees(30)
        holding.kill()
        good.sees(30)


def test_closing_returns_threads_and_descriptors(pipewire: Desktop) -> None:
    before = Held()
    for _ in range(20):
        with CameraNode(NAME, width_px=64, height_px=48, fps=30) as node:
            assert node.accepted()
    before.no_more()


def test_a_node_that_is_refused_leaves_nothing(monkeypatch: pytest.MonkeyPatch, pipewire: Desktop) -> None:
    before = Held()
    monkeypatch.setenv("PIPEWIRE_RUNTIME_DIR", "/nonexistent")
    for _ in range(5):
        with pytest.raises(OSError, match="Host is down"):
            CameraNode(NAME, width_px=64, height_px=48, fps=30)
    before.no_more()


def test_the_end_of_the_daemon_is_noticed(pipewire: Desktop) -> None:
    before = Held()
    with CameraNode(NAME, width_px=WIDTH_PX, height_px=HEIGHT_PX, fps=30) as node, Feed(node):
        assert node.accepted()
        try:
            with Consumer(NAME) as consumer:
                consumer.sees()
                pipewire.kill_pipewire()
                until(lambda: node.lost)
                assert not node.watched
        finally:
            pipewire.start_pipewire()
    before.no_more()


@pytest.mark.parametrize("size", [(100, 48), (64, 47)])
def test_sizes_that_readers_lay_out_differently_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="whole eights"):
        CameraNode(NAME, width_px=size[0], height_px=size[1], fps=30)


def test_frames_of_another_size_are_refused(node: CameraNode) -> None:
    with pytest.raises(ValueError, match="contiguous bytes"):
        node.send(np.zeros((10, 10), np.uint8))
