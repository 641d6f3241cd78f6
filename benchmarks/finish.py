"""Measures how the finish and the scene improve edges, and what each step costs.

    python benchmarks/finish.py [--data ../shared/data] [--seeds 2 5 7] [--output finish.json]

It uses drawn persons at 1920x1080, whose alpha, colours and room are exact. With ``--data`` it adds the validation
split (``val/images``, ``val/mattes``; rooms in ``backgrounds``), whose mattes give composites with a known foreground.
The coarse mattes come from the built-in network. Times are CPU milliseconds of one thread, see ``finish_cost.py``.
"""

import argparse
import json
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.finish_cost import COARSE_PX, processor_ms
from benchmarks.people.sample import Rendered, Truth
from models import metrics, weights
from models.evaluation import evaluation_size
from models.training.foreground import estimate_foreground
from realtime.commands.network.predictors import open_network
from realtime.frame import Alpha, Frame, Matte, Pixels
from realtime.matting.choice.runtime_choice import processor
from realtime.matting.refine.enlarge import bilinear, guided
from realtime.scene.blend import blend
from realtime.scene.blur import Blur
from realtime.scene.compose import REDUCED_PX
from realtime.scene.edge_colours import clean, cut_out
from realtime.scene.rim import Rim

SAMPLE_PX = (1920, 1080)
STRENGTHS = (0.25, 0.5, 0.9)

Row = dict[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Person:
    """An image, its true matte and the network's coarse matte."""

    name: str
    pixels: Pixels
    alpha: Alpha
    coarse: Alpha


def fit_for_frame(pixels: Pixels, index: int = 0) -> Frame:
    """Make a frame of a stream of 30 fps."""
    return Frame(pixels=pixels, index=index, captured_s=index / 30)


def mean(rows: Sequence[Row]) -> Row:
    """Return the mean of each figure."""
    return {key: round(statistics.fmean(row[key] for row in rows), 5) for key in rows[0]} if rows else {}


def matte_figures(person: Person, coarse: Alpha) -> Row:
    """Measure Grad, MAD and MAD in the unknown band of bilinear and guided enlarging."""
    size = (person.pixels.shape[1], person.pixels.shape[0])
    band = metrics.unknown_band(person.alpha)
    return {
        f"{figure}_{how}": value
        for how, found in (
            ("bilinear", bilinear(coarse, size)),
            ("guided", guided(coarse, fit_for_frame(person.pixels))),
        )
        for figure, value in (
            ("grad", metrics.grad(found, person.alpha)),
            ("mad", metrics.mad(found, person.alpha)),
            ("band_mad", metrics.mad(found, person.alpha, band)),
        )
    }


def colour_figures(pixels: Pixels, alpha: Alpha, foreground: Pixels) -> Row:
    """Measure the error of the person's colours in the rim, weighted by alpha, in levels of 0 to 255."""
    rim = Rim.of(alpha)
    true, frame = rim.runs.colours(foreground), fit_for_frame(pixels)

    def error(found: Pixels) -> float:
        far = np.abs(rim.runs.colours(found) - true)[:, :3].mean(1) * rim.alpha[:, 0]
        return float(far[rim.inside > 0].mean()) if len(rim.runs) else 0.0

    row = {"camera": error(pixels)}
    for quality in ("balanced", "best"):
        row[quality] = error(cut_out(pixels, rim, clean(frame, rim, reduced_px=REDUCED_PX[quality])))
    return row


def halo_figures(truth: Truth, alpha: Alpha) -> Row:
    """Measure the person's light in the blurred plate, in squared levels per pixel: plain blur, and without the person.

    ``*_from_room`` is the distance to the blur of the empty room. It includes the unknown room behind the person.
    """
    row: Row = {}
    seen = (truth.alpha < 0.5)[..., None]

    def energy(found: Pixels, other: Pixels) -> float:
        return float(np.square(found.astype(np.float32) - other).mean(where=seen))

    for strength in STRENGTHS:
        for lens in (False, True):
            blur, nobody = Blur(strength, lens=lens), np.zeros_like(alpha)
            (plain, empty), (plate, empty_masked) = (
                tuple(blur.plate(Matte(alpha=left, frame=fit_for_frame(p))) for p in (truth.pixels, truth.background))
                for left in (nobody, alpha)
            )
            name = f"{'lens' if lens else 'blur'}:{strength}"
            row |= {f"{name} plain": energy(plain, empty), f"{name} masked": energy(plate, empty_masked)}
            row |= {f"{name} plain_from_room": energy(plain, empty), f"{name} masked_from_room": energy(plate, empty)}
    return row


def linear_figures(truth: Truth) -> Row:
    """Measure by how many levels linear light changes the rim, before white and before black."""
    rim = Rim.of(truth.alpha)
    row = {}
    for name, level in (("white", 255), ("black", 0)):
        plate = np.full_like(truth.pixels, level)
        plain, linear = (rim.runs.colours(blend(truth.foreground, plate, rim, linear_light=on)) for on in (False, True))
        row[f"before_{name}"] = float((linear - plain)[rim.inside > 0, :3].mean())
    return row


def drawn(seeds: Sequence[int], predict: Callable[[Pixels, tuple[int, int]], Alpha]) -> Iterator[tuple[Person, Truth]]:
    """Yield the drawn persons."""
    for seed in seeds:
        truth = Rendered(*SAMPLE_PX, seed=seed).truth(20)
        coarse = np.clip(predict(truth.pixels, COARSE_PX), 0, 1)
        yield Person(name=f"sample {seed}", pixels=truth.pixels, alpha=truth.alpha, coarse=coarse), truth


def validation(data: Path, every: int, predict: Callable[[Pixels, tuple[int, int]], Alpha]) -> Iterator[Person]:
    """Yield every ``every``-th image of the validation split."""
    for path in sorted((data / "val" / "images").iterdir())[::every]:
        pixels = np.asarray(cv2.imread(str(path)), np.uint8)
        matte = cv2.imread(str(data / "val" / "mattes" / f"{path.stem}.png"), cv2.IMREAD_GRAYSCALE)
        alpha = np.asarray(matte, np.float32) / np.float32(255)
        coarse = np.clip(predict(pixels, evaluation_size(pixels.shape[1], pixels.shape[0])), 0, 1)
        yield Person(name=path.stem, pixels=pixels, alpha=alpha, coarse=coarse)


def before_rooms(people: Sequence[Person], data: Path) -> list[Row]:
    """Measure colours of people put before other rooms, where the foreground is known."""
    rooms = sorted((data / "backgrounds").iterdir())
    rows = []
    for index, person in enumerate(people):
        foreground = estimate_foreground(person.pixels, person.alpha)
        size = (person.pixels.shape[1], person.pixels.shape[0])
        opened = cv2.imread(str(rooms[index % len(rooms)]))
        assert opened is not None
        room = np.asarray(cv2.resize(opened, size), np.uint8)
        pixels = np.asarray(cv2.blendLinear(foreground, room, person.alpha, 1 - person.alpha), np.uint8)
        rows.append(colour_figures(pixels, person.alpha, foreground))
    return rows


def table(report: dict[str, Any]) -> str:
    """Format the report as text, each line before and after."""
    lines = []
    for where in ("sample", "sample, exact alpha at the network's size", "validation", "validation, enlarged"):
        if row := report["matte"].get(where):
            changes = (f"{name} {_change(row[f'{name}_bilinear'], row[f'{name}_guided'])}" for name in ("grad", "mad"))
            lines.append(f"guided for bilinear, {where}: {', '.join(changes)}")
    for where, row in report["colour"].items():
        after = ", ".join(f"{quality} {_change(row['camera'], row[quality])}" for quality in ("balanced", "best"))
        lines.append(f"colour error in the rim, {where}: {after}")
    for name in (f"{kind}:{strength}" for kind in ("blur", "lens") for strength in STRENGTHS):
        row = report["halo"]
        far = _change(row[f"{name} plain_from_room"], row[f"{name} masked_from_room"])
        lines.append(f"halo, {name}: {_change(row[f'{name} plain'], row[f'{name} masked'])}, from the empty room {far}")
    lines.append(f"linear light, levels in the rim: {report['linear']}")
    lines += [f"{ms:7.2f} ms  {name}" for name, ms in report["processor_ms"].items()]
    return "\n".join(lines)


def _change(before: float, after: float) -> str:
    return f"{before:.4g} -> {after:.4g} ({100 * (after / before - 1):+.0f} %)" if before else f"{after:.4g}"


def measure(data: Path | None, *, every: int, seeds: Sequence[int], rounds: int, name: str) -> dict[str, Any]:
    """Measure every figure of the JSON file; the arguments are those of the command line."""
    predict = open_network(weights.onnx_for(weights.find(name))).still
    sample = list(drawn(seeds, predict))
    exact = [
        (p, np.asarray(cv2.resize(p.alpha, COARSE_PX, interpolation=cv2.INTER_AREA), np.float32)) for p, _ in sample
    ]
    people = list(validation(data, every, predict)) if data else []
    larger = [
        p for p in people if not np.array_equal(guided(p.coarse, fit_for_frame(p.pixels)), bilinear(p.coarse, _size(p)))
    ]
    return {
        "processor": processor(),
        "weights": name,
        "pictures": {"sample": len(sample), "validation": len(people), "validation, enlarged": len(larger)},
        "matte": {
            "sample": mean([matte_figures(person, person.coarse) for person, _ in sample]),
            "sample, exact alpha at the network's size": mean([matte_figures(p, coarse) for p, coarse in exact]),
            "validation": mean([matte_figures(person, person.coarse) for person in people]),
            "validation, enlarged": mean([matte_figures(person, person.coarse) for person in larger]),
        },
        "colour": {
            "sample": mean([colour_figures(t.pixels, t.alpha, t.foreground) for _, t in sample]),
            **({"validation before other rooms": mean(before_rooms(people, data))} if data else {}),
        },
        "halo": mean([halo_figures(truth, truth.alpha) for _, truth in sample]),
        "linear": mean([linear_figures(truth) for _, truth in sample]),
        "processor_ms": processor_ms(rounds, predict),
    }


def main() -> None:
    """Measure everything, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take every so many pictures of the validation split")
    parser.add_argument("--seeds", type=int, nargs="+", default=[2, 5, 7])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--weights", default="greenless-lite")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    report = measure(
        arguments.data,
        every=arguments.every,
        seeds=arguments.seeds,
        rounds=arguments.rounds,
        name=arguments.weights,
    )
    print(table(report))
    if arguments.output:
        arguments.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _size(person: Person) -> tuple[int, int]:
    return person.pixels.shape[1], person.pixels.shape[0]


if __name__ == "__main__":
    main()
