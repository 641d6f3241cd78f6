"""Times the stages of several contestants, alternating frame by frame in one run, including MJPG decoding.

``prepare`` is a part of ``infer``.
"""

import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np

from realtime.commands.timing.reel import FPS, Reel
from realtime.commands.timing.stopwatch import Stopwatch
from realtime.commands.timing.ways import Contestant, Ours
from realtime.frame import Frame
from realtime.matting.resize import prepare

WARM_UP = 2
SLOW_EVERY = 6
"""Slow contestants take part only in every sixth round."""


def time_stages(ways: Sequence[Contestant], shown: Reel, rounds: int) -> list[dict[str, Any]]:
    """Return one row per contestant.

    Args:
        ways: the contestants.
        shown: the frames.
        rounds: the number of frames for each contestant.
    """
    watches, asides = ([Stopwatch() for _ in ways] for _ in range(2))
    errors: list[list[float]] = [[] for _ in ways]
    for index in range(rounds):
        for way, watch, aside, found in zip(ways, watches, asides, errors, strict=True):
            if way.slow and index % SLOW_EVERY and index >= WARM_UP:
                continue
            watch.start()
            frame = Frame(pixels=shown.decoded(index), index=index, captured_s=index / FPS)
            watch.lap("capture")
            alpha = way.step(frame, watch)
            if alpha is not None and index >= WARM_UP:
                true = shown.alphas[shown.at(index)] / np.float32(255)
                found.append(float(np.abs(alpha - true).mean()))
            if isinstance(way, Ours):  # repeat it, because the network does it internally
                aside.start()
                prepare(frame.pixels, way.network_px)
                aside.lap("prepare")
    return [_row(*measured) for measured in zip(ways, watches, asides, errors, strict=True)]


def _row(way: Contestant, watch: Stopwatch, aside: Stopwatch, errors: list[float]) -> dict[str, Any]:
    stages = {**watch.to_dict(WARM_UP), **aside.to_dict(WARM_UP)}
    # Economy skips the network for some frames, so only the mean gives the cost of a second.
    totals = watch.totals(WARM_UP)
    return {
        "name": way.name,
        "network": f"{way.network_px[0]}x{way.network_px[1]}",
        "stages": stages,
        "ms": round(totals[0], 3),
        "processor_ms": round(totals[1], 3),
        "fps": round(1000 / totals[0], 2),
        "mad": round(statistics.fmean(errors), 5) if errors else None,
    }
