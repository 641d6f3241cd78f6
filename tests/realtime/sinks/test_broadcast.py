"""Pictures for whoever watches: encoded once, only while somebody does, and never at the cost of the run."""

import threading
from collections.abc import Callable
from queue import Queue

import cv2
import numpy as np
import pytest

from realtime.frame import Composite
from realtime.sinks import broadcast as module
from realtime.sinks.broadcast import Broadcast, EncodedView

MakeComposite = Callable[..., Composite]
WAIT_S = 180


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """View and frame of everything that was encoded."""
    made: list[tuple[str, int]] = []
    real = module.encode

    def encode(view: module.View, composite: Composite, number: int) -> EncodedView:
        made.append((view, composite.frame.index))
        return real(view, composite, number)

    monkeypatch.setattr(module, "encode", encode)
    return made


def threads() -> int:
    return sum(thread.name == "broadcast" for thread in threading.enumerate())


def wait_for_end() -> None:
    for thread in threading.enumerate():
        if thread.name == "broadcast":
            thread.join(WAIT_S)


def test_nothing_is_encoded_while_nobody_watches(make_composite: MakeComposite, encoded: list[tuple[str, int]]) -> None:
    broadcast = Broadcast()
    for index in range(5):
        broadcast.send(make_composite(index))
    assert (encoded, threads(), broadcast.watched()) == ([], 0, False)


def test_nobody_is_shown_what_was_left_when_the_last_one_went(make_composite: MakeComposite) -> None:
    """It may be a picture from before the shutter was closed."""
    broadcast, busy, go_on = Broadcast(), threading.Event(), threading.Event()

    def slow(picture: EncodedView) -> None:
        busy.set()
        go_on.wait(WAIT_S)

    leave = broadcast.watch("overlay", slow)
    broadcast.send(make_composite(1))
    assert busy.wait(WAIT_S)
    broadcast.send(make_composite(2))  # nobody takes it any more
    leave()
    go_on.set()
    wait_for_end()
    broadcast.send(make_composite(3, captured_s=3.0))
    shown = Queue[EncodedView]()
    leave = broadcast.watch("overlay", shown.put)
    assert shown.get(timeout=WAIT_S).captured_s == 3.0
    leave()
    wait_for_end()


def test_one_picture_is_encoded_once_for_all(make_composite: MakeComposite, encoded: list[tuple[str, int]]) -> None:
    broadcast, queues = Broadcast(), [Queue[EncodedView]() for _ in range(3)]
    leave = [broadcast.watch("overlay", queue.put) for queue in queues]
    assert broadcast.watched()
    broadcast.send(make_composite(7))
    pictures = [queue.get(timeout=WAIT_S) for queue in queues]
    assert encoded == [("overlay", 7)]
    assert pictures[0] is pictures[1] is pictures[2]
    for end in [*leave, *leave]:  # twice does no harm
        end()
    wait_for_end()
    assert threads() == 0


def test_a_new_client_gets_the_newest_frame_at_once(make_composite: MakeComposite) -> None:
    broadcast, queue = Broadcast(), Queue[EncodedView]()
    for index in range(3):
        broadcast.send(make_composite(index, captured_s=float(index)))
    leave = broadcast.watch("preview", queue.put)
    assert queue.get(timeout=WAIT_S).captured_s == 2.0
    leave()
    wait_for_end()


def test_after_the_last_has_left_another_can_come(make_composite: MakeComposite) -> None:
    broadcast = Broadcast()
    for index in range(3):
        queue = Queue[EncodedView]()
        leave = broadcast.watch("matte", queue.put)
        broadcast.send(make_composite(index))
        assert queue.get(timeout=WAIT_S)
        leave()
        if index:
            wait_for_end()
    assert broadcast.watching("matte") == 0


def test_a_watcher_that_fails_leaves_and_the_others_stay(make_composite: MakeComposite) -> None:
    broadcast, queue = Broadcast(), Queue[EncodedView]()

    def fails(picture: EncodedView) -> None:
        raise RuntimeError("gone")

    broadcast.watch("overlay", fails)
    leave = broadcast.watch("overlay", queue.put)
    for index in range(2):
        broadcast.send(make_composite(index))
        assert queue.get(timeout=WAIT_S)
    assert broadcast.watching("overlay") == 1
    leave()
    wait_for_end()


def test_after_close_the_last_picture_is_forgotten(make_composite: MakeComposite) -> None:
    broadcast, queue = Broadcast(), Queue[EncodedView]()
    broadcast.send(make_composite(0))
    broadcast.close()
    leave = broadcast.watch("overlay", queue.put)
    broadcast.send(make_composite(1, captured_s=1.0))
    assert queue.get(timeout=WAIT_S).captured_s == 1.0
    leave()
    wait_for_end()


def test_each_view_is_what_it_says(make_composite: MakeComposite) -> None:
    composite = make_composite(width_px=1000, height_px=500)
    overlay, preview, matte = (module.encode(view, composite, 1) for view in module.VIEWS)
    assert (overlay.width_px, overlay.height_px, overlay.alpha_top_px) == (1000, 500, 528)
    assert (preview.width_px, preview.height_px, preview.alpha_top_px) == (960, 480, 0)
    pixels = cv2.imdecode(np.frombuffer(preview.jpeg, np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_allclose(pixels[5, 5], [200, 60, 20], atol=4)
    alpha = cv2.imdecode(np.frombuffer(matte.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert alpha[5, 5].max() < 5
    assert alpha[240, 480].min() > 250
    for picture in (overlay, preview, matte):  # the camera's grey, 99, is nowhere
        stack = cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR).astype(int)
        assert (np.abs(stack - 99).max(axis=2) < 6).mean() < 0.01


def test_the_newest_composite_never_comes_before_an_older_one(
    make_composite: MakeComposite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a watcher comes while the shutter closes: the notice is the newest."""
    broadcast, queue = Broadcast(), Queue[EncodedView]()
    broadcast.send(make_composite(1, captured_s=1.0))
    real = broadcast._changed.notify
    closing = threading.Thread(target=broadcast.send, args=[make_composite(2, captured_s=2.0)])

    def notify() -> None:
        if not closing.ident:
            closing.start()
            closing.join(0.3)  # enough for it to overtake, if it could
        real()

    monkeypatch.setattr(broadcast._changed, "notify", notify)
    leave = broadcast.watch("preview", queue.put)
    closing.join(WAIT_S)
    shown = [queue.get(timeout=WAIT_S).captured_s]
    while shown[-1] != 2.0:
        shown.append(queue.get(timeout=WAIT_S).captured_s)
    leave()
    wait_for_end()
    assert shown in ([2.0], [1.0, 2.0])
    assert queue.empty()
