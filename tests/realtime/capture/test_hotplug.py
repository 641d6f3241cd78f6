import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime.capture import hotplug
from realtime.capture.hotplug import Hotplug

linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux'")


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for /dev."""
    monkeypatch.setattr(hotplug, "DEV", tmp_path)
    return tmp_path


@pytest.fixture
def camera(dev: Path) -> Path:
    """The node of a camera."""
    node = dev / "video0"
    node.touch()
    return node


@pytest.fixture
def signs(dev: Path, camera: Path) -> Iterator[Hotplug]:
    with Hotplug(str(camera)) as signs:
        yield signs


@linux
def test_nothing_happens_without_a_sign(signs: Hotplug) -> None:
    assert not signs.sign()


@linux
def test_a_camera_that_is_plugged_in_is_seen_and_when_it_may_be_used_too(signs: Hotplug, camera: Path) -> None:
    camera.unlink()
    assert not signs.sign()
    camera.touch()
    assert signs.sign()
    assert not signs.sign()
    camera.chmod(0o660)
    assert signs.sign()


@linux
def test_another_program_that_gives_it_back_is_seen(signs: Hotplug, camera: Path) -> None:
    with camera.open("rb"):
        assert not signs.sign()
    assert signs.sign()


@linux
def test_so_it_is_of_a_camera_that_was_plugged_in_meanwhile(signs: Hotplug, camera: Path) -> None:
    camera.unlink()
    camera.touch()
    assert signs.sign()
    with camera.open("rb"):
        assert not signs.sign()
    assert signs.sign()


@linux
def test_a_camera_that_is_away_at_first_is_waited_for(dev: Path) -> None:
    with Hotplug(str(dev / "video3")) as signs:
        assert not signs.sign()
        (dev / "video3").touch()
        assert signs.sign()


@pytest.mark.usefixtures("dev")
def test_without_reports_there_are_no_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with Hotplug(0) as signs:
        assert not signs.sign()


@linux
def test_nothing_is_left_open(dev: Path, camera: Path) -> None:
    before = set(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with Hotplug(str(camera)) as signs:
            signs.sign()
        signs.close()
    assert set(os.listdir("/proc/self/fd")) <= before
