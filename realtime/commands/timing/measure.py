"""Times the stages of every available configuration on the frames of the built-in sample, and returns plain data."""

import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from realtime.capture.sample_clip import labelled
from realtime.commands.timing.candidates import Greenless, open_candidates
from realtime.commands.timing.coded_frames import SIZES, CodedFrames, coded_frames
from realtime.commands.timing.machine import MAIN, first_start, machine, versions
from realtime.commands.timing.stages import time_stages
from realtime.frame import Pixels


def measure(*, quick: bool, say: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Time the stages.

    Args:
        quick: use a quarter of the frames, and only the main size.
        say: called with a line before each step.

    Returns:
        ``machine``, ``versions``, ``quick``, ``sizes`` (per size the rows of ``stages``), ``missing``, ``seconds``.
    """
    started_s = time.perf_counter()
    frames = islice(labelled("person"), 8 if quick else 24)
    shown = [(pixels, np.rint(alpha * 255).astype(np.uint8)) for pixels, alpha in frames]
    missing: list[str] = []
    sizes: dict[str, Any] = {}
    for size_px in (MAIN,) if quick else SIZES:
        size = f"{size_px[0]}x{size_px[1]}"
        say(f"timing the stages at {size}")
        with first_start():
            sizes[size] = {"stages": _stages(coded_frames(shown, size_px, _gradient()), missing, 12 if quick else 50)}
    found = {"machine": machine(), "versions": versions(), "quick": quick, "sizes": sizes, "missing": missing}
    return {**found, "seconds": round(time.perf_counter() - started_s, 1)}


def _stages(shown: CodedFrames, missing: list[str], rounds: int) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as opened:
        background = Path(folder) / "background.png"
        cv2.imwrite(str(background), shown.room)
        candidates: list[Greenless] = []
        for candidate in open_candidates(shown, background, missing):
            opened.callback(candidate.close)
            candidates.append(candidate)
        return time_stages(candidates, shown, rounds)


def _gradient() -> Pixels:
    """Return a background; its content does not affect the time."""
    across, down = np.meshgrid(np.linspace(60, 200, MAIN[0]), np.linspace(0.7, 1.0, MAIN[1]))
    return np.repeat((across * down).astype(np.uint8)[..., None], 3, axis=2)
