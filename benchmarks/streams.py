"""Measures streams to a server on this machine: latency until another program has the frame decoded, and CPU time.

    python benchmarks/streams.py            # RTMP, RTSP, SRT (Debian's ffmpeg receives) and WHIP (aiortc receives)
    python benchmarks/streams.py rtmp srt   # these alone

The first table sends the sample at 1280x720 and 30 fps to the sink alone. Each frame carries its number as a grey, and
the latency runs from ``send`` until the receiver has decoded the frame. The second table is the live loop with and
without the stream. CPU time is in ms for each frame, so a busy machine changes it less than the frame rate. The process
that sends is counted apart; in the second table with its start.
"""

import itertools
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, cast

import numpy as np

from realtime.capture import open_source
from realtime.errors import SinkError
from realtime.frame import Composite, Matte
from realtime.session.session import Session
from realtime.settings.schema import CameraSettings, Settings
from realtime.sinks import open_sink
from realtime.sinks.streaming.stream import Stream

READER = Path(__file__).resolve().parent / "streams_reader.py"
WIDTH_PX, HEIGHT_PX, FPS = 1280, 720, 30
SECONDS = 20
GREYS, FIRST_GREY, STEP = 40, 20, 5
STAMP_PX = 32
PORT = 19_350
CAMERA = CameraSettings(width=WIDTH_PX, height=HEIGHT_PX, fps=FPS)
KINDS = ("rtmp", "rtsp", "srt", "whip")
PATIENCE_S = 30

Opened = TypeVar("Opened")


def main(kinds: Sequence[str] = KINDS) -> None:
    """Measure the kinds, and print rows of two tables."""
    print(f"{os.cpu_count()} cores, {len(os.sched_getaffinity(0))} usable, load {os.getloadavg()[0]:.1f}")
    composites = _composites()
    ports = itertools.count(PORT)
    for kind in kinds:
        print(f"| {_alone(kind, next(ports), composites)} |", flush=True)
    for kind in ("null", *kinds):
        print(f"| {_beside_the_loop(kind, next(ports))} |", flush=True)


def _alone(kind: str, port: int, composites: list[Composite]) -> str:
    reader = _Reader(kind, port)
    size = {"width_px": WIDTH_PX, "height_px": HEIGHT_PX}
    sink = _once_it_listens(lambda: open_sink(reader.url, **size, fps=FPS, live=True))
    before, sender_s = os.times(), _sender_s(reader)
    sent_s: list[float] = []
    longest_s, start_s = 0.0, time.monotonic()
    for index in range(SECONDS * FPS):
        if (rest_s := start_s + index / FPS - time.monotonic()) > 0:
            time.sleep(rest_s)
        sent_s.append(time.monotonic())
        composite = composites[index % GREYS]
        frame = replace(composite.matte.frame, captured_s=sent_s[-1])
        sink.send(replace(composite, matte=replace(composite.matte, frame=frame)))
        longest_s = max(longest_s, time.monotonic() - sent_s[-1])
    time.sleep(1.0)
    seen, taken = list(reader.seen), cast(Stream, sink).sent
    here_ms, _ = _cpu_ms(before, os.times(), taken)
    there_ms = 1000 * (_sender_s(reader) - sender_s) / taken
    sink.close()
    reader.close()
    ages_s = _ages(seen, sent_s)
    return (
        f"{kind} | {1000 * statistics.median(ages_s):.0f} ms | {1000 * float(np.percentile(ages_s, 95)):.0f} ms "
        f"| {taken} of {len(sent_s)} | {here_ms:.1f} ms | {there_ms:.1f} ms | {1000 * longest_s:.1f} ms"
    )


def _beside_the_loop(kind: str, port: int) -> str:
    reader = _Reader(kind, port) if kind != "null" else None
    before = os.times()
    settings = Settings(source="sample", camera=CAMERA, sink=(reader.url if reader else "null",))
    with _once_it_listens(lambda: Session(settings)) as session:
        summary = session.run(SECONDS)
    here_ms, there_ms = _cpu_ms(before, os.times(), max(summary.frames, 1))
    if reader:
        reader.close()
    share = f"{here_ms:.1f} ms | {there_ms:.1f} ms"
    return f"{kind} | {summary.fps:.1f} | {summary.age.p50_ms:.0f} ms | {summary.age.p95_ms:.0f} ms | {share}"


def _once_it_listens(open_it: Callable[[], Opened]) -> Opened:
    """Try until the reader listens."""
    until_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            return open_it()
        except SinkError:
            if time.monotonic() > until_s:
                raise


def _sender_s(reader: "_Reader") -> float:
    """CPU time so far of the process that sends: of the children but the reader. Linux only."""
    children = {int(pid) for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()}
    stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in children - {reader.pid}]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")


def _cpu_ms(before: os.times_result, after: os.times_result, frames: int) -> tuple[float, float]:
    """CPU time for each frame: of this process, and of its children that ended."""
    here_s = after.user - before.user + after.system - before.system
    there_s = after.children_user - before.children_user + after.children_system - before.children_system
    return 1000 * here_s / frames, 1000 * there_s / frames


def _ages(seen: list[tuple[float, int]], sent_s: list[float]) -> list[float]:
    ages = []
    for seen_s, grey in seen:
        number = round((grey - FIRST_GREY) / STEP)
        sent = [s for index, s in enumerate(sent_s) if index % GREYS == number and s <= seen_s]
        if sent:
            ages.append(seen_s - sent[-1])
    return ages


def _composites() -> list[Composite]:
    """Frames of the sample, each with its number as a grey in its corner."""
    composites = []
    with open_source("sample", CAMERA, paced=False) as source:
        for index, frame in enumerate(itertools.islice(source, GREYS)):
            pixels = frame.pixels.copy()
            pixels[:STAMP_PX, :STAMP_PX] = FIRST_GREY + STEP * index
            matte = Matte(alpha=np.ones(pixels.shape[:2], np.float32), frame=frame)
            composites.append(Composite(pixels=pixels, matte=matte, person=pixels))
    return composites


class _Reader:
    """Another program that receives the stream and decodes it."""

    def __init__(self, kind: str, port: int) -> None:
        self.seen: list[tuple[float, int]] = []
        command = [sys.executable, str(READER), kind, str(port)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.pid = self._process.pid
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._thread.join()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                seen_s, grey = line.split()
                self.seen.append((float(seen_s), int(grey)))


if __name__ == "__main__":
    main(sys.argv[1:] or KINDS)
