"""The programs of ``lab_endurance``: ``greenless run``, and a reader of its virtual camera.

Both record what they receive and log, with times on the monotonic clock.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
READER = ROOT / "benchmarks" / "v4l2_reader.py"
CAMERA, LOOPBACK = "/dev/video0", "/dev/video10"
PATIENCE_S = 300.0

RUN = (
    "run --camera /dev/video0 --pixel-format YUYV --width 320 --height 180 --sink virtual-camera "
    "--background blur --runtime onnx --reference-size 96 --no-page --json"
)
NOTICE = 51
"""Y of the notice's background colour in ``realtime.media.notice``; the corner of vivid's frames has another one."""


class Seen(NamedTuple):
    """One frame that a reader got."""

    at_s: float
    notice: bool


class Reader:
    """Another program that reads the virtual camera, and retries until it can open it."""

    def __init__(self) -> None:
        self.started_s = time.monotonic()
        self.process = subprocess.Popen([sys.executable, READER, LOOPBACK], stdout=subprocess.PIPE, text=True)
        self.seen: list[Seen] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if not line.endswith("\n"):  # killed in the middle of it
                return
            at_s, brightness = map(float, line.split())
            self.seen.append(Seen(at_s, abs(brightness - NOTICE) < 8))

    def first(self, after_s: float, *, live: bool = False) -> float:
        """Wait for the first frame after ``after_s``, or with ``live`` the first that is no notice; return its time."""
        return until(lambda: next((s.at_s for s in list(self.seen) if s.at_s > after_s and not (live and s.notice)), 0))

    def gap_s(self) -> float:
        """Return the longest time without a frame."""
        moments = [seen.at_s for seen in self.seen]
        return max((after - before for before, after in pairwise(moments)), default=0.0)

    def kill(self) -> None:
        """Kill the reader, like a crash."""
        self.process.kill()
        self.process.wait()


class Greenless:
    """``greenless run`` in a separate process."""

    def __init__(self, *more: str) -> None:
        handle, name = tempfile.mkstemp(suffix=".log")
        os.close(handle)
        self.log = Path(name)
        words = [*RUN.split(), "--log-file", name, *more]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "realtime", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )

    def said(self, words: str, after_s: float) -> float:
        """Wait for the first log line with ``words`` after ``after_s``; return its time."""
        shift_s = time.time() - time.monotonic()

        def find() -> float:
            for line in self.log.read_text().splitlines():
                if words in line:
                    at_s = datetime.strptime(line[:23], "%Y-%m-%d %H:%M:%S,%f").timestamp() - shift_s
                    if at_s > after_s:
                        return at_s
            return 0.0

        return until(find)

    def has_open(self, device: str) -> bool:
        """Return whether it has the device open."""
        if self.process.poll() is not None:
            raise RuntimeError(f"greenless ended, status {self.process.returncode}")
        folder = f"/proc/{self.process.pid}/fd"
        for descriptor in os.listdir(folder):
            with suppress(OSError):  # closed in this moment
                if os.readlink(f"{folder}/{descriptor}") == device:
                    return True
        return False

    def holds(self) -> dict[str, float]:
        """Return the resources that may leak."""
        status = dict(line.split(":", 1) for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines())
        descriptors = len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))
        megabytes = int(status["VmRSS"].split()[0]) / 1024
        return {"threads": int(status["Threads"]), "descriptors": descriptors, "memory_mb": round(megabytes, 1)}

    def processor_s(self) -> float:
        """Return the CPU time so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> dict[str, object]:
        """Make it end; return what it measured."""
        self.process.send_signal(signal.SIGINT)
        said, _ = self.process.communicate(timeout=PATIENCE_S)
        self.log.unlink()
        stats: dict[str, object] = json.loads(said)
        return {key: stats[key] for key in ("frames", "held", "errors")} | {"status": self.process.returncode}


def say(what: str) -> None:
    """Print progress to standard error."""
    print(what, file=sys.stderr, flush=True)


def until(ask: Callable[[], float]) -> float:
    """Call ``ask`` until its result is true; return that result."""
    end_s = time.monotonic() + PATIENCE_S
    while not (answer := ask()):
        if time.monotonic() > end_s:
            raise TimeoutError(f"waited {PATIENCE_S:g} s in vain")
        time.sleep(0.01)
    return answer
