"""Checks that greenless can run for a long time: its resources while clients come and go.

    python benchmarks/soak.py --minutes 120 > docs/data/soak.json

It starts ``greenless run --source sample:rendered --sink null`` in a separate process and watches it from outside.
Linux only. One client watches the overlay all the time. Others open overlay, page and events, stay for some seconds,
and leave: with a proper close, in the middle of a frame, or without ever answering. The background changes from time to
time.

Every five minutes, or every tenth of a shorter run, ends with a rest: for half a minute the clients stay away and the
background is blur. The script compares the first rest with the last. It prints JSON: both rests and every sample.
Memory is the proportional set size; frame rates are those of the two halves. Samples of rests also go to standard
error. The exit status is 1 if the end is worse than the beginning; standard error says how.
"""

import argparse
import itertools
import json
import os
import random
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from realtime.commands.machine import machine
from realtime.errors import ControlError
from realtime.web import access, client

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_S = 5.0
START_S = 300.0
ROUND_S = 300.0
REST_S = 30.0
GONE_S = 15.0
STAYS_S = (0.5, 8.0)
BACKGROUNDS = ("blur", "#00b140", "transparent", "#2b3a42")

GROWTH_PERCENT = 5.0
"""Growth of memory that the allocator may cause."""

RATE = 0.99
"""Share of the first half's frame rate that the second half must reach."""


class Watcher:
    """A client that displays every frame at once, and counts them.

    Args:
        path: path of the view, or of the events.
        answers: whether it confirms each frame; a client that does not confirm receives two.
    """

    def __init__(self, path: str, *, answers: bool = True) -> None:
        there = client.running()
        self._answers = answers
        self.pictures = 0
        self.age_ms = float("nan")
        self.connection: ClientConnection = connect(
            there.url.replace("http", "ws", 1) + path,
            additional_headers={"Authorization": f"Bearer {there.token}"},
            max_size=None,
            open_timeout=START_S,
        )
        threading.Thread(target=self._show, daemon=True).start()

    def _show(self) -> None:
        with suppress(WebSocketException, OSError):
            for message in self.connection:
                if isinstance(message, bytes):
                    number, self.age_ms = struct.unpack_from("<I8xf", message)
                    self.pictures += 1
                    if self._answers:
                        self.connection.send(str(number))

    def leave(self, *, politely: bool) -> None:
        """Close the connection properly, or break it off."""
        if politely:
            self.connection.close()
        else:
            with suppress(OSError):
                self.connection.socket.shutdown(socket.SHUT_RDWR)


class Rounds:
    """The schedule of the clients: they stay away for the last half minute of every round."""

    def __init__(self, minutes: float) -> None:
        self._start_s = time.monotonic()
        self._round_s = max(2 * REST_S, min(ROUND_S, 6 * minutes))

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start_s

    @property
    def resting_s(self) -> float:
        """Seconds since this round's rest began; negative before."""
        return self.seconds % self._round_s - (self._round_s - REST_S)


def come_and_go(over: threading.Event, rounds: Rounds, counts: dict[str, int]) -> None:
    """Open and close clients until ``over``."""
    chance = random.Random(1)
    paths = itertools.cycle(("/api/pictures/overlay", "/api/pictures/preview", "/api/events", "/api/pictures/matte"))
    backgrounds = itertools.cycle(BACKGROUNDS)
    while not over.is_set():
        try:
            if rounds.resting_s >= 0:
                client.ask("POST", "/api/settings", {"scene": {"background": BACKGROUNDS[0]}})
                over.wait(REST_S - rounds.resting_s)
                continue
            watcher = Watcher(next(paths), answers=chance.random() < 0.8)
            over.wait(chance.uniform(*STAYS_S))
            watcher.leave(politely=chance.random() < 0.5)
            counts["clients"] += 1
            if counts["clients"] % 10 == 0:
                client.ask("POST", "/api/settings", {"scene": {"background": next(backgrounds)}})
        except (WebSocketException, OSError, ControlError):
            counts["failures"] += not over.is_set()
            over.wait(1)


def sample(process: subprocess.Popen[bytes], rounds: Rounds) -> dict[str, Any]:
    """Measure the resources of the process."""
    resting = rounds.resting_s > GONE_S
    folder = Path(f"/proc/{process.pid}")
    rollup = dict(line.split(":", 1) for line in (folder / "smaps_rollup").read_text().splitlines()[1:])
    stats = client.ask("GET", "/api/stats")
    return {
        "minute": round(rounds.seconds / 60, 3),
        "resting": resting,
        "memory_mb": round(int(rollup["Pss"].split()[0]) / 1000, 1),
        "threads": len(os.listdir(folder / "task")),
        "descriptors": len(os.listdir(folder / "fd")),
        "frames": stats["frames"],
        "age_p50_ms": round(stats["recent"]["age"]["p50_ms"], 1),
        "overlay_age_p50_ms": round(stats["overlay"]["age"]["p50_ms"], 1),
    }


def soak(minutes: float, size: str, fps: float) -> dict[str, Any]:
    """Run greenless for ``minutes`` and sample it."""
    width, height = size.split("x")
    words = f"run --source sample:rendered --sink null --width {width} --height {height} --fps {fps} --port 0 --json"
    command = [sys.executable, "-m", "realtime", *words.split(), "--seconds", str(60 * minutes + START_S)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    over, counts = threading.Event(), {"clients": 0, "failures": 0}
    try:
        while not access.running():
            time.sleep(0.2)
            if process.poll() is not None:
                raise SystemExit(f"greenless ended with status {process.returncode}")
        steady = Watcher("/api/pictures/overlay")
        rounds = Rounds(minutes)
        thread = threading.Thread(target=come_and_go, args=[over, rounds, counts])
        thread.start()
        samples = []
        while rounds.seconds < 60 * minutes:
            time.sleep(SAMPLE_S)
            samples.append(sample(process, rounds))
            if samples[-1]["resting"]:
                print(json.dumps(samples[-1]), file=sys.stderr, flush=True)
        over.set()
        thread.join()
        steady.leave(politely=True)
    finally:
        over.set()
        process.terminate()
        out, _ = process.communicate(timeout=120)
    return verdict(minutes, samples, counts | {"steady_pictures": steady.pictures}, json.loads(out))


def verdict(
    minutes: float, samples: list[dict[str, Any]], counts: dict[str, int], summary: dict[str, Any]
) -> dict[str, Any]:
    """Return the samples, and the medians of the first and the last rest."""
    rests = [list(rows) for resting, rows in itertools.groupby(samples, lambda row: row["resting"]) if resting]
    early, late = rests[0], rests[-1]

    def median(rows: list[dict[str, Any]], key: str) -> float:
        return float(statistics.median(row[key] for row in rows))

    def rate(rows: list[dict[str, Any]]) -> float:
        return float((rows[-1]["frames"] - rows[0]["frames"]) / (60 * (rows[-1]["minute"] - rows[0]["minute"])))

    middle = len(samples) // 2
    keys = ("memory_mb", "threads", "descriptors", "age_p50_ms", "overlay_age_p50_ms")
    return {
        "machine": machine(),
        "minutes": minutes,
        "rests": len(rests),
        "settled": {key: median(early, key) for key in keys} | {"fps": round(rate(samples[:middle]), 2)},
        "end": {key: median(late, key) for key in keys} | {"fps": round(rate(samples[middle:]), 2)},
        "memory_growth_percent": round(100 * (median(late, "memory_mb") / median(early, "memory_mb") - 1), 2),
        **counts,
        "errors": summary["errors"],
        "samples": samples,
    }


def worse(found: dict[str, Any]) -> list[str]:
    """Return a line for each figure that is worse at the end of a run than at its beginning."""
    settled, end = found["settled"], found["end"]
    faults = []
    if found["memory_growth_percent"] > GROWTH_PERCENT:
        faults.append(
            f"memory grew by {found['memory_growth_percent']} percent, from {settled['memory_mb']} to "
            f"{end['memory_mb']} MB; {GROWTH_PERCENT:g} are allowed"
        )
    for name in ("threads", "descriptors"):
        if end[name] > settled[name]:
            faults.append(f"{name} grew from {settled[name]:g} to {end[name]:g}")
    if not end["fps"] >= RATE * settled["fps"]:
        faults.append(f"the rate fell from {settled['fps']} to {end['fps']} fps; {100 * RATE:g} percent are expected")
    return faults


def main() -> None:
    """Run, print, and exit with the verdict."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--size", default="640x360", help="of the pictures (default: %(default)s)")
    parser.add_argument("--fps", type=float, default=30.0, help="of the source (default: %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["GREENLESS_HOME"] = home
        found = soak(options.minutes, options.size, options.fps)
    print(json.dumps(found, indent=2))
    if faults := worse(found):
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
