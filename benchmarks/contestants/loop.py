"""Runs contestants live: pictures a second, their age, what the processor spends, and how fast they are unheld.

Goes in: contestants and a reel. Comes out: one row each. The plain way reads its camera picture by picture; greenless
runs its own pipeline, which drains it. They run in turns, several times; a row has the medians.
"""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.contestants.webcam import Supply, Webcam
from realtime.capture.base import Source
from realtime.capture.file import open_video
from realtime.commands.timing.reel import FPS, Reel
from realtime.commands.timing.stopwatch import Stopwatch
from realtime.commands.timing.ways import Contestant, Ours
from realtime.frame import Composite
from realtime.loop.pipeline import Pipeline
from realtime.sinks.null import Null
from realtime.stats import Summary

_WARM_UP_S = 0.5


def run_in_turns(
    ways: Sequence[Contestant],
    shown: Reel,
    *,
    seconds: float,
    turns: int,
    clip: tuple[str, Path] | None = None,
    at_rest: str = "",
) -> list[dict[str, Any]]:
    """One row a contestant, see ``run_live``, with ``loop_fps`` added: pictures a second when no camera holds it back.

    Args:
        ways: the contestants.
        shown: the pictures.
        seconds: how long each of them runs, every turn.
        turns: how often.
        clip: the name of a contestant that plays this video file, too, in a row of its own.
        at_rest: the name of a contestant that is shown a person who sits still, too, in a row of its own.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for way in ways:
        if isinstance(way, Ours):
            run_live(way, shown, _WARM_UP_S)  # the networks for parts are made ready
    for _ in range(turns):
        for way in ways:
            row = run_live(way, shown, seconds)
            row["loop_fps"] = round(_unheld_fps(way, shown, seconds / 2), 2) if isinstance(way, Ours) else row["fps"]
            found.setdefault(way.name, []).append(row)
            if clip is not None and way.name == clip[0]:
                with open_video(clip[1], paced=True) as source:
                    played = {**run_live(way, shown, seconds, source), "name": f"{way.name}, a clip", "loop_fps": None}
                found.setdefault(played["name"], []).append(played)
            if way.name == at_rest:
                row = run_live(way, shown.at_rest(), seconds)
                name = f"{way.name}, at rest"
                found.setdefault(name, []).append({**row, "name": name, "loop_fps": None})
    return [_medians(rows) for rows in found.values()]


def run_live(way: Contestant, shown: Reel, seconds: float, source: Source | None = None) -> dict[str, Any]:
    """One row: ``fps``, ``age_ms`` (p50, p95), ``dropped``, processor seconds a second.

    Args:
        way: the contestant.
        shown: the pictures.
        seconds: for how long; the plain way half as long again, for its camera's buffers must fill first.
        source: what gives the pictures; None for a webcam.
    """
    if isinstance(way, Ours):
        row = _piped(way, source or Webcam(shown), seconds)
    else:
        row = _plain(way, source or Webcam(shown), 1.5 * seconds)
    return {"name": way.name, "network": f"{way.network_px[0]}x{way.network_px[1]}", "asked_fps": FPS, **row}


def _piped(way: Ours, source: Source, seconds: float) -> dict[str, Any]:
    """The contestant's own stages, which it keeps."""
    summary = _run(way, source, Null(), seconds)
    return {
        "fps": round(summary.fps, 2),
        "age_ms": {"p50": round(summary.age.p50_ms, 1), "p95": round(summary.age.p95_ms, 1)},
        "dropped": summary.dropped,
        "processor_share": round(summary.processor_s / summary.seconds, 3),
    }


def _unheld_fps(way: Ours, shown: Reel, seconds: float) -> float:
    """Pictures a second of the whole loop, its threads and all, when the next picture is always there."""
    supply = Supply(shown)
    return _run(way, supply, _Taker(supply), seconds).fps


def _run(way: Ours, source: Source, sink: Null, seconds: float) -> Summary:
    return Pipeline(source, way.matter, BorrowedScene(way), [sink], finish=way.finish).run(seconds)


class _Taker(Null):
    """Tells a supply what was taken."""

    def __init__(self, supply: Supply) -> None:
        super().__init__()
        self._supply = supply

    def send(self, composite: Composite) -> None:
        """Count one composite, and ask for the next."""
        super().send(composite)
        self._supply.sent(composite.frame.index)


class BorrowedScene:
    """The scene of a contestant, which a pipeline must not close."""

    def __init__(self, way: Ours) -> None:
        self.compose = way.scene.compose

    def close(self) -> None:
        """The contestant does."""


def _plain(way: Contestant, source: Source, seconds: float) -> dict[str, Any]:
    ages_s, watch = [], Stopwatch()
    start_s, processor_s = time.perf_counter(), time.process_time()
    with source as camera:
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


def _medians(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """One row of several: the medians of what was measured."""

    def median(key: str, *, places: int) -> float | None:
        values = [row[key] for row in rows]
        return None if None in values else round(statistics.median(values), places)

    ages = {key: round(statistics.median(row["age_ms"][key] for row in rows), 1) for key in ("p50", "p95")}
    return {
        **rows[-1],
        "fps": median("fps", places=2),
        "age_ms": ages,
        "dropped": median("dropped", places=1),
        "processor_share": median("processor_share", places=3),
        "loop_fps": median("loop_fps", places=2),
    }
