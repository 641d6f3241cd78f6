"""Times the lite network and MODNet alternately in one run, and prints the figures as JSON.

    python benchmarks/networks.py [--threads 1] [--rounds 30] [--layers]

The lite network is the built-in one, in float32 and int8. MODNet has random weights, because they do not affect the
time. The figures are medians of CPU time, so that a busy machine distorts them little; the ratios count. ``--layers``
adds the lite network's time in ONNX Runtime by kind of layer. Needs the extra ``torch``; measures OpenVINO if it is
installed.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import models.silence  # noqa: F401  before ONNX Runtime

# isort: split
import numpy as np
import numpy.typing as npt
import onnxruntime  # type: ignore[import-untyped]
import torch

from models import weights
from models.export import export_onnx
from models.lite import Lite
from models.modnet import MODNet
from models.training.count import count_macs
from realtime.commands.machine import machine

SIZES = ((288, 512), (224, 384))
"""Height and width of the network's input, px."""

Run = Callable[[npt.NDArray[np.float32]], object]


def session(
    path: Path, threads: int, size: tuple[int, int], profile: Path | None = None
) -> onnxruntime.InferenceSession:
    """Open an ONNX Runtime session as the application does."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    for name, value in zip("NHW", (1, *size), strict=True):
        options.add_free_dimension_override_by_name(name, value)
    if profile is not None:
        options.enable_profiling, options.profile_file_prefix = True, str(profile)
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def onnx(path: Path, threads: int, size: tuple[int, int]) -> Run:
    """Make a function that runs a session once."""
    opened = session(path, threads, size)
    return lambda image: opened.run(None, {"input": image})


def openvino(path: Path, threads: int, size: tuple[int, int], precision: str) -> Run | None:
    """Do the same with OpenVINO; None if it is not installed."""
    try:
        from realtime.matting.runtimes.openvino_core import core
    except ImportError:
        return None
    model = core().read_model(path)
    model.reshape([1, 3, *size])
    options = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": precision, "NUM_STREAMS": 1}
    request = core().compile_model(model, "CPU", options).create_infer_request()
    return lambda image: request.infer([image], share_inputs=True, share_outputs=True)


def open_networks(threads: int, size: tuple[int, int], folder: Path) -> dict[str, Run]:
    """Open every network on every runtime at one fixed size."""
    modnet = folder / f"modnet-{size[0]}.onnx"
    torch.manual_seed(0)
    export_onnx(MODNet(), modnet, size=size)
    lite, int8 = (weights.find(name) for name in ("greenless-lite", "greenless-lite-int8"))
    found: dict[str, Run | None] = {}
    for name, path in (("modnet", modnet), ("lite", lite)):
        found[f"{name}, ONNX Runtime f32"] = onnx(path, threads, size)
        for precision in ("f32", "bf16"):
            found[f"{name}, OpenVINO {precision}"] = openvino(path, threads, size, precision)
    found["lite, ONNX Runtime int8"] = onnx(int8, threads, size)
    found["lite, OpenVINO int8"] = openvino(int8, threads, size, "f32")
    return {name: run for name, run in found.items() if run is not None}


def layers(path: Path, size: tuple[int, int], folder: Path, rounds: int) -> dict[str, float]:
    """Return milliseconds by kind of layer in ONNX Runtime on one thread: the sum of each layer's best time."""
    opened = session(path, 1, size, folder / "profile")
    image = np.random.default_rng(0).uniform(-1, 1, (1, 3, *size)).astype(np.float32)
    for _ in range(rounds):
        opened.run(None, {"input": image})
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    for event in json.loads(Path(opened.end_profiling()).read_text()):
        if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
            times[event["args"]["op_name"], event["name"]].append(event["dur"] / 1000)
    kinds: defaultdict[str, float] = defaultdict(float)
    for (kind, _), found in times.items():
        kinds[kind] += min(found)
    return {kind: round(ms, 2) for kind, ms in sorted(kinds.items(), key=lambda row: -row[1])}


def measure(runs: dict[str, Run], size: tuple[int, int], rounds: int) -> dict[str, float]:
    """Return the median CPU milliseconds of each, measured alternately."""
    image = np.random.default_rng(0).uniform(-1, 1, (1, 3, *size)).astype(np.float32)
    times: dict[str, list[float]] = {name: [] for name in runs}
    for round_ in range(rounds + 2):
        for name, run in runs.items():
            start_s = time.process_time()
            run(image)
            if round_ >= 2:  # the first ones warm up
                times[name].append(1000 * (time.process_time() - start_s))
    return {name: round(statistics.median(values), 2) for name, values in times.items()}


def main() -> None:
    """Measure every size and print the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--layers", action="store_true")
    arguments = parser.parse_args()
    report: dict[str, object] = {
        "machine": machine(),
        "threads": arguments.threads,
    }
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            figures = measure(open_networks(arguments.threads, size, Path(folder)), size, arguments.rounds)
            names = ("greenless-lite", "greenless-lite-int8") if arguments.layers else ()
            kinds = {name: layers(weights.find(name), size, Path(folder), arguments.rounds) for name in names}
            slowest = figures["modnet, ONNX Runtime f32"]
            report[f"{size[1]}x{size[0]}"] = {
                "gmac": {"lite": count_macs(Lite(), size) / 1e9, "modnet": count_macs(MODNet(), size) / 1e9},
                "processor_ms": figures,
                **({"layers_ms": kinds} if kinds else {}),
                "times_less_than_modnet_on_onnx_runtime": {n: round(slowest / ms, 1) for n, ms in figures.items()},
            }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
