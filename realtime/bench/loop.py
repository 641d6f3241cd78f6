"""Runs a contestant live before a webcam: pictures a second, their age, what the processor spends.

Goes in: a contestant and a reel. Comes out: one row. The plain way reads its camera picture by picture; greenless runs
its own pipeline, which drains it.
"""

import statistics
import time
from typing import Any

from realtime.bench.contestants import Contestant, Ours
from realtime.bench.reel import FPS, Reel, Webcam
from realtime.bench.stopwatch import Stopwatch
from realtime.pipeline import Pipeline
from realtime.sinks.null import Null


def run_live(way: Contestant, shown: Reel, seconds: float) -> dict[str, Any]:
    """One row: ``fps``, ``age_ms`` (p50, p95), ``dropped``, processor seconds a second.

    Args:
        way: the contestant.
        shown: the pictures.
        seconds: for how long.
    """
    row = _pipeline(way, shown, seconds) if isinstance(way, Ours) else _plain(way, shown, seconds)
    return {"name": way.name, "network": f"{way.network_px[0]}x{way.network_px[1]}", "asked_fps": FPS, **row}


def _pipeline(way: Ours, shown: Reel, seconds: float) -> dict[str, Any]:
    """The contestant's own stages, which it keeps."""
    kept = Kept(way)
    summary = Pipeline(Webcam(shown), way.matter, kept, [Null()], drop=True, finish=way.finish).run(seconds)
    return {
        "fps": round(summary.fps, 2),
        "age_ms": {"p50": round(summary.age.p50_ms, 1), "p95": round(summary.age.p95_ms, 1)},
        "dropped": summary.dropped,
        "processor_share": round(summary.processor_s / summary.seconds, 3),
    }


class Kept:
    """The scene of a contestant, which a pipeline must not close."""

    def __init__(self, way: Ours) -> None:
        self.compose = way.scene.compose

    def close(self) -> None:
        """The contestant does."""


def _plain(way: Contestant, shown: Reel, seconds: float) -> dict[str, Any]:
    ages_s, watch = [], Stopwatch()
    start_s, processor_s = time.perf_counter(), time.process_time()
    with Webcam(shown) as camera:
        for frame in camera:
            way.step(frame, watch)
            now_s = time.perf_counter()
            ages_s.append(now_s - frame.captured_s)
            if now_s - start_s > seconds:
                break
    spent_s, passed_s = time.process_time() - processor_s, time.perf_counter() - start_s
    settled = sorted(ages_s[len(ages_s) // 2 :])  # the buffers have filled by then
    return {
        "fps": round(len(ages_s) / passed_s, 2),
        "age_ms": {
            "p50": round(1000 * statistics.median(settled), 1),
            "p95": round(1000 * settled[int(0.95 * (len(settled) - 1) + 0.5)], 1),
        },
        "dropped": None,
        "processor_share": round(spent_s / passed_s, 3),
    }
