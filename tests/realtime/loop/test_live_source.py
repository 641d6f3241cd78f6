import threading
import time

import pytest

from realtime.errors import SourceError, SourceLost
from realtime.loop import live_source, switchable_source
from realtime.loop.live_source import LiveSource
from realtime.loop.stats import Stats
from realtime.loop.switchable_source import SwitchableSource
from tests.realtime.loop.scripted_source import Scripted, numbers, opener


def test_the_first_frame_is_known_at_once_and_comes_again():
    frames = LiveSource(opener(Scripted(0, 1, 2)))
    assert frames.first.index == 0
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert (frames.name, frames.fps, frames.live) == ("scripted", 30.0, True)


def test_a_live_first_frame_counts_from_when_it_is_taken():
    before_s = time.perf_counter()
    assert next(LiveSource(opener(Scripted(0)))).captured_s >= before_s


def test_a_lost_camera_is_closed_opened_again_and_numbered_on(pauses):
    lost = Scripted(0, 1, 2, SourceLost("unplugged"))
    frames = LiveSource(opener(lost, SourceError("no such device"), SourceError("no such device"), Scripted(0, 1, 2)))
    assert numbers(frames) == [0, 1, 2, 3, 4, 5]
    assert lost.closed == 1
    assert pauses == [0.2, 0.4, 0.5]


def test_the_frames_of_a_camera_that_came_back_are_numbered_once(pauses, monkeypatch):
    copied = []
    for module in (live_source, switchable_source):
        replace = module.replace
        monkeypatch.setattr(module, "replace", lambda frame, r=replace, **new: copied.append(new) or r(frame, **new))
    assert numbers(LiveSource(opener(Scripted(0, SourceLost("unplugged")), Scripted(0, 1)))) == [0, 1, 2]
    assert [new["index"] for new in copied if "index" in new] == [1, 2]
    slot = SwitchableSource(first := Scripted(0, 1), Stats())
    frames = slot.frames()
    next(frames)
    slot.set(LiveSource(opener(Scripted(0, SourceLost("unplugged")), Scripted(0))))
    copied.clear()
    assert [frame.index for frame in frames] == [1, 2]
    assert [new["index"] for new in copied if "index" in new] == [1, 2], "one copy for each frame"
    assert first.closed


def test_a_camera_that_is_lost_later_again_is_tried_for_soon_again(pauses):
    again = Scripted(0, 1, SourceLost("unplugged again"))
    frames = LiveSource(opener(Scripted(0, SourceLost("unplugged")), *[SourceError("no")] * 2, again, Scripted(0)))
    assert numbers(frames) == [0, 1, 2, 3]
    assert pauses[-2:] == [0.5, 0.2]


def test_pauses_end_at_half_a_second(pauses):
    frames = LiveSource(opener(Scripted(0, SourceLost("gone")), *[SourceError("no")] * 8, Scripted(0)))
    assert len(list(frames)) == 2
    assert max(pauses) == 0.5
    assert pauses == sorted(pauses)


def test_a_device_that_opens_and_dies_is_not_hammered(pauses):
    dying = [Scripted(SourceLost("dead")) for _ in range(6)]
    frames = LiveSource(opener(Scripted(0, SourceLost("gone")), *dying, Scripted(0)))
    assert len(list(frames)) == 2
    assert pauses == [0.2, 0.4, 0.5, 0.5, 0.5, 0.5, 0.5]


def test_a_loss_is_reported_once(pauses, caplog):
    frames = LiveSource(opener(Scripted(0, SourceLost("unplugged")), *[SourceError("no")] * 5, Scripted(0)))
    list(frames)
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        "unplugged; trying to open it again",
        "scripted is open again",
    ]


def test_a_file_that_is_damaged_is_not_opened_again():
    frames = LiveSource(opener(Scripted(0, SourceError("it is damaged"))))
    assert next(frames).index == 0
    with pytest.raises(SourceError, match="damaged"):
        next(frames)


def test_a_source_without_a_frame_is_an_error_and_closed():
    source = Scripted()
    with pytest.raises(SourceError, match="scripted has no frames"):
        LiveSource(opener(source))
    assert source.closed == 1


def test_a_source_that_fails_at_its_first_frame_is_closed():
    source = Scripted(SourceLost("no picture"))
    with pytest.raises(SourceLost):
        LiveSource(opener(source))
    assert source.closed == 1


def test_closing_wakes_a_source_that_waits_for_its_camera():
    frames = LiveSource(opener(Scripted(0, SourceLost("gone")), *[SourceError("no")] * 100))
    next(frames)
    threading.Timer(0.05, frames.close).start()
    with pytest.raises(StopIteration):
        next(frames)


def test_it_closes_its_source_and_ends():
    source = Scripted(0, 1, 2)
    with LiveSource(opener(source)) as frames:
        pass
    assert source.closed == 1
    assert list(frames) == []


def test_a_source_that_can_reopen_does_it_itself(pauses):
    first, second = Scripted(0, SourceLost("unplugged")), Scripted(0)
    first.again = opener(*[SourceError("still away")] * 5, second)
    assert numbers(LiveSource(opener(first))) == [0, 1]
    assert pauses == [0.2] * 6, "a device costs little to look for, so that it is back at once"


def test_closing_wakes_a_source_whose_device_is_away():
    first = Scripted(0, SourceLost("unplugged"))
    first.again = opener(*[SourceError("away")] * 100)
    frames = LiveSource(opener(first))
    next(frames)
    threading.Timer(0.05, frames.close).start()
    with pytest.raises(StopIteration):
        next(frames)
