"""Who reads a virtual camera: the events of v4l2loopback 0.13 and later from a fake, opens from a real file."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("V4L2 is Linux'", allow_module_level=True)

from realtime.errors import SinkError
from realtime.media.inotify import IN_Q_OVERFLOW
from realtime.sinks import consumers
from realtime.sinks.consumers import Opens, Streams, watch


class Driver:
    """v4l2loopback 0.13 as its users meet it: an event at every change, and the level to who subscribes anew."""

    def __init__(self) -> None:
        self.streaming = 0
        self.loses_events = False
        self.refuses: int | None = None
        self.queues: dict[int, list[int]] = {}

    def ioctl(self, descriptor: int, request: int, argument: bytes) -> bytes:
        if request == consumers.VIDIOC_SUBSCRIBE_EVENT:
            kind, identity, flags = consumers.SUBSCRIPTION.unpack(argument)
            assert (kind, identity, flags) == (0x10E00001, 0, 1)
            if self.refuses is not None:
                raise OSError(self.refuses, os.strerror(self.refuses))
            self.queues[descriptor] = [self.streaming]
            return argument
        assert request == consumers.VIDIOC_DQEVENT
        assert len(argument) == 136
        if not self.queues[descriptor]:
            raise OSError(errno.ENOENT, "no event")
        return consumers.EVENT.pack(0x10E00001, self.queues[descriptor].pop(0))

    def change(self, streaming: int) -> None:
        """Programs start or stop to stream."""
        self.streaming = streaming
        for queue in self.queues.values() if not self.loses_events else ():
            queue[:] = [streaming]  # the driver keeps the newest only


@pytest.fixture
def node(tmp_path: Path) -> Path:
    path = tmp_path / "video10"
    path.write_bytes(b"")
    return path


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Driver:
    driver = Driver()
    monkeypatch.setattr("realtime.sinks.consumers.fcntl.ioctl", driver.ioctl)
    return driver


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """``later(seconds)``: let the clock go on."""
    now_s = 1.0  # a machine that has just started

    def go_on(seconds: float) -> None:
        nonlocal now_s
        now_s += seconds

    monkeypatch.setattr("realtime.sinks.consumers.time.monotonic", lambda: now_s)
    return go_on


@pytest.fixture
def descriptors() -> Iterator[None]:
    """Looks, when the test is over, that none was left open."""
    before = set(os.listdir("/proc/self/fd"))
    yield
    assert set(os.listdir("/proc/self/fd")) <= before


@pytest.mark.usefixtures("descriptors", "later")
class TestEvents:
    def test_programs_that_come_and_go_are_seen(self, driver: Driver, node: Path) -> None:
        watching = watch(str(node))
        assert isinstance(watching, Streams)
        assert not watching.any()
        for streaming in (1, 2, 1, 0, 1):
            driver.change(streaming)
            assert watching.any() == bool(streaming)
            assert watching.any() == bool(streaming), "and it stays so"
        watching.close()
        watching.close()

    def test_one_that_streams_already_is_seen_at_once(self, driver: Driver, node: Path) -> None:
        driver.streaming = 1
        watching = Streams(str(node))
        assert watching.any()
        watching.close()

    @pytest.mark.parametrize(("before", "after"), [(0, 1), (1, 0)])
    def test_a_lost_event_costs_seconds_not_the_day(
        self, driver: Driver, node: Path, later: Callable[[float], None], before: int, after: int
    ) -> None:
        driver.streaming = before
        watching = Streams(str(node))
        assert watching.any() == bool(before)
        driver.loses_events = True
        driver.change(after)
        assert watching.any() == bool(before)
        later(consumers.LEVEL_S)
        assert watching.any() == bool(after)
        watching.close()

    def test_a_level_that_cannot_be_read_again_leaves_the_events(
        self, driver: Driver, node: Path, later: Callable[[float], None]
    ) -> None:
        watching = Streams(str(node))
        driver.refuses = errno.EBUSY
        later(consumers.LEVEL_S)
        assert not watching.any()
        driver.change(1)
        assert watching.any()
        watching.close()

    @pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTTY])
    def test_an_older_driver_is_watched_by_its_opens(self, driver: Driver, node: Path, number: int) -> None:
        driver.refuses = number
        watching = watch(str(node))
        assert isinstance(watching, Opens)
        watching.close()

    @pytest.mark.parametrize("number", [errno.EACCES, errno.EBUSY])
    def test_one_without_permission_is_reported(self, driver: Driver, node: Path, number: int) -> None:
        driver.refuses = number
        with pytest.raises(SinkError, match=f"cannot find out which programs read {node}: {os.strerror(number)}"):
            watch(str(node))


@pytest.mark.usefixtures("descriptors", "later")
class TestOpens:
    @pytest.fixture(autouse=True)
    def holders(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Processes that have the node open, as /proc tells."""
        holders: list[str] = []
        monkeypatch.setattr(consumers, "is_open_elsewhere", lambda device: bool(holders))
        return holders

    def test_each_open_lasts_until_its_close(self, node: Path) -> None:
        watching = Opens(str(node))
        assert not watching.any()
        first = node.open("rb")
        assert watching.any()
        second = node.open("r+b")
        first.close()
        assert watching.any()
        second.close()
        assert not watching.any()
        watching.close()
        watching.close()

    def test_a_link_leads_to_its_node(self, node: Path) -> None:
        link = node.with_name("by-id")
        link.symlink_to(node)
        watching = Opens(str(link))
        with node.open("rb"):
            assert watching.any()
        watching.close()

    def test_a_program_that_was_there_before_is_seen_and_its_close_too(
        self, node: Path, holders: list[str], later: Callable[[float], None]
    ) -> None:
        early = node.open("rb")
        holders.append("early")
        watching = Opens(str(node))
        assert watching.any()
        with node.open("rb"):
            assert watching.any()
        early.close()
        holders.clear()
        watching.any()
        later(consumers.SOON_S)
        assert not watching.any()
        watching.close()

    @pytest.mark.parametrize("visible", [True, False])
    def test_two_closes_reported_as_one_leave_no_viewer_behind(
        self, node: Path, holders: list[str], later: Callable[[float], None], visible: bool
    ) -> None:
        watching = Opens(str(node))
        holders += ["a browser"] if visible else []
        first = node.open("rb")
        assert watching.any()
        second = node.open("rb")
        later(consumers.LEVEL_S)
        assert watching.any()
        first.close()
        second.close()
        holders.clear()
        watching.any()
        later(consumers.SOON_S)
        assert watching.any() is not visible
        watching.close()

    def test_the_processes_are_not_looked_at_with_every_close(
        self, node: Path, later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looks: list[str] = []

        def look(device: str) -> bool:
            looks.append(device)
            return False

        monkeypatch.setattr(consumers, "is_open_elsewhere", look)
        watching = Opens(str(node))
        for _ in range(12):
            node.open("rb").close()
            watching.any()
            later(consumers.SOON_S / 3)
        assert 4 <= len(looks) <= 5
        watching.close()

    def test_a_count_that_went_wrong_is_put_right(
        self, node: Path, holders: list[str], later: Callable[[float], None]
    ) -> None:
        early = node.open("rb")
        watching = Opens(str(node))
        unseen = node.open("rb")
        early.close()  # taken for the close of the other
        assert not watching.any()
        holders.append("unseen")
        later(consumers.LEVEL_S)
        assert watching.any()
        unseen.close()
        watching.close()

    def test_after_too_many_events_the_processes_are_looked_at(self, node: Path, holders: list[str]) -> None:
        watching = Opens(str(node))
        with node.open("rb"):
            watching._count(IN_Q_OVERFLOW)
        holders.append("who knows")
        watching._count(IN_Q_OVERFLOW)
        assert watching.any()
        watching.close()

    def test_a_missing_node_is_reported(self, tmp_path: Path) -> None:
        with pytest.raises(SinkError, match="cannot find out which programs read"):
            watch(str(tmp_path / "nowhere"))


def test_another_process_that_has_it_open_is_found(node: Path) -> None:
    with node.open("rb"):
        assert not consumers.is_open_elsewhere(str(node)), "only ourselves"
    holder = subprocess.Popen(
        [sys.executable, "-c", f"f = open({str(node)!r}); print('open', flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        holder.stdout.readline()
        assert consumers.is_open_elsewhere(str(node))
        holder.stdin.write(b"\n")
    assert not consumers.is_open_elsewhere(str(node))
