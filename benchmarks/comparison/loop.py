"""Runs candidates live: frame rate, latency, CPU time, and frame rate without the limit of a camera.

The plain implementation reads its camera frame by frame; greenless runs its pipeline, which drains the camera. The
candidates alternate several times, and each result is a row of medians.
"""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.comparison.candidates import Candidate, Greenless
from benchmarks.comparison.coded_frames import CodedFrames
from benchmarks.comparison.stopwatch import Stopwatch
from benchmarks.comparison.webcam import Supply, Webcam, resting
from realtime.capture.file import open_video
from realtime.capture.source import Source
from realtime.commands.stage_times import FPS
from realtime.frame import Composite, Frame, Matte
from realtime.loop.pipeline import Pipeline
from realtime.loop.stats import Summary
from realtime.scene.compose import Scene
from realtime.sinks.null import Null

_WARM_UP_S = 0.5

_SETTLES_S = 8.0
"""A governor that had to leave a size has found another one by then."""


def run_in_turns(
    candidates: Sequence[Candidate],
    shown: CodedFrames,
    *,
    seconds: float,
    turns: int,
    clip: tuple[str, Path] | None = None,
    at_rest: str = "",
) -> list[dict[str, Any]]:
    """Return one row per candidate, see ``run_live``, plus ``loop_fps``: the frame rate without a camera's limit.

    Args:
        candidates: the candidates.
        shown: the frames.
        seconds: duration of each run.
        turns: number of rounds.
        clip: name of a candidate that also plays this video file, in a separate row.
        at_rest: name of a candidate that also sees a person who sits still, in a separate row.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for candidate in candidates:
        if isinstance(candidate, Greenless):
            run_live(candidate, shown, _WARM_UP_S)  # prepares the networks for partial frames
    for _ in range(turns):
        for candidate in candidates:
            row = run_live(candidate, shown, seconds)
            free_fps = _unheld_fps(candidate, shown, seconds / 2) if isinstance(candidate, Greenless) else row["fps"]
            row["loop_fps"] = round(free_fps, 2)
            found.setdefault(candidate.name, []).append(row)
            if clip is not None and candidate.name == clip[0]:
                with open_video(clip[1], paced=True) as source:
                    row = run_live(candidate, shown, seconds, source)
                name = f"{candidate.name}, a clip"
                found.setdefault(name, []).append({**row, "name": name, "loop_fps": None})
            if candidate.name == at_rest:
                row = run_live(candidate, resting(shown), seconds)
                name = f"{candidate.name}, at rest"
                found.setdefault(name, []).append({**row, "name": name, "loop_fps": None})
    return [_medians(rows) for rows in found.values()]


def run_governed(
    candidates: Sequence[Greenless], shown: CodedFrames, *, fps: float, seconds: float, turns: int
) -> list[dict[str, Any]]:
    """Return one row per candidate at a webcam of ``fps``, measured in turn once the governors have chosen a size."""
    for candidate in candidates:
        run_live(candidate, shown, _SETTLES_S, fps=fps)
        candidate.step(
            Frame(pixels=shown.decoded(0), index=0, captured_s=0.0), Stopwatch()
        )  # sees the size at the network
    rounds = [[run_live(candidate, shown, seconds, fps=fps) for candidate in candidates] for _ in range(turns)]
    return [_medians([{**row, "loop_fps": None} for row in rows]) for rows in zip(*rounds, strict=True)]


def run_live(
    candidate: Candidate, shown: CodedFrames, seconds: float, source: Source | None = None, *, fps: float = FPS
) -> dict[str, Any]:
    """Return one row: ``fps``, ``age_ms`` (p50, p95), ``dropped``, CPU seconds per second.

    Args:
        candidate: the candidate.
        shown: the frames.
        seconds: duration; the plain implementation runs 1.5 times as long, because the camera's buffers fill first.
        source: source of the frames; None for a webcam.
        fps: frame rate of that webcam.
    """
    source = source or Webcam(shown, fps)
    row = (
        _piped(candidate, source, seconds)
        if isinstance(candidate, Greenless)
        else _plain(candidate, source, 1.5 * seconds)
    )
    return {
        "name": candidate.name,
        "network": f"{candidate.network_px[0]}x{candidate.network_px[1]}",
        "asked_fps": fps,
        **row,
    }


def _piped(candidate: Greenless, source: Source, seconds: float) -> dict[str, Any]:
    """Run the candidate's stages in a pipeline, without closing them."""
    summary = _run(candidate, source, Null(), seconds)
    return {
        "fps": round(summary.fps, 2),
        "age_ms": {"p50": round(summary.age.p50_ms, 1), "p95": round(summary.age.p95_ms, 1)},
        "dropped": summary.dropped,
        "processor_share": round(summary.processor_s / summary.seconds, 3),
    }


def _unheld_fps(candidate: Greenless, shown: CodedFrames, seconds: float) -> float:
    """Return the frame rate of the whole loop, with its threads, if the next frame is always available."""
    supply = Supply(shown)
    return _run(candidate, supply, _Taker(supply), seconds).fps


def _run(candidate: Greenless, source: Source, sink: Null, seconds: float) -> Summary:
    return Pipeline(source, candidate.matter, BorrowedScene(candidate), [sink], finish=candidate.finish).run(seconds)


class _Taker(Null):
    """Reports each composite to a supply."""

    def __init__(self, supply: Supply) -> None:
        super().__init__()
        self._supply = supply

    def send(self, composite: Composite) -> None:
        """Count one composite, and ask for the next."""
        super().send(composite)
        self._supply.sent(composite.frame.index)


class BorrowedScene(Scene):
    """The scene of a candidate, protected from being closed by a pipeline."""

    def __init__(self, candidate: Greenless) -> None:
        self._scene = candidate.scene

    def compose(self, matte: Matte) -> Composite:
        """Put the person before the candidate's background."""
        return self._scene.compose(matte)

    def close(self) -> None:
        """Do nothing: the candidate closes the scene."""


def _plain(candidate: Candidate, source: Source, seconds: float) -> dict[str, Any]:
    ages_s, watch = [], Stopwatch()
    start_s, processor_s = time.perf_counter(), time.process_time()
    with source as camera:
        for frame in camera:
            candidate.step(frame, watch)
            now_s = time.perf_counter()
            ages_s.append(now_s - frame.captured_s)
            if now_s - start_s > seconds:
                break
    spent_s, passed_s = time.process_time() - processor_s, time.perf_counter() - start_s
    settled = sorted(ages_s[len(ages_s) // 2 :])  # the buffers are full by then
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
    """Return one row with the medians of several."""

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
