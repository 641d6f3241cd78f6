"""Measures a virtual camera: the latency that it adds, and the processor time that it costs.

    python benchmarks/pipewire.py                                      # PipeWire, which must run
    .../v4l2-lab/run python benchmarks/pipewire.py /dev/video10        # v4l2loopback, beside it

The latency is the time from the start of ``send``, with the conversion of colours, until another program has the
frame. Each frame carries its number as a grey, so that sender and reader agree on it.
"""

import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from realtime.frame import Composite, Frame, Matte
from realtime.sinks import open_sink

HERE = Path(__file__).resolve().parent
SIZES_PX = ((1280, 720), (1920, 1080))
FPS = 30
SECONDS = 20
GREYS = 40
"""How many greys number the frames: more than the frames that are on their way at once."""

FIRST_GREY, STEP = 20, 5


def main(device: str = "") -> None:
    """Measure both sizes, with a reader and without, and print rows of a table."""
    for width_px, height_px in SIZES_PX:
        for watched in (True, False):
            print(f"| {_measure(device, width_px, height_px, watched=watched)} |", flush=True)


def _measure(device: str, width_px: int, height_px: int, *, watched: bool) -> str:
    spec = f"virtual-camera:{device}" if device else "pipewire:greenless-benchmark"
    with open_sink(spec, width_px=width_px, height_px=height_px, fps=FPS) as sink:
        composites = [_composite(FIRST_GREY + STEP * index, width_px, height_px) for index in range(GREYS)]
        sink.send(composites[0])  # a loopback has no format before
        reader = _Reader(device) if watched else None
        until_s = time.monotonic() + 2.0
        while time.monotonic() < until_s:  # the reader starts
            sink.send(composites[0])
            time.sleep(1 / FPS)
        sent_s, longest_s, cpu_s, start_s = [], 0.0, time.process_time(), time.monotonic()
        for index in range(SECONDS * FPS):
            if (rest_s := start_s + index / FPS - time.monotonic()) > 0:
                time.sleep(rest_s)
            sent_s.append(time.monotonic())
            sink.send(composites[index % GREYS])
            longest_s = max(longest_s, time.monotonic() - sent_s[-1])
        share = (time.process_time() - cpu_s) / (time.monotonic() - start_s)
        ages_s = reader.ages(sent_s) if reader else []
    kind = device or "PipeWire"
    cost = f"{kind} | {width_px}x{height_px} | {100 * share:.1f} % | {1000 * longest_s:.1f} ms"
    if not ages_s:
        return f"{cost} | nobody reads | |"
    p50_s, p95_s = statistics.median(ages_s), float(np.percentile(ages_s, 95))
    return f"{cost} | {1000 * p50_s:.1f} ms | {1000 * p95_s:.1f} ms | {len(ages_s)} of {len(sent_s)}"


class _Reader:
    """Another program that reads the camera."""

    def __init__(self, device: str) -> None:
        words = ["v4l2_reader.py", device] if device else ["pipewire_reader.py", "greenless-benchmark"]
        script, *rest = words
        self._process = subprocess.Popen([sys.executable, HERE / script, *rest], stdout=subprocess.PIPE, text=True)
        self._seen: list[tuple[float, int]] = []
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def ages(self, sent_s: list[float]) -> list[float]:
        """End the reader; return the age of each frame that it got, in the order of sending."""
        time.sleep(0.5)
        self._process.kill()
        self._process.wait()
        self._thread.join()
        ages = []
        for seen_s, luma in self._seen:
            grey = (luma - 16) * 255 / 219  # limited range
            number = round((grey - FIRST_GREY) / STEP)
            sent = [s for index, s in enumerate(sent_s) if index % GREYS == number and s <= seen_s]
            if sent and seen_s - sent[-1] < GREYS / FPS / 2:
                ages.append(seen_s - sent[-1])
        return ages

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                seen_s, luma = line.split()
                self._seen.append((float(seen_s), int(luma)))


def _composite(grey: int, width_px: int, height_px: int) -> Composite:
    pixels = np.random.default_rng(0).integers(0, 256, (height_px, width_px, 3), np.uint8)
    pixels[:16, :16] = grey
    alpha = np.ones((height_px, width_px), np.float32)
    frame = Frame(pixels=pixels, index=0, captured_s=0.0)
    return Composite(pixels=pixels, matte=Matte(alpha=alpha, frame=frame), person=pixels)


if __name__ == "__main__":
    main(*sys.argv[1:])
