"""A first start that somebody ends: whatever signal does it, greenless ends by itself, with a whole recording."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNS = 2
"""At once, for each signal."""

PATIENCE_S = 300.0
SIGNALS = (
    "SIGTERM",
    "SIGINT",
    "SIGHUP",
)
START = """
from realtime.__main__ import program
program()
"""


class Run:
    """greenless on the sample, at its first start, recording into ``folder``."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.recording = folder / "out.mkv"
        self.chosen = folder / "home" / "weights" / "runtimes.json"
        words = ["run", "--source", "sample", "--width", "320", "--height", "240", "--no-page"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, *words, "--sink", str(self.recording)],
            cwd=ROOT,
            env={**os.environ, "GREENLESS_HOME": str(folder / "home")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def until_chosen(self) -> None:
        """By then the runtimes that lost the trial are gone, and a recording is under way."""
        end_s = time.monotonic() + PATIENCE_S
        while not self.chosen.exists():
            assert self.process.poll() is None, self.process.communicate()[1]
            assert time.monotonic() < end_s, "nothing was chosen"
            time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("name", SIGNALS)
def test_a_signal_after_the_trial_ends_the_run_with_a_whole_recording(tmp_path: Path, name: str) -> None:
    number = signal.Signals[name]
    runs = [Run(tmp_path / str(index)) for index in range(RUNS)]
    try:
        for run in runs:
            run.until_chosen()
        for run in runs:
            run.process.send_signal(number)
        ends = [(run.process.communicate(timeout=PATIENCE_S)[1], run.process.returncode) for run in runs]
    finally:
        for run in runs:
            run.process.kill()
            run.process.wait()
    for said, status in ends:
        assert status in (0, 128 + number), said
    for run in runs:
        assert [path.name for path in run.recording.parent.iterdir() if path.is_file()] == [run.recording.name]
        with av.open(str(run.recording)) as recording:
            assert sum(1 for _ in recording.decode(video=0)) > 10
