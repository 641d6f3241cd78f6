"""Times the lite network against MODNet, in turn and in one run, and prints the figures as JSON.

    python benchmarks/networks.py [--threads 1] [--rounds 30]

Weights are random: time does not depend on them. The machine may be busy, so processor time is read, the median of many
rounds is kept, and the ratio is what counts. Wants the extra ``torch``; OpenVINO is measured where it is installed.
"""

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch

from models.count import count_macs
from models.export import export_onnx
from models.lite import Lite
from models.modnet import MODNet

SIZES = ((288, 512), (224, 384))
"""Height and width of the network's input, px."""

FEATURES = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")

Run = Callable[[npt.NDArray[np.float32]], object]


def onnx(path: Path, threads: int) -> Run:
    """ONNX Runtime in float32 as the application opens it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda image: session.run(None, {"input": image})


def openvino(path: Path, threads: int, precision: str) -> Run | None:
    """OpenVINO, or None where it is not installed."""
    try:
        from openvino import Core
    except ImportError:
        return None
    compiled = Core().compile_model(
        path, "CPU", {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": precision, "NUM_STREAMS": 1}
    )
    return lambda image: compiled([image])


def contestants(threads: int, size: tuple[int, int], folder: Path) -> dict[str, Run]:
    """Every network on every runtime at one fixed size."""
    found: dict[str, Run | None] = {}
    for name, kind in (("lite", Lite), ("modnet", MODNet)):
        torch.manual_seed(0)
        path = folder / f"{name}-{size[0]}.onnx"
        export_onnx(kind(), path, size=size)
        found[f"{name}, ONNX Runtime f32"] = onnx(path, threads)
        for precision in ("f32", "bf16"):
            found[f"{name}, OpenVINO {precision}"] = openvino(path, threads, precision)
    return {name: run for name, run in found.items() if run is not None}


def measure(runs: dict[str, Run], size: tuple[int, int], rounds: int) -> dict[str, float]:
    """Median processor milliseconds of each, taken in turn."""
    image = np.random.default_rng(0).uniform(-1, 1, (1, 3, *size)).astype(np.float32)
    times: dict[str, list[float]] = {name: [] for name in runs}
    for round_ in range(rounds + 2):
        for name, run in runs.items():
            start_s = time.process_time()
            run(image)
            if round_ >= 2:  # the first ones warm up
                times[name].append(1000 * (time.process_time() - start_s))
    return {name: round(statistics.median(values), 2) for name, values in times.items()}


def machine() -> dict[str, object]:
    """The processor, and which of the instructions that matter here it has."""
    info = Path("/proc/cpuinfo")
    lines = dict(line.partition(":")[::2] for line in info.read_text().splitlines()) if info.exists() else {}
    facts = {key.strip(): value.split() for key, value in lines.items()}
    return {
        "processor": " ".join(facts.get("model name", [platform.machine()])),
        "cores": os.cpu_count(),
        "features": [flag for flag in FEATURES if flag in facts.get("flags", [])],
    }


def main() -> None:
    """Measure every size and print the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=30)
    arguments = parser.parse_args()
    report: dict[str, object] = {
        "machine": machine(),
        "threads": arguments.threads,
    }
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            figures = measure(contestants(arguments.threads, size, Path(folder)), size, arguments.rounds)
            slowest = figures["modnet, ONNX Runtime f32"]
            report[f"{size[1]}x{size[0]}"] = {
                "gmac": {"lite": count_macs(Lite(), size) / 1e9, "modnet": count_macs(MODNet(), size) / 1e9},
                "processor_ms": figures,
                "times_less_than_modnet_on_onnx_runtime": {n: round(slowest / ms, 1) for n, ms in figures.items()},
            }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
