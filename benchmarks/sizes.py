"""Compares one OpenVINO network per size with one network for all sizes.

    python benchmarks/sizes.py [--threads 2] > docs/data/sizes.json

For the built-in int8 network it measures, in a separate process for each variant: milliseconds to the first matte at
each further size, and the growth of memory and threads. Then, in one process with both alternating: median milliseconds
per frame at three sizes. Linux only, because it reads memory (proportional set size) and threads from /proc.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import models.silence  # noqa: F401  before OpenVINO

# isort: split
import openvino as ov

from models import weights
from realtime.matting.choice.runtime_choice import int8_twin
from realtime.matting.runtimes.openvino_core import core

SIZES = ((512, 288), (448, 256), (384, 224), (320, 192), (256, 160), (384, 288), (256, 288))
TIMED = (SIZES[0], SIZES[2], SIZES[4])
FIXED, FREE = "a network for each size", "one network"


def request(size: tuple[int, int] | None, threads: int) -> ov.InferRequest:
    """Compile the built-in network for one size (w, h), or for all."""
    model = core().read_model(int8_twin(weights.onnx_for(weights.find("greenless-lite"))))
    if size is not None:
        model.reshape([1, 3, size[1], size[0]])
    options = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": threads}
    options |= {"ENABLE_CPU_PINNING": False, "CPU_DENORMALS_OPTIMIZATION": True}
    return core().compile_model(model, "CPU", options).create_infer_request()


def run_s(asked: ov.InferRequest, picture: np.ndarray) -> float:
    """Return the seconds of one inference."""
    start_s = time.perf_counter()
    asked.set_input_tensor(ov.Tensor(picture, shared_memory=True))
    asked.infer()
    return time.perf_counter() - start_s


def picture(size: tuple[int, int]) -> np.ndarray:
    """Make noise as input of the network."""
    return np.random.default_rng(0).uniform(-1, 1, (1, 3, size[1], size[0])).astype(np.float32)


def grown(way: str, threads: int) -> list[dict[str, Any]]:
    """Return one row per size, for this process."""
    rows, kept = [], {}
    one = request(None, threads) if way == FREE else None
    for size in SIZES:
        start_s = time.perf_counter()
        kept[size] = one or request(size, threads)
        run_s(kept[size], picture(size))
        first_s = time.perf_counter() - start_s
        lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
        [pss_kb] = [int(line.split()[1]) for line in lines if line.startswith("Pss:")]
        tasks = len(list(Path("/proc/self/task").iterdir()))
        rows.append({"size": size, "first_ms": 1000 * first_s, "memory_mb": pss_kb * 1024 / 1e6, "threads": tasks})
    return rows


def speed(threads: int, rounds: int = 60) -> dict[str, dict[str, float]]:
    """Return the median milliseconds per frame, by size and variant."""
    found = {}
    free = request(None, threads)
    for size in TIMED:
        ways, shown = {FIXED: request(size, threads), FREE: free}, picture(size)
        times: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, asked in ways.items():
                run_s(asked, shown)
                times[way].append(1000 * run_s(asked, shown))
        found[f"{size[0]}x{size[1]}"] = {way: round(statistics.median(row), 2) for way, row in times.items()}
    return found


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--way", choices=(FIXED, FREE), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        print(json.dumps(grown(arguments.way, arguments.threads)))
        return
    report: dict[str, Any] = {"ms": speed(arguments.threads), "each further size": {}}
    for way in (FIXED, FREE):
        words = [sys.executable, __file__, "--threads", str(arguments.threads), "--way", way]
        rows = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
        further, count = rows[1:], len(rows) - 1
        report["each further size"][way] = {
            "first ms": round(statistics.median(row["first_ms"] for row in further)),
            "memory MB": round((rows[-1]["memory_mb"] - rows[0]["memory_mb"]) / count, 1),
            "threads": round((rows[-1]["threads"] - rows[0]["threads"]) / count, 1),
        }
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
