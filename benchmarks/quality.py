"""Measures quality and speed: the error and the CPU time of every available network, at five sizes.

    python benchmarks/quality.py --data ../shared/data/val [--also first=/work/runs/first.onnx] [--output docs]

The networks are the built-in one, its variants in ``pretrained/``, the official ones that have been fetched, and those
of ``--also``. The images are those of ``--data`` (images/ and mattes/) and drawn persons, whose alpha is exact. Each
image keeps its aspect ratio and gets the area of the given size. The time is the median CPU time for one 16:9 image on
one thread of ONNX Runtime, with all networks alternating. The script writes ``data/quality.json``, ``quality.svg`` and
``quality.md``; ``--draw`` only rewrites the last two from the JSON file.
"""

import argparse
import json
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import models.silence  # noqa: F401  before ONNX Runtime
from models.metrics import mean_of_rows

# isort: split
import numpy as np
import onnxruntime  # type: ignore[import-untyped]

from benchmarks.people.drawn import SEEDS, drawn_pairs
from benchmarks.plots import Panel, lines, save
from models import weights
from models.errors import GreenlessError
from models.evaluation import EVALUATION_AREA_PX, measure, network_input
from models.files import digest
from models.known import KNOWN
from models.pairs import Pair, read_pairs
from models.shake import shake
from models.steadiness import steadiness
from realtime.commands.machine import machine
from realtime.commands.network.predictors import open_network
from realtime.frame import Frame
from realtime.matting.runtimes.custom_onnx import CustomOnnxMatter
from realtime.matting.runtimes.custom_onnx_spec import description_of

SIZES = ((256, 160), (320, 192), (384, 224), (448, 256), (512, 288))
"""Width and height in px. The smallest is the size closest to 256x144 with sides in multiples of 32."""

FIGURES = ("iou", "mad", "mse", "grad", "conn", "band_mad")

T = TypeVar("T")
Run = Callable[[], object]


def networks(also: Sequence[str], left_out: list[str]) -> Iterator[tuple[str, Path]]:
    """Yield name and ONNX file of every network on this machine; ``left_out`` receives the names of the others."""
    pretrained = weights.find(KNOWN[0].name).parent
    named = {row.file: row.name for row in KNOWN}
    found = [(named.get(path.name, path.stem), path) for path in sorted(pretrained.glob("*.onnx"))]
    for row in KNOWN:
        try:
            found.append((row.name, weights.onnx_for(weights.find(row.name))))
        except GreenlessError as error:
            print(f"left out: {error}")
            left_out.append(row.name)
    for twin in sorted(pretrained.glob("*.safetensors")):
        try:
            found.append((f"{twin.stem}-float32", weights.onnx_for(twin)))
        except GreenlessError as error:
            print(f"left out: {error}")
    found += [(name, Path(path)) for name, _, path in (word.partition("=") for word in also)]
    seen: set[str] = set()
    for name, path in found:
        if (sha256 := digest(path)) not in seen:
            seen.add(sha256)
            yield name, path


def timed(path: Path, size: tuple[int, int]) -> Run:
    """Make a function that runs one image of ``size`` (w, h) on one thread, with a fixed size like the application."""
    pixels = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    if (description := description_of(path)) is not None:
        matter = CustomOnnxMatter(path, description, title="", reference_px=size[1], provider="cpu", threads=1)
        return lambda: matter.matte_batch([Frame(pixels=pixels, index=0, captured_s=0.0)], size)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    free = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"]).get_inputs()[0]
    for dimension, value in zip(free.shape, (1, 3, size[1], size[0]), strict=True):
        if isinstance(dimension, str):
            options.add_free_dimension_override_by_name(dimension, value)
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    image = network_input(pixels, size)
    return lambda: session.run(None, {free.name: image})


def processor_ms(runs: dict[str, Run], rounds: int) -> dict[str, float]:
    """Return the median CPU milliseconds of each, measured alternately."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for round_ in range(rounds + 2):
        for name, run in runs.items():
            start_s = time.process_time()
            run()
            if round_ >= 2:  # the first ones warm up
                times[name].append(1000 * (time.process_time() - start_s))
    return {name: round(statistics.median(values), 2) for name, values in times.items()}


def spread(things: Sequence[T], count: int | None) -> list[T]:
    """Choose ``count`` things, evenly spread; all of them if there are fewer, or ``count`` is None."""
    if count is None or count >= len(things):
        return list(things)
    return [things[i * len(things) // count] for i in range(count)]


def report(paths: dict[str, Path], subjects: dict[str, list[Pair]], *, rounds: int, shaken: int) -> dict[str, Any]:
    """Measure every figure of the JSON file."""
    rows = []
    for size in SIZES:
        times = processor_ms({name: timed(path, size) for name, path in paths.items()}, rounds)
        for name, path in paths.items():
            network = open_network(path)
            row: dict[str, Any] = {"network": name, "size": f"{size[0]}x{size[1]}", "processor_ms": times[name]}
            for subject, pairs in subjects.items():
                mean = asdict(measure(network.still, pairs, area_px=size[0] * size[1]).mean)
                row[subject] = {figure: round(mean[figure], 6) for figure in FIGURES}
            if size[0] * size[1] == EVALUATION_AREA_PX and shaken:
                clips = enumerate(subjects["validation"][:shaken])
                moved = [steadiness(network.clip(), shake(pair.pixels, pair.alpha, seed=seed)) for seed, pair in clips]
                row["shaken"] = {figure: round(v, 6) for figure, v in asdict(mean_of_rows(moved)).items()}
            rows.append(row)
            print(json.dumps(row), flush=True)
    return {
        "machine": {**machine(), "onnxruntime": onnxruntime.__version__, "threads": 1},
        "date": time.strftime("%Y-%m-%d"),
        "pictures": {subject: len(pairs) for subject, pairs in subjects.items()},
        "bytes": {name: path.stat().st_size for name, path in paths.items()},
        "rows": rows,
    }


def table(measured: dict[str, Any]) -> str:
    """Make the Markdown page with a row per network and size; units as in the papers."""
    counts, lines = measured["pictures"], ["# Quality against speed", "", "![Error against time](quality.svg)", ""]
    on = measured["machine"]
    lines += [
        f"Made by `benchmarks/quality.py` on {measured['date']}, with ONNX Runtime {on['onnxruntime']} on one thread",
        f"of {on['processor']} ({' '.join(on['features'])}).",
        f"Images: {counts['validation']} validation images, for which the figures measure agreement with",
        f"pseudo-labels, and {counts['drawn']} drawn persons with exact alpha. Each image keeps its aspect ratio.",
        "ms is CPU time for one image. MAD and MSE are x 1000, Grad and Conn in thousands; band is the unknown band.",
        "greenless-lite stores 8-bit weights and runs in float32; -float32 stores float32 weights; -int8 runs in",
        "8 bits (7 for weights, so that it needs no VNNI); previous is the network of run 8 (`pretrained/RUNS.md`).",
    ]
    if measured["left_out"]:
        lines += ["Not measured, because they were not downloaded:", f"{', '.join(measured['left_out'])}."]
    lines += [
        "",
        "| network | size | ms | IoU | MAD | MSE | Grad | Conn | MAD, band | drawn: IoU | MAD | Grad | MAD, band |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in measured["rows"]:
        v, d = row["validation"], row["drawn"]
        cells = [
            *(row["network"], row["size"], f"{row['processor_ms']:.1f}", f"{v['iou']:.4f}", f"{1000 * v['mad']:.1f}"),
            *(f"{1000 * v['mse']:.1f}", f"{v['grad']:.2f}", f"{v['conn']:.2f}", f"{1000 * v['band_mad']:.0f}"),
            *(f"{d['iou']:.4f}", f"{1000 * d['mad']:.1f}", f"{d['grad']:.2f}", f"{1000 * d['band_mad']:.0f}"),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    steady = [row for row in measured["rows"] if "shaken" in row]
    if steady:
        lines += [
            "",
            "The same validation images, slightly shaken (`models/shake.py`):",
            "",
            "| network | size | dtSSD x 100 | MESSDdt x 1000 | warp error x 1000 | MAD x 1000 |",
            "|---|---|---|---|---|---|",
        ]
        lines += [
            f"| {row['network']} | {row['size']} | {100 * s['dtssd']:.2f} | {1000 * s['messddt']:.2f} | "
            f"{1000 * s['warp']:.2f} | {1000 * s['mad']:.1f} |"
            for row in steady
            for s in [row["shaken"]]
        ]
    return "\n".join(lines) + "\n"


def panels(measured: dict[str, Any]) -> list[Panel]:
    """Make the panels of MAD against time, one for each kind of image."""
    titles = {"validation": "validation pictures", "drawn": "drawn persons, exact alpha"}
    return [
        Panel(
            title=title,
            lines={
                name: [
                    (row["processor_ms"], 1000 * row[subject]["mad"], row["size"])
                    for row in measured["rows"]
                    if row["network"] == name and not math.isnan(row[subject]["mad"])
                ]
                for name in dict.fromkeys(row["network"] for row in measured["rows"])
                if not name.endswith("-float32")  # would hide the same network behind it
            },
        )
        for subject, title in titles.items()
    ]


def main() -> None:
    """Measure, or read earlier figures, and write table and plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds images/ and mattes/")
    parser.add_argument("--also", action="append", default=[], metavar="NAME=FILE", help="one more ONNX file")
    parser.add_argument("--output", type=Path, default=Path("docs"))
    parser.add_argument("--pictures", type=int, default=None, help="use so many of each kind, spread evenly")
    parser.add_argument("--rounds", type=int, default=20, help="times each network is timed")
    parser.add_argument("--draw", action="store_true", help="measure nothing, draw what quality.json holds")
    arguments = parser.parse_args()
    found = arguments.output / "data" / "quality.json"
    if arguments.draw:
        measured = json.loads(found.read_text())
    else:
        if not arguments.data:
            parser.error("name the folder of pictures: --data")
        some = arguments.pictures
        subjects = {
            "validation": spread(list(read_pairs(arguments.data / "images", arguments.data / "mattes")), some),
            "drawn": list(drawn_pairs(spread(SEEDS, some))),
        }
        shaken = len(subjects["validation"])
        left_out: list[str] = []
        paths = dict(networks(arguments.also, left_out))
        measured = report(paths, subjects, rounds=arguments.rounds, shaken=shaken) | {"left_out": left_out}
        found.parent.mkdir(parents=True, exist_ok=True)
        found.write_text(json.dumps(measured, indent=1) + "\n")
    (arguments.output / "quality.md").write_text(table(measured))
    figure = lines(panels(measured), across="CPU ms for one image, one thread (log)", up="MAD x 1000")
    save(figure, arguments.output / "quality.svg")


if __name__ == "__main__":
    main()
