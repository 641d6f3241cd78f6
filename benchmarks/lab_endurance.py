"""Endurance test of camera and virtual camera on V4L2 devices: killed readers, an unplugged camera, on-demand runs.

    LAB/run python benchmarks/lab_endurance.py [--rounds 10] [--pulls 5] > docs/data/endurance.json

It needs vivid as /dev/video0 and v4l2loopback as /dev/video10: in the V4L2 lab, or as root on a machine that has loaded
both. It starts ``greenless run`` and records what other programs receive. It prints JSON; all times are in seconds.

- ``gap_s``: longest time without a frame for a reader that stays connected.
- ``processor_s``: CPU time of all threads of greenless until the first real frame.
- ``noticed``, ``opened``, ``first_real_picture``: from the reader's first frame to the decision to open the camera, to
  the camera's first frame, and to the first real frame at the reader. For an unplugged camera, times count from its
  return. The script reads these steps from greenless's log.
"""

import argparse
import fcntl
import json
import os
import signal
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.lab_programs import CAMERA, LOOPBACK, Greenless, Reader, say, until

AWAY_S = 3.0
"""For how long the camera is unplugged: long enough for the notice to appear."""

REST_S = 2.0
"""Pause without a reader after the camera closes."""


@contextmanager
def pulled() -> Iterator[None]:
    """Unplug the camera while the block runs: vivid returns when its last handle closes."""
    handle = os.open(CAMERA, os.O_RDWR | os.O_NONBLOCK)
    try:
        fcntl.ioctl(handle, 0xC008561C, struct.pack("Ii", 0x00F0F041, 1))  # VIDIOC_S_CTRL, vivid's Disconnect
        yield
    finally:
        os.close(handle)


def one_reader(rounds: int) -> list[float]:
    """Start and kill one reader after the other; return each one's time to its first frame."""
    took = []
    for _ in range(rounds):
        reader = Reader()
        took.append(reader.first(0.0) - reader.started_s)
        reader.kill()
    return took


def beside_others(rounds: int) -> dict[str, float]:
    """Watch a reader that stays while another one stalls, and more readers start and are killed."""
    say("readers beside one that stays and one that stopped reading")
    stays, stuck = Reader(), Reader()
    stays.first(0.0)
    stuck.first(0.0)
    stuck.process.send_signal(signal.SIGSTOP)
    one_reader(rounds)
    stays.first(time.monotonic())
    result = {"gap_s": stays.gap_s(), "frames": len(stays.seen)}
    stays.kill()
    stuck.kill()
    return result


def pull(run: Greenless, pulls: int) -> dict[str, object]:
    """Unplug and replug the camera while a reader stays."""
    say("the camera is pulled")
    reader = Reader()
    reader.first(0.0, live=True)
    steps: dict[str, list[float]] = {"opened_after_s": [], "back_after_s": [], "processor_s": []}
    for _ in range(pulls):
        with pulled():
            time.sleep(AWAY_S)
            until(lambda: reader.seen[-1].notice)
        back_s, before_s = time.monotonic(), run.processor_s()
        opened_s = run.said("is open again", back_s)
        live_s = reader.first(opened_s, live=True)
        steps["processor_s"].append(run.processor_s() - before_s)
        steps["opened_after_s"].append(opened_s - back_s)
        steps["back_after_s"].append(live_s - back_s)
        reader.first(time.monotonic() + 0.5)
    result = {**steps, "gap_s": reader.gap_s(), "frames": len(reader.seen)}
    reader.kill()
    return result


def on_demand(rounds: int) -> dict[str, object]:
    """Check that the camera is open only while a reader streams, not for a program that only opens the device."""
    say("on demand")
    run = Greenless("--on-demand")
    steps: dict[str, list[float]] = {
        "noticed_after_s": [],
        "opened_after_s": [],
        "first_real_picture_after_s": [],
        "processor_s": [],
        "closed_after_s": [],
    }
    until(lambda: run.has_open(LOOPBACK) and not run.has_open(CAMERA))
    os.close(os.open(LOOPBACK, os.O_RDWR | os.O_NONBLOCK))
    time.sleep(1.0)
    lit_by_a_look = run.has_open(CAMERA)
    start_s, start_processor_s = time.monotonic(), run.processor_s()
    time.sleep(5.0)
    idle = (run.processor_s() - start_processor_s) / (time.monotonic() - start_s)
    for _ in range(rounds):
        before_s = run.processor_s()
        reader = Reader()
        first_s = reader.first(0.0)
        opened_s = run.said("is open again", reader.started_s)
        live_s = reader.first(opened_s, live=True)
        steps["processor_s"].append(run.processor_s() - before_s)
        steps["noticed_after_s"].append(run.said("somebody watches", reader.started_s) - first_s)
        steps["opened_after_s"].append(opened_s - first_s)
        steps["first_real_picture_after_s"].append(live_s - first_s)
        reader.kill()
        left_s = time.monotonic()
        until(lambda: not run.has_open(CAMERA))
        steps["closed_after_s"].append(time.monotonic() - left_s)
        time.sleep(REST_S)
    return {**steps, "lit_by_a_look": lit_by_a_look, "idle_processor": idle, **run.end()}


def measure(rounds: int, pulls: int) -> dict[str, object]:
    """Run all tests."""
    run = Greenless()
    until(lambda: run.has_open(LOOPBACK))
    warm = Reader()
    warm.first(0.0, live=True)
    warm.kill()
    before = run.holds()
    say("one reader after the other")
    found: dict[str, object] = {
        "first_frame_after_s": one_reader(rounds),
        "beside_others": beside_others(rounds),
        "pulled": pull(run, pulls),
        "at_the_start": before,
        "at_the_end": run.holds(),
        **run.end(),
    }
    return {"always_on": found, "on_demand": on_demand(min(rounds, 5))}


def rounded(value: object) -> object:
    """Round all numbers in a nested value to milliseconds."""
    if isinstance(value, dict):
        return {key: rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return round(value, 3) if isinstance(value, float) else value


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10, help="readers that come and are killed")
    parser.add_argument("--pulls", type=int, default=5, help="how often the camera is pulled")
    options = parser.parse_args()
    print(json.dumps(rounded(measure(options.rounds, options.pulls)), indent=2))
