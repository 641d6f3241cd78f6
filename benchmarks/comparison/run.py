"""Runs the whole benchmark and returns all figures as plain data."""

import itertools
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.comparison.candidates import ECONOMIES, LIVE, MODNET, PLAIN, Candidate
from benchmarks.comparison.coded_frames import CodedFrames, coded_frames
from benchmarks.comparison.footprint import footprint
from benchmarks.comparison.implementations import BEFORE, open_governed, open_implementations
from benchmarks.comparison.loop import run_governed, run_in_turns
from benchmarks.comparison.stages import time_stages
from benchmarks.comparison.webcam import draw, save_clip
from benchmarks.people.room import room
from realtime.commands.machine import first_start, machine, versions
from realtime.commands.stage_times import FPS, MAIN, SIZES

MINUTES = {True: 2, False: 7}
"""Minutes that the quick and the full run take, as measured by ``seconds``."""

_TURN_S = 3.0

GOVERNED_FPS = (FPS, 60.0)
"""The frame rates of the webcams of the runs with a governor."""


def run(*, quick: bool, against: str | None = None, say: Callable[[str], None] = lambda line: None) -> dict[str, Any]:
    """Measure everything.

    Args:
        quick: use a tenth of the frames, and only the main size.
        against: weights to compare with, a name or a file; they run in turn with those on board.
        say: receives a line about each step.

    Returns:
        ``machine``, ``versions``, ``sizes`` (per size ``stages`` and ``live`` rows; at the main size, for each of
        ``GOVERNED_FPS``, ``governed`` rows too), ``footprint``, ``ratios``, ``missing``.
    """
    started_s = time.perf_counter()
    sizes_px = (MAIN,) if quick else SIZES
    step = _steps(2 + len(GOVERNED_FPS) + 2 * len(sizes_px), say)
    say(f"{MINUTES[quick]} minutes or so on two cores that have nothing else to do, and longer beside busy programs")
    step("drawing the pictures")
    drawn, behind = draw(8 if quick else 24), room(3, *MAIN, 1.0)
    missing: list[str] = []
    sizes: dict[str, Any] = {}
    main_frames = coded_frames(drawn, MAIN, behind)
    for size_px in sizes_px:
        shown = main_frames if size_px == MAIN else coded_frames(drawn, size_px, behind)
        step(f"timing the stages at {size_px[0]}x{size_px[1]}")
        with first_start(), open_implementations(shown, missing, against) as candidates:
            stages = time_stages(candidates, shown, 12 if quick else 50)
            step(f"running live at {size_px[0]}x{size_px[1]}")
            live = _live(candidates, shown, quick)
        sizes[f"{size_px[0]}x{size_px[1]}"] = {"stages": stages, "live": live}
    print_size = f"{MAIN[0]}x{MAIN[1]}"
    turns, turn_s = (1, 2.0) if quick else (3, _TURN_S)
    sizes[print_size]["governed"] = []
    for fps in GOVERNED_FPS:
        step(f"running live with a governor at {fps:g} fps")
        with first_start(), open_governed(main_frames, against) as candidates:
            rows = run_governed(candidates, main_frames, fps=fps, seconds=turn_s, turns=turns)
        sizes[print_size]["governed"].append(rows)
    step("starting the command")
    return {
        "machine": machine(),
        "versions": versions(),
        "quick": quick,
        "sizes": sizes,
        "footprint": footprint(main_frames, 3.0 if quick else 10.0),
        "ratios": ratios(sizes[print_size]),
        "missing": missing,
        "seconds": round(time.perf_counter() - started_s, 1),
    }


def _steps(count: int, say: Callable[[str], None]) -> Callable[[str], None]:
    """Make a function that reports each step with its number and the elapsed time."""
    started_s, numbers = time.perf_counter(), itertools.count(1)
    return lambda what: say(f"{next(numbers)} of {count}: {what} ({time.perf_counter() - started_s:.0f} s so far)")


def _live(candidates: Sequence[Candidate], shown: CodedFrames, quick: bool) -> list[dict[str, Any]]:
    """Run all candidates at the main size; at others, only the plain one and those that should hold the frame rate."""
    if not (shown.size_px == MAIN and not quick):
        at_main = (PLAIN, BEFORE) if shown.size_px == MAIN else ()
        candidates = [one for one in candidates if one.name.startswith(LIVE) or one.name in at_main]
    if quick:
        return run_in_turns(candidates, shown, seconds=2.0, turns=1)
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "clip.mp4"
        save_clip(shown, clip, round((_TURN_S + 1) * FPS))
        return run_in_turns(candidates, shown, seconds=_TURN_S, turns=3, clip=(LIVE, clip), at_rest=ECONOMIES)


def ratios(measured: dict[str, Any]) -> dict[str, float]:
    """Compute ratios that hold on other machines: each candidate to the plain one, and its network to MODNet.

    Stages compare medians of CPU time, which a busy machine does not distort. Live runs compare ``loop``, the frame
    rate without a camera's limit, and ``age``, the latency.
    """
    stages = {row["name"]: row for row in measured["stages"]}
    live = {row["name"]: row for row in measured["live"]}
    found = {}
    for name, row in stages.items():
        if PLAIN in stages and name != PLAIN:
            found[f"processor of plain / {name}"] = round(_median_ms(stages[PLAIN]) / _median_ms(row), 1)
        if MODNET in stages and name not in (PLAIN, MODNET):
            theirs = stages[MODNET]["stages"]["infer"]["processor_ms"]
            found[f"network of {MODNET} / {name}"] = round(theirs / row["stages"]["infer"]["processor_ms"], 1)
    for name, row in live.items():
        if PLAIN not in live or name == PLAIN:
            continue
        if row["loop_fps"] is not None and live[PLAIN]["loop_fps"]:
            found[f"loop of {name} / plain"] = round(row["loop_fps"] / live[PLAIN]["loop_fps"], 1)
        if row["age_ms"]["p50"]:  # 0: no frame was finished in time
            found[f"age of plain / {name}"] = round(live[PLAIN]["age_ms"]["p50"] / row["age_ms"]["p50"], 1)
    return found


def _median_ms(row: dict[str, Any]) -> float:
    """Return the CPU time of one frame: the sum of its stages' medians, which are robust on a busy machine."""
    return float(sum(stage["processor_ms"] for name, stage in row["stages"].items() if name != "prepare"))
