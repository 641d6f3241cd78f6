import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime.media.inotify import IN_ATTRIB, IN_CLOSE, IN_CREATE, IN_OPEN, Inotify


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


def test_a_new_entry_of_a_folder_is_reported_whatever_its_name(events: Inotify, tmp_path: Path) -> None:
    events.add(tmp_path, IN_CREATE | IN_ATTRIB)
    for name in ("v", "n" * 255, "video0"):
        (tmp_path / name).touch()
    (tmp_path / "v").chmod(0o600)
    assert events.read() == [IN_CREATE] * 3 + [IN_ATTRIB]


def test_many_events_come_at_once(events: Inotify, tmp_path: Path) -> None:
    events.add(tmp_path, IN_CREATE)
    for number in range(300):
        (tmp_path / f"a rather long name of a file, {number}").touch()
    assert len(events.read()) == 300


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
