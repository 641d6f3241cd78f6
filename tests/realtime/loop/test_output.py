"""What goes to the sinks: composites, or what covers them or stands in for them."""

import threading
import time

import numpy as np
import pytest

from realtime.frame import Composite, Frame, Matte
from realtime.loop.failsafe import PAUSED, SHUTTER_CLOSED
from realtime.loop.output import Output
from realtime.loop.stats import Stats
from tests.realtime.stand_ins import CAMERA, HEIGHT_PX, PATIENCE_S, ROOM, WIDTH_PX, Shown, is_notice


def composite(index=0, captured_s=None):
    captured_s = time.perf_counter() if captured_s is None else captured_s
    pixels = np.full((HEIGHT_PX, WIDTH_PX, 3), CAMERA, np.uint8)
    matte = Matte(
        alpha=np.ones((HEIGHT_PX, WIDTH_PX), np.float32),
        frame=Frame(pixels=pixels, index=index, captured_s=captured_s),
    )
    return Composite(pixels=np.full_like(pixels, ROOM), matte=matte, person=pixels)


@pytest.fixture
def sink():
    return Shown()


@pytest.fixture
def alone():
    """Whether the background alone can be had, and what it is."""
    return []


@pytest.fixture
def output(sink, alone):
    def background(matte):
        return Composite(pixels=alone[0], matte=matte, person=alone[0]) if alone else None

    return Output([sink], Stats(), background=background)


def test_a_composite_is_sent_and_the_latest(output, sink):
    output.send(sent := composite(3))
    assert sink.composites == [sent]
    assert output.latest is sent


def test_a_cover_is_sent_at_once_and_no_picture_after_it(output, sink):
    output.send(composite(0))
    before = composite(1)
    output.cover(SHUTTER_CLOSED, background=False)
    assert len(sink.pictures) == 2
    output.send(before)
    output.hold(PAUSED, None)
    assert all(is_notice(picture, SHUTTER_CLOSED) for picture in sink.pictures[1:])
    assert is_notice(output.latest.pixels, SHUTTER_CLOSED)


def test_after_the_cover_only_what_was_captured_since_is_sent(output, sink):
    output.send(composite(0))
    output.cover(SHUTTER_CLOSED, background=False)
    before = composite(1)
    output.cover(None, background=False)
    output.send(before)
    output.hold(PAUSED, None)
    assert is_notice(sink.pictures[-1], PAUSED), "not the composite from before the cover"
    output.send(composite(2))
    assert [picture[0, 0, 0] == ROOM for picture in sink.pictures] == [True, False, False, True]


def test_nothing_from_before_a_change_that_puts_it_away_is_sent_any_more(output, sink):
    output.send(composite(0))
    before = composite(1)
    output.forget()
    output.send(before)
    assert len(sink.pictures) == 1
    output.keep()
    output.hold(PAUSED, None)
    assert [is_notice(picture, PAUSED) for picture in sink.pictures] == [False, True, True]
    output.send(after := composite(2))
    assert sink.composites[-1] is after


def test_a_cover_stays_when_what_is_under_it_is_put_away(output, sink):
    output.send(composite(0))
    output.cover(SHUTTER_CLOSED, background=False)
    output.forget()
    output.keep()
    output.send(composite(1))
    assert all(is_notice(picture, SHUTTER_CLOSED) for picture in sink.pictures[1:])


def test_the_background_alone_covers_if_there_is_one(output, sink, alone):
    output.send(composite(0))
    output.cover(SHUTTER_CLOSED, background=True)
    assert is_notice(sink.pictures[-1], SHUTTER_CLOSED)
    alone.append(np.full((HEIGHT_PX, WIDTH_PX, 3), 77, np.uint8))
    output.cover(SHUTTER_CLOSED, background=True)
    assert (sink.pictures[-1] == 77).all()
    assert is_notice(sink.composites[-1].frame.pixels, SHUTTER_CLOSED)


def test_without_a_frame_so_far_there_is_nothing_to_send(output, sink):
    output.cover(SHUTTER_CLOSED, background=True)
    assert sink.pictures == []


def test_a_closed_output_sends_nothing(output, sink):
    output.send(composite(0))
    output.close()
    output.send(composite(1))
    output.cover(SHUTTER_CLOSED, background=False)
    assert (len(sink.pictures), sink.closed) == (1, 1)


def test_a_sink_that_comes_after_the_end_is_the_callers_to_close(output, sink):
    output.close()
    assert output.set([late := Shown("late")]) == [late]
    output.close()
    assert sink.closed == 1


def test_a_sink_that_hangs_does_not_hold_up_the_end(monkeypatch):
    monkeypatch.setattr("realtime.loop.delays.SENDING_AT_END_S", 0.01)
    entered, let_go = threading.Event(), threading.Event()

    class Stuck(Shown):
        def send(self, composite):
            entered.set()
            assert let_go.wait(PATIENCE_S)

    stuck = Stuck()
    output = Output([stuck], Stats(), background=lambda matte: None)
    sending = threading.Thread(target=output.send, args=[composite()])
    sending.start()
    assert entered.wait(PATIENCE_S)
    output.close()
    assert stuck.closed == 1
    let_go.set()
    sending.join(PATIENCE_S)


@pytest.mark.parametrize("covered", [True, False])
def test_what_was_sent_last_is_sent_once_more_as_of_now(output, sink, covered):
    output.keep()
    assert not sink.composites
    output.send(composite(3, captured_s=1.0))
    if covered:
        output.cover(SHUTTER_CLOSED, background=False)
    before = sink.composites[-1]
    output.keep()
    again = sink.composites[-1]
    assert again is not before
    assert (again.pixels, again.frame.index) == (before.pixels, before.frame.index)
    assert again.frame.captured_s > before.frame.captured_s
    assert is_notice(again.pixels, SHUTTER_CLOSED) is covered
