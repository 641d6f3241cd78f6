"""Starts ``greenless run`` in separate processes and measures its start time and memory.

The start time is the time to the first composite: for the very first start on a machine, which still has to choose a
runtime, and for later starts. The memory is the largest resident memory in MB.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.comparison.coded_frames import CodedFrames
from benchmarks.comparison.webcam import save_clip

_FIRST_PICTURE = """
import os, sys, time
from realtime.sinks.null import Null
def send(self, composite):
    print(time.time(), flush=True)
    os._exit(0)
Null.send = send
from realtime.cli import main
sys.exit(main(sys.argv[1:]))
"""

_MOST_MEMORY = """
import os, sys
from pathlib import Path
from realtime.cli import main
status = main(sys.argv[1:])
status_file = Path("/proc/self/status")
for line in status_file.read_text().splitlines() if status_file.is_file() else ():
    if line.startswith("VmHWM:"):
        print(line.split()[1], file=sys.stderr, flush=True)
os._exit(status)
"""
"""The process reads its own memory, because ``ru_maxrss`` in its parent includes the parent's memory."""

_LONGEST_S = 120.0
_CHOICE_S = 12.0
"""A run of this length has chosen its runtime."""


def footprint(shown: CodedFrames, seconds: float) -> dict[str, Any]:
    """Measure ``first_start_s``, ``start_s`` and ``memory_mb`` (None if the system does not report it).

    Args:
        shown: the frames, which are saved as a clip first.
        seconds: duration of the run whose memory is read.
    """
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        save_clip(shown, clip, 8 * len(shown.coded))
        words = ["run", "--source", str(clip), "--sink", "null"]
        home = {"GREENLESS_HOME": str(Path(folder) / "home")}
        first_s = _start_s(words, home)
        _memory_mb([*words, "--seconds", f"{_CHOICE_S:g}"], home)
        again_s = _start_s(words, home)
        onnx = [*words, "--runtime", "onnx", "--seconds", f"{seconds:g}"]
        return {"first_start_s": first_s, "start_s": again_s, "memory_mb": _memory_mb(onnx, home)}


def _start_s(words: list[str], home: dict[str, str]) -> float | None:
    started_s = time.time()
    done = _run(_FIRST_PICTURE, words, home)
    return None if done is None or not done.stdout else round(float(done.stdout) - started_s, 2)


def _memory_mb(words: list[str], home: dict[str, str]) -> float | None:
    done = _run(_MOST_MEMORY, words, home)
    last = "" if done is None else done.stderr.strip().rpartition("\n")[2]
    return round(int(last) * 1024 / 1e6, 1) if last.isdigit() else None


def _run(script: str, words: list[str], home: dict[str, str]) -> "subprocess.CompletedProcess[str] | None":
    """Run the command in a separate process and return its output; None if it failed or took too long."""
    command, environment = [sys.executable, "-c", script, *words], {**os.environ, **home}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_LONGEST_S, check=False)
    except subprocess.TimeoutExpired:
        return None
    return done if done.returncode == 0 else None
