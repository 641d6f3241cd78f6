import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from realtime.loop import delays
from realtime.loop.camera_valve import CameraValve
from realtime.session import on_demand
from realtime.session.on_demand import REASON, OnDemand, ViewerPresence, audience
from realtime.sinks.broadcast import Broadcast
from realtime.sinks.null import Null, Overlay


class Watched(Null):
    """A sink that knows whether it is seen."""

    def __init__(self, watched: bool | None) -> None:
        super().__init__()
        self.now = watched

    def watched(self) -> bool | None:
        return self.now


SEEN, UNSEEN, UNKNOWN, ALWAYS = Watched(True), Watched(False), Watched(None), Null()


@pytest.mark.parametrize(
    ("sinks", "watched"),
    [
        ([UNSEEN], False),
        ([SEEN], True),
        ([UNSEEN, SEEN], True),
        ([ALWAYS], True),
        ([UNSEEN, ALWAYS], True),
        ([UNKNOWN], None),
        ([UNKNOWN, UNSEEN], None),
        ([UNKNOWN, SEEN], True),
        ([], False),
    ],
)
def test_the_audience_of_several_sinks(sinks: list[Null], watched: bool | None) -> None:
    assert audience(sinks) is watched


def test_a_page_counts_while_it_is_open() -> None:
    with Broadcast() as pages, Overlay() as overlay:
        assert audience([pages, overlay]) is False
        leave = pages.watch("preview", lambda picture: None)
        assert audience([pages, overlay]) is True
        leave()
        assert audience([pages, overlay]) is False


class TestPresence:
    @pytest.fixture(autouse=True)
    def seconds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(delays, "WAKE_S", 0.25)
        monkeypatch.setattr(delays, "LINGER_S", 3.0)

    def test_one_who_comes_counts_when_it_has_lasted(self) -> None:
        presence = ViewerPresence()
        presence.sees(False, 100.0)
        assert [presence.sees(True, now_s) for now_s in (101.0, 101.125, 101.25)] == [0.25, 0.125, 0.0]

    def test_a_viewer_who_only_looked_starts_over(self) -> None:
        presence = ViewerPresence()
        presence.sees(True, 100.0)
        presence.sees(False, 100.125)
        assert presence.sees(True, 100.5) == 0.25

    def test_one_who_leaves_is_waited_for(self) -> None:
        presence = ViewerPresence()
        presence.sees(True, 100.0)
        assert [presence.sees(False, now_s) for now_s in (200.0, 202.0, 204.0)] == [3.0, 1.0, -1.0]

    def test_at_the_start_nobody_has_been_there_for_long(self) -> None:
        assert ViewerPresence().sees(False, 0.0) <= 0


def test_the_camera_is_let_on_at_the_moment_that_counts_not_at_the_next_look(
    valve: CameraValve, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    class Over(threading.Event):
        """Moves the clock instead of waiting, and is set after five waits."""

        def wait(self, timeout: float | None = None) -> bool:
            assert timeout is not None
            waits.append(timeout)
            return len(waits) == 5

    monkeypatch.setattr(delays, "LOOK_S", 0.5)
    monkeypatch.setattr(delays, "WAKE_S", 0.75)
    monkeypatch.setattr(on_demand, "threading", SimpleNamespace(Event=Over, Thread=threading.Thread))
    monkeypatch.setattr(on_demand, "time", SimpleNamespace(monotonic=lambda: 100.0 + sum(waits)))
    let: list[float] = []
    valve.shut(REASON)
    monkeypatch.setattr(valve, "lift", lambda reason: let.append(sum(waits)))
    OnDemand(valve, lambda: [SEEN]).close()
    assert waits == [0.5, 0.25, 0.5, 0.5, 0.5]
    assert let[0] == 0.75


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_S", "WAKE_S", "LINGER_S"):
        monkeypatch.setattr(delays, name, 0.005)


@pytest.fixture
def valve() -> CameraValve:
    return CameraValve()


@pytest.fixture
def sink() -> Watched:
    return Watched(False)


@pytest.fixture
def watching(valve: CameraValve, sink: Watched) -> Iterator[OnDemand]:
    with OnDemand(valve, lambda: [sink]) as watching:
        yield watching


def until(true: Callable[[], bool]) -> None:
    end_s = time.perf_counter() + 60
    while not true():
        assert time.perf_counter() < end_s
        time.sleep(0.002)


@pytest.mark.usefixtures("watching")
def test_the_camera_is_open_only_while_somebody_watches(valve: CameraValve, sink: Watched) -> None:
    until(lambda: valve.reasons == (REASON,))
    for _ in range(3):
        sink.now = True
        until(lambda: valve.is_open)
        sink.now = False
        until(lambda: not valve.is_open)


@pytest.mark.usefixtures("watching")
def test_another_reason_holds_although_somebody_watches(valve: CameraValve, sink: Watched) -> None:
    valve.shut("stopped")
    until(lambda: REASON in valve.reasons)
    sink.now = True
    until(lambda: REASON not in valve.reasons)
    assert not valve.is_open


def test_a_program_that_only_looks_lights_nothing(
    valve: CameraValve, sink: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delays, "WAKE_S", 60.0)
    with OnDemand(valve, lambda: [sink]):
        until(lambda: not valve.is_open)
        sink.now = True
        time.sleep(0.1)
        assert not valve.is_open


def test_who_leaves_for_a_moment_finds_the_camera_open(
    valve: CameraValve, sink: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OnDemand(valve, lambda: [sink]):
        sink.now = True
        until(lambda: valve.is_open)
        monkeypatch.setattr(delays, "LINGER_S", 60.0)
        sink.now = False
        time.sleep(0.1)
        assert valve.is_open


def test_the_camera_is_not_closed_under_one_who_watched_before(valve: CameraValve) -> None:
    with OnDemand(valve, lambda: [SEEN]):
        time.sleep(0.1)
        assert valve.is_open


def test_a_system_that_cannot_tell_leaves_it_on_and_says_so(
    valve: CameraValve, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_demand, "sys", SimpleNamespace(platform="darwin"))
    with OnDemand(valve, lambda: [UNKNOWN]) as watching:
        until(lambda: not watching._thread.is_alive())
    assert valve.is_open
    assert "the camera stays on: this system cannot report" in caplog.text


def test_linux_that_cannot_tell_for_a_while_is_asked_again(
    valve: CameraValve, sink: Watched, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_demand, "sys", SimpleNamespace(platform="linux"))
    monkeypatch.setattr(on_demand, "AGAIN_S", 0.005)
    with OnDemand(valve, lambda: [sink]):
        until(lambda: not valve.is_open)
        sink.now = None
        until(lambda: valve.is_open)
        time.sleep(0.1)
        assert valve.is_open
        sink.now = False
        until(lambda: not valve.is_open)
    assert caplog.text.count("the camera stays on: this system cannot report") == 1
    assert caplog.text.count("the system reports viewers again") == 1


def test_while_it_cannot_tell_it_asks_only_now_and_then(valve: CameraValve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_demand, "sys", SimpleNamespace(platform="linux"))
    asked: list[None] = []
    monkeypatch.setattr(Watched, "watched", lambda sink: asked.append(None))
    with OnDemand(valve, lambda: [UNKNOWN]):
        until(lambda: asked)
        time.sleep(0.1)
    assert len(asked) == 1


def test_a_sink_that_always_counts_as_watched_is_named(valve: CameraValve, caplog: pytest.LogCaptureFixture) -> None:
    with OnDemand(valve, lambda: [UNSEEN, ALWAYS]):
        pass
    assert "the camera stays on: null counts as watched all the time" in caplog.text


def test_closing_lets_the_camera_on_and_ends_the_thread(valve: CameraValve, sink: Watched) -> None:
    before = threading.active_count()
    watching = OnDemand(valve, lambda: [sink])
    until(lambda: not valve.is_open)
    watching.close()
    watching.close()
    assert valve.is_open
    assert threading.active_count() == before
