"""A file that is watched: written, replaced, made and removed."""

import os
import threading
from pathlib import Path

import pytest

from realtime.settings.watch import Watcher

PATIENCE_S = 180.0
PERIOD_S = 0.01


@pytest.mark.parametrize("how", ["written", "replaced", "made", "removed"])
def test_each_change_is_reported(tmp_path: Path, how: str) -> None:
    path, told = tmp_path / "s.toml", threading.Event()
    if how != "made":
        path.write_text("old")
    with Watcher(path, told.set, period_s=PERIOD_S):
        assert not told.wait(10 * PERIOD_S)
        if how == "removed":
            path.unlink()
        elif how == "replaced":
            (tmp_path / "new").write_text("new")
            os.replace(tmp_path / "new", path)
        else:
            path.write_text("new and longer")
        assert told.wait(PATIENCE_S)


def test_one_that_raises_is_notified_again_at_the_next_change(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path, times, told = tmp_path / "s.toml", [0], threading.Event()

    def fail() -> None:
        times[0] += 1
        told.set()
        raise RuntimeError("bad day")

    with Watcher(path, fail, period_s=PERIOD_S):
        for text in ("a", "bb"):
            told.clear()
            path.write_text(text)
            assert told.wait(PATIENCE_S)
    assert times[0] >= 2
    assert "bad day" in caplog.text


def test_nothing_is_reported_after_the_end(tmp_path: Path) -> None:
    path, told = tmp_path / "s.toml", threading.Event()
    with Watcher(path, told.set, period_s=PERIOD_S):
        pass
    path.write_text("late")
    assert not told.wait(5 * PERIOD_S)
