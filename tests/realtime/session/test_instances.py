"""Which greenless processes run now, and what they hold."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from realtime.session import instances
from realtime.settings import paths

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def other() -> Iterator["subprocess.Popen[str]"]:
    """A process that holds a camera until its standard input is closed."""
    script = (
        "import sys\n"
        "from realtime.session.instances import listed\n"
        "with listed({'source': ['camera 0'], 'sinks': ['virtual-camera', 'preview']}):\n"
        "    print('told', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "told\n"
        yield process
        process.kill()


def test_a_process_that_runs_is_named_with_what_it_holds(other: "subprocess.Popen[str]") -> None:
    assert instances.others() == {other.pid: {"source": ["camera 0"], "sinks": ["virtual-camera", "preview"]}}


def test_one_that_ended_is_not_and_leaves_nothing(other: "subprocess.Popen[str]") -> None:
    other.communicate()
    assert instances.others() == {}
    assert list(paths.instances_folder().iterdir()) == []


def test_one_that_was_killed_is_not_named_and_what_it_left_is_removed(other: "subprocess.Popen[str]") -> None:
    other.kill()
    other.wait()
    assert len(list(paths.instances_folder().iterdir())) == 2
    assert instances.others() == {}
    assert list(paths.instances_folder().iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="Windows removes no open file")
def test_what_a_killed_one_left_is_removed_before_its_lock_is_free(
    other: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    other.kill()
    other.wait()
    left: list[list[Path]] = []
    release = FileLock.release

    def seen(lock: FileLock, force: bool = False) -> None:
        left.append(list(paths.instances_folder().iterdir()))
        release(lock, force)

    monkeypatch.setattr(FileLock, "release", seen)
    assert instances.others() == {}
    assert left[0] == []


def test_this_process_is_no_other_one() -> None:
    with instances.listed({"source": ["camera 0"]}):
        assert instances.others() == {}
        assert (paths.instances_folder() / f"{os.getpid()}.json").is_file()
    assert list(paths.instances_folder().iterdir()) == []


def test_a_folder_that_cannot_be_written_stops_nothing(greenless_home: Path) -> None:
    greenless_home.touch()
    with instances.listed({"source": ["camera 0"]}):
        assert instances.others() == {}


def test_a_process_whose_notes_are_damaged_is_named_all_the_same(other: "subprocess.Popen[str]") -> None:
    (paths.instances_folder() / f"{other.pid}.json").write_text("{")
    assert instances.others() == {other.pid: {}}
