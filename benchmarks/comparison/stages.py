"""Times the stages of several candidates, alternating frame by frame in one run, including MJPG decoding.

``prepare`` is a part of ``infer``.
"""

import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.comparison.candidates import Candidate, Greenless
from benchmarks.comparison.coded_frames import CodedFrames
from benchmarks.comparison.stopwatch import Stopwatch
from realtime.commands.stage_times import FPS
from realtime.frame import Frame
from realtime.matting.resize import prepare

WARM_UP = 2
SLOW_EVERY = 6
"""Slow candidates take part only in every sixth round."""


def time_stages(candidates: Sequence[Candidate], shown: CodedFrames, rounds: int) -> list[dict[str, Any]]:
    """Return one row per candidate.

    Args:
        candidates: the candidates.
        shown: the frames.
        rounds: the number of frames for each candidate.
    """
    watches, asides = ([Stopwatch() for _ in candidates] for _ in range(2))
    errors: list[list[float]] = [[] for _ in candidates]
    for index in range(rounds):
        for candidate, watch, aside, found in zip(candidates, watches, asides, errors, strict=True):
            if candidate.slow and index % SLOW_EVERY and index >= WARM_UP:
                continue
            watch.start()
            frame = Frame(pixels=shown.decoded(index), index=index, captured_s=index / FPS)
            watch.lap("capture")
            alpha = candidate.step(frame, watch)
            if alpha is not None and index >= WARM_UP:
                true = shown.alphas[shown.at(index)] / np.float32(255)
                found.append(float(np.abs(alpha - true).mean()))
            if isinstance(candidate, Greenless):  # repeat it, because the network does it internally
                aside.start()
                prepare(frame.pixels, candidate.network_px)
                aside.lap("prepare")
    return [_row(*measured) for measured in zip(candidates, watches, asides, errors, strict=True)]


def _row(candidate: Candidate, watch: Stopwatch, aside: Stopwatch, errors: list[float]) -> dict[str, Any]:
    stages = {**watch.to_dict(WARM_UP), **aside.to_dict(WARM_UP)}
    # Economy skips the network for some frames, so only the mean gives the cost of a second.
    totals = watch.totals(WARM_UP)
    return {
        "name": candidate.name,
        "network": f"{candidate.network_px[0]}x{candidate.network_px[1]}",
        "stages": stages,
        "ms": round(totals[0], 3),
        "processor_ms": round(totals[1], 3),
        "fps": round(1000 / totals[0], 2),
        "mad": round(statistics.fmean(errors), 5) if errors else None,
    }
