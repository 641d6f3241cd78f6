"""A matter of another machine: each matte belongs to its own frame, and a lost server costs no frame of the room."""

import logging
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realtime.errors import MatterError
from realtime.matting.matter import Observing, Reporting, needs_whole_frames
from realtime.matting.runtimes import remote_matter, remote_wire
from realtime.matting.runtimes.remote_link import Link
from realtime.matting.runtimes.remote_matter import RemoteMatter
from realtime.scale.serve_front import Front
from tests.realtime.matting.runtimes.remote_client import grey, of, opened
from tests.realtime.scale.matting_server import Replica, frame, front
from tests.realtime.stand_ins import PATIENCE_S, Half, until


@pytest.mark.usefixtures("patient")
def test_each_matte_is_of_its_own_frame(served: Front, tmp_path: Path) -> None:
    with opened(served.port, tmp_path) as matter:
        for number in range(1, 30):
            [matte] = of(matter, number)
            assert (matte.frame.index, grey(matte)) == (number, number)
        batch = matter.matte_batch([frame(number) for number in (5, 9, 200)])
        assert [(matte.frame.index, grey(matte)) for matte in batch] == [(5, 5), (9, 9), (200, 200)]


@pytest.mark.usefixtures("patient")
def test_it_says_what_it_is(served: Front, tmp_path: Path) -> None:
    with opened(served.port, tmp_path) as matter:
        assert matter.name == f"stand-in at ws://127.0.0.1:{served.port}"
        assert needs_whole_frames(matter)
        assert isinstance(matter, Observing)
        assert isinstance(matter, Reporting)


@pytest.mark.usefixtures("patient")
def test_two_frames_are_under_way_if_answers_take_longer_than_the_loop_has(
    served: Front, replica: Replica, tmp_path: Path
) -> None:
    """A call returns the matte of the frame before, or the newest one; never another, and never one twice."""
    replica.delay_s = 0.02
    with opened(served.port, tmp_path) as matter:
        assert grey(of(matter, 1)[0]) == 1
        matter.observe(busy_s=1.0, period_s=0.001)
        replica.free.clear()
        assert of(matter, 2) == []
        replica.free.set()
        seen = []
        for number in range(3, 40):
            for matte in of(matter, number):
                assert matte.frame.index in (number - 1, number)
                assert matte.frame.index == grey(matte)
                seen.append(matte.frame.index)
        assert seen == sorted(set(seen))
        assert len(seen) > 15
        matter.observe(busy_s=0.0, period_s=1000.0)  # time to spare: one frame again, and the older one is dropped
        [matte] = of(matter, 40)
        assert (matte.frame.index, grey(matte)) == (40, 40)


@pytest.mark.usefixtures("patient")
def test_the_newest_of_two_wins_if_both_are_there(
    served: Front, replica: Replica, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(served.port, tmp_path) as matter:
        matter.observe(busy_s=1.0, period_s=0.0001)
        replica.free.clear()
        assert of(matter, 1) == []
        sent = matter._sent

        def sent_and_answered(*frames: Any) -> Any:
            flight = sent(*frames)
            replica.free.set()
            flight.future.result(PATIENCE_S)
            return flight

        monkeypatch.setattr(matter, "_sent", sent_and_answered)
        [matte] = of(matter, 2)
        assert (matte.frame.index, grey(matte)) == (2, 2)


def test_a_frame_from_before_a_pause_of_the_source_is_never_shown(
    served: Front, replica: Replica, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(served.port, tmp_path, local=Half()) as matter:
        matter.observe(busy_s=1.0, period_s=0.0001)
        replica.free.clear()
        assert of(matter, 1) == []
        replica.free.set()
        time.sleep(remote_matter.LIVE_PATIENCE_S + 0.05)
        assert all(matte.frame.index == 2 for matte in of(matter, 2))


def test_a_server_that_falls_silent_is_replaced_in_the_same_call(
    served: Front, replica: Replica, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    local = Half()
    with opened(served.port, tmp_path, local=local) as matter:
        of(matter, 1)
        replica.free.clear()
        with caplog.at_level(logging.WARNING, "greenless"):
            [matte] = of(matter, 2)
        assert matte.frame.index == 2
        assert local.runs == 1
        assert "takes over" in caplog.text
        assert f"because ws://127.0.0.1:{served.port} is lost" in matter.name
        assert matter.report().local >= 1
        assert not matter.report().connected
        replica.free.set()
        until(lambda: matter.report().connected)
        assert grey(of(matter, 3)[0]) == 3
    assert local.closed == 1


def test_the_patience_leaves_time_for_the_local_network() -> None:
    """Both together take 300 ms at most: a weak computer mattes a frame in 100 ms."""
    assert remote_matter.LIVE_PATIENCE_S <= 0.2


def test_a_server_may_restart(replica: Replica, tmp_path: Path) -> None:
    local = Half()
    with front(replica.matte) as there:
        port = there.port
        matter = opened(port, tmp_path, local=local)
        of(matter, 1)
    with matter:
        until(lambda: not matter.report().connected)
        assert of(matter, 2)[0].frame.index == 2
        before = matter.report().local
        assert before >= 1
        with front(replica.matte, port=port):
            until(lambda: matter.report().connected)
            replica_grey = until_from_server(matter)
            assert replica_grey


def until_from_server(matter: RemoteMatter) -> bool:
    """Whether the server answers again; a busy machine may lose it once more."""
    for number in range(3, 200):
        before = matter.report().answered
        [matte] = of(matter, number)
        if matter.report().answered > before and np.ptp(matte.alpha) == 0:
            return grey(matte) == number
        time.sleep(0.02)
    return False


@pytest.mark.usefixtures("patient")
def test_without_a_fallback_a_lost_server_is_an_error(replica: Replica, tmp_path: Path) -> None:
    with front(replica.matte) as there:
        matter = opened(there.port, tmp_path)
        of(matter, 1)
    with matter:
        until(lambda: not matter.report().connected)
        with pytest.raises(MatterError, match="is lost") as lost:
            of(matter, 2)
        assert "--fallback local" in lost.value.cure


@pytest.mark.usefixtures("patient")
def test_an_error_of_the_server_is_a_loss(served: Front, replica: Replica, tmp_path: Path) -> None:
    with opened(served.port, tmp_path, local=Half()) as matter:
        replica.fail = "no memory left"
        assert of(matter, 1)[0].frame.index == 1
        assert matter.report().lost == 1
        assert "no memory left" in matter._link.why


def test_a_server_that_is_not_there_is_awaited(
    replica: Replica, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with front(replica.matte) as there:
        port = there.port
    with caplog.at_level(logging.WARNING, "greenless"):
        matter = opened(port, tmp_path, local=Half())
    assert "cannot reach" in caplog.text
    with matter:
        assert of(matter, 1)[0].frame.index == 1
        with front(replica.matte, port=port):
            until(lambda: matter.report().connected)


@pytest.mark.usefixtures("patient")
def test_the_report_counts_what_went_over_the_wire(served: Front, tmp_path: Path) -> None:
    with opened(served.port, tmp_path) as matter:
        for number in range(20):
            of(matter, number)
        report = matter.report()
        assert report.connected
        assert report.answered == 20  # without the probe
        assert (report.lost, report.local) == (0, 0)
        assert 0 < report.p50_ms <= report.p95_ms
        assert report.sent_mbit_s > 0
        assert report.received_mbit_s > 0
        assert f"ws://127.0.0.1:{served.port}" in str(report)


@pytest.mark.usefixtures("patient")
def test_a_matte_of_another_size_is_a_loss(tmp_path: Path) -> None:
    async def huge(request: bytes) -> bytes:
        number, _ = remote_wire.head_of(request)
        return remote_wire.answer(number, np.zeros((64, 64), np.float32))

    with front(huge) as there, pytest.raises(MatterError, match="expected a matte of 160x96, got 64x64"):
        opened(there.port, tmp_path)


@pytest.mark.usefixtures("patient")
def test_a_link_that_closes_as_it_is_lost_does_not_connect_again(served: Front, tmp_path: Path) -> None:
    for _ in range(10):  # the two meet in most attempts
        link = opened(served.port, tmp_path)._link

        def lost_and_closed(link: Link = link) -> None:
            assert link._connection is not None
            link._connection.transport.abort()
            link._over.set()

        link._call(lost_and_closed)
        link._thread.join(PATIENCE_S)
        assert not link._thread.is_alive()
