import subprocess
import time
from types import SimpleNamespace

import numpy as np
import pytest

from realtime.bench.footprint import footprint
from realtime.bench.reel import reel


@pytest.fixture
def shown():
    drawn = [(np.full((48, 64, 3), shade, np.uint8), np.zeros((48, 64), np.uint8)) for shade in (0, 80)]
    return reel(drawn, (64, 48), np.zeros((48, 64, 3), np.uint8))


def test_the_command_is_started_twice_and_its_memory_read(shown, monkeypatch):
    started = []

    def run(words, **options):
        started.append((words, options["env"]["GREENLESS_HOME"]))
        return SimpleNamespace(returncode=0, stdout=f"{time.time() + 3600}\n", stderr="said\n250000\n")

    monkeypatch.setattr(subprocess, "run", run)
    found = footprint(shown, 2.0)
    assert found["first_start_s"] == pytest.approx(3600, abs=60)
    assert found["start_s"] == pytest.approx(3600, abs=60)
    assert found["memory_mb"] in (256.0, None)  # None where there is no /proc
    assert len({home for _, home in started}) == 1
    assert all(words[3:7] == started[0][0][3:7] for words, _ in started)


def test_a_command_that_fails_or_hangs_is_unknown(shown, monkeypatch):
    def fails(words, **options):
        if "timeout" in options:
            raise subprocess.TimeoutExpired(words, 1)
        return SimpleNamespace(returncode=2, stdout="", stderr="error\n1\n")

    monkeypatch.setattr(subprocess, "run", fails)
    assert footprint(shown, 2.0) == {"first_start_s": None, "start_s": None, "memory_mb": None}
