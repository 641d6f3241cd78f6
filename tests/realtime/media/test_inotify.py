import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime.media.inotify import IN_CLOSE, IN_OPEN, Inotify


@pytest.fixture
def events() -> Iterator[Inotify]:
    if sys.platform != "linux":
        pytest.skip("inotify is Linux'")
    events = Inotify()
    yield events
    events.close()
    events.close()


def test_each_event_of_a_file_is_reported_once(events: Inotify, tmp_path: Path) -> None:
    path = tmp_path / "node"
    path.touch()
    events.add(path, IN_OPEN | IN_CLOSE)
    assert events.read() == []
    with path.open("rb"):
        assert events.read() == [IN_OPEN]
    [closed] = events.read()
    assert closed & IN_CLOSE
    assert events.read() == []


def test_many_events_of_several_files_come_at_once_and_in_order(events: Inotify, tmp_path: Path) -> None:
    paths = [tmp_path / "v", tmp_path / ("n" * 255)]
    for path in paths:
        path.touch()
        events.add(path, IN_OPEN | IN_CLOSE)
    for number in range(300):
        with paths[number % 2].open("rb"):
            pass
    masks = events.read()
    assert masks[::2] == [IN_OPEN] * 300
    assert len(masks) == 600
    assert all(mask & IN_CLOSE for mask in masks[1::2])


def test_a_path_that_is_not_there_is_an_error(events: Inotify, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        events.add(tmp_path / "nowhere", IN_OPEN)


def test_elsewhere_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(OSError, match=os.strerror(errno.ENOSYS)):
        Inotify()


def test_its_descriptor_is_given_back() -> None:
    if sys.platform != "linux":
        pytest.skip("inotify is Linux'")
    before = set(os.listdir("/proc/self/fd"))
    Inotify().close()
    assert set(os.listdir("/proc/self/fd")) <= before
