"""Measures the gain of spreading the stages over more threads, without a camera that limits the frame rate.

    python benchmarks/overlap.py [--width 1280 --height 720] [--seconds 3] [--turns 3]

It prints JSON with a row for each layout and each number of threads of OpenCV and the network: medians of frame rate,
CPU ms per frame, and latency from the start of decoding. All rows alternate in one run. ``|`` separates threads; one
frame may wait between two threads. A live run uses ``decode | infer finish scene``. The script takes three minutes and
needs an idle machine, because on a busy one there is no second core to use.
"""

import argparse
import json
import queue
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2

from benchmarks.comparison.candidates import LITE, Greenless
from benchmarks.comparison.coded_frames import CodedFrames, coded_frames
from benchmarks.comparison.webcam import draw
from benchmarks.people.room import room
from realtime.commands.stage_times import FIXED
from realtime.frame import Frame
from realtime.settings.schema import MattingSettings

LAYOUTS = (
    "decode infer finish scene",
    "decode | infer finish scene",
    "decode infer | finish scene",
    "decode | infer | finish scene",
)
THREADS = (1, 2)


def parts(layout: str, candidate: Greenless, shown: CodedFrames) -> list[Callable[[Any], Any]]:
    """Make one function per thread. Each takes the previous one's result; the first takes the number of a frame."""

    def decode(index: int) -> Frame:
        start_s = time.perf_counter()
        return Frame(pixels=shown.decoded(index), index=index, captured_s=start_s)

    steps: dict[str, Callable[[Any], Any]] = {
        "decode": decode,
        "infer": lambda frame: candidate.matter.matte_batch([frame])[0],
        "finish": candidate.finish.finish,
        "scene": candidate.scene.compose,
    }

    def chained(names: list[str]) -> Callable[[Any], Any]:
        def run(value: Any) -> Any:
            for name in names:
                value = steps[name](value)
            return value

        return run

    return [chained(part.split()) for part in layout.split("|")]


def run(functions: list[Callable[[Any], Any]], seconds: float) -> dict[str, float]:
    """Measure frame rate, CPU time and latency for ``seconds``."""
    over = threading.Event()
    slots: list[queue.Queue[Any]] = [queue.Queue(1) for _ in functions]

    def work(position: int) -> None:
        index = 0
        while True:
            value = index if position == 0 else slots[position - 1].get()
            if value is None or (position == 0 and over.is_set()):
                slots[position].put(None)
                return
            slots[position].put(functions[position](value))
            index += 1

    threads = [threading.Thread(target=work, args=[position]) for position in range(len(functions))]
    start_s, processor_s, ages_s = time.perf_counter(), time.process_time(), []
    for thread in threads:
        thread.start()
    while (composite := slots[-1].get()) is not None:
        now_s = time.perf_counter()
        ages_s.append(now_s - composite.frame.captured_s)
        if now_s - start_s > seconds:
            over.set()
    for thread in threads:
        thread.join()
    passed_s, spent_s = time.perf_counter() - start_s, time.process_time() - processor_s
    return {
        "fps": len(ages_s) / passed_s,
        "processor_ms": 1000 * spent_s / len(ages_s),
        "age_ms": 1000 * statistics.median(ages_s),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    size_px = (arguments.width, arguments.height)
    shown = coded_frames(draw(8, (640, 360)), size_px, room(3, 640, 360, 1.0))
    rows: dict[tuple[str, int, int], list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        background = Path(folder) / "room.png"
        cv2.imwrite(str(background), shown.room)
        candidates = {
            count: Greenless(
                "", MattingSettings(weights=LITE, threads=count, reference_size=224, **FIXED), size_px, background
            )
            for count in THREADS
        }
        for _ in range(arguments.turns):
            for layout in LAYOUTS:
                for of_network, candidate in candidates.items():
                    for of_opencv in THREADS:
                        cv2.setNumThreads(of_opencv)
                        measured = run(parts(layout, candidate, shown), arguments.seconds)
                        rows.setdefault((layout, of_network, of_opencv), []).append(measured)
        for candidate in candidates.values():
            candidate.close()
    found = [
        {
            "threads": layout,
            "of_network": of_network,
            "of_opencv": of_opencv,
            **{key: round(statistics.median(row[key] for row in measured), 1) for key in measured[0]},
        }
        for (layout, of_network, of_opencv), measured in rows.items()
    ]
    print(json.dumps(sorted(found, key=lambda row: -float(row["fps"])), indent=1))


if __name__ == "__main__":
    main()
