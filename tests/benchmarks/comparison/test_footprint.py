import subprocess
import time
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.comparison.coded_frames import coded_frames
from benchmarks.comparison.footprint import footprint


@pytest.fixture
def shown():
    drawn = [(np.full((48, 64, 3), shade, np.uint8), np.zeros((48, 64), np.uint8)) for shade in (0, 80)]
    return coded_frames(drawn, (64, 48), np.zeros((48, 64, 3), np.uint8))


def test_the_first_start_a_choice_another_start_and_the_memory(shown, monkeypatch):
    started = []

    def run(words, **options):
        started.append((words, options["env"]["GREENLESS_HOME"]))
        return SimpleNamespace(returncode=0, stdout=f"{time.time() + 3600}\n", stderr="said\n250000\n")

    monkeypatch.setattr(subprocess, "run", run)
    found = footprint(shown, 2.0)
    assert found["first_start_s"] == pytest.approx(3600, abs=60)
    assert found["start_s"] == pytest.approx(3600, abs=60)
    assert found["memory_mb"] == 256.0
    assert len({home for _, home in started}) == 1
    assert all(words[3:7] == started[0][0][3:7] for words, _ in started)
    seconds = [float(words[words.index("--seconds") + 1]) if "--seconds" in words else None for words, _ in started]
    assert seconds == [None, 12.0, None, 2.0]


@pytest.mark.parametrize("hangs", [True, False])
def test_a_command_that_fails_or_hangs_is_unknown(shown, monkeypatch, hangs):
    def fails(words, **options):
        if hangs:
            raise subprocess.TimeoutExpired(words, options["timeout"])
        return SimpleNamespace(returncode=2, stdout="1", stderr="error\n1\n")

    monkeypatch.setattr(subprocess, "run", fails)
    assert footprint(shown, 2.0) == {"first_start_s": None, "start_s": None, "memory_mb": None}
