"""Measures how much calmer the temporal filters make a network's mattes: on the drawn sample, and on shaken stills.

    python benchmarks/steadiness.py [--data ../shared/data/val] [--json FILE] [--quick]

Each clip goes through the network once, then through each filter; MAD, dtSSD and MESSDdt stand beside those of the bare
network, enlarged bilinearly alike. The stills are moved, noised and exposed by ``models.shake``. The filters' times are
the processor's for a frame of 1280x720, of one thread, the median.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from models.pairs import Moment, read_pairs
from models.shake import shake
from models.steadiness import Steadiness, mean_steadiness, steadiness_of
from realtime.capture.sample import Rendered
from realtime.frame import Alpha, CoarseMatte, Frame
from realtime.matting import open_matter
from realtime.matting.base import Matter
from realtime.matting.finish import Finish
from realtime.settings import FinishSettings, MattingSettings

BARE = FinishSettings(temporal="off", islands=False, enlarge="bilinear")
FILTERS = {
    "network alone": BARE,
    "smooth": replace(BARE, temporal="smooth"),
    "ofd": replace(BARE, temporal="ofd"),
    "smooth, islands": replace(BARE, temporal="smooth", islands=True),
}
FIGURES = {"MAD x1000": ("mad", 1000), "dtSSD x100": ("dtssd", 100), "MESSDdt x1000": ("messddt", 1000)}
SAMPLES = ((0, 0), (1, 60), (2, 30), (4, 45), (5, 90), (7, 10))
"""Seed, and the frame at which the clip begins; in some of them a hand comes in."""

FPS = 30.0
SIZE_PX = (640, 360)


def sample(seed: int, start: int, frames: int) -> list[Moment]:
    """A clip of the drawn sample."""
    rendered = Rendered(*SIZE_PX, FPS, seed=seed)
    truths = [rendered.truth(start + index) for index in range(frames)]
    return [Moment(pixels=truth.pixels, alpha=truth.alpha) for truth in truths]


def clips(data: Path | None, *, quick: bool) -> Iterator[tuple[str, list[Moment]]]:
    """Every clip, with the group that it counts in."""
    frames = 6 if quick else 24
    for seed, start in SAMPLES[:2] if quick else SAMPLES:
        yield "sample", sample(seed, start, frames)
    if data is None:
        return
    pairs = list(read_pairs(data / "images", data / "mattes"))
    for seed, pair in enumerate(pairs[:: max(1, len(pairs) // (3 if quick else 22))]):
        yield "shaken stills", list(shake(pair.pixels, pair.alpha, frames=6 if quick else 12, seed=seed))


def coarse_mattes(matter: Matter, moments: Iterable[Moment]) -> list[CoarseMatte]:
    """What the network says of each frame."""
    frames = [Frame(pixels=m.pixels, index=i, captured_s=i / FPS) for i, m in enumerate(moments)]
    return [matter.matte_batch([frame])[0] for frame in frames]


def finished(coarse: Iterable[CoarseMatte], settings: FinishSettings) -> Iterator[Alpha]:
    """The mattes of one clip, in order, whatever the delay."""
    finish = Finish(settings)
    for each in coarse:
        if (matte := finish.finish(each)) is not None:
            yield matte.alpha
    if (matte := finish.flush()) is not None:
        yield matte.alpha


def processor_ms(coarse: list[CoarseMatte], settings: FinishSettings) -> float:
    """Median for a frame of 1280x720, the way to that size left out."""
    large = [
        CoarseMatte(
            alpha=each.alpha, frame=replace(each.frame, pixels=np.asarray(cv2.resize(each.frame.pixels, (1280, 720))))
        )
        for each in coarse
    ]
    return _median_ms(large, settings) - _median_ms(large, BARE)


def _median_ms(coarse: list[CoarseMatte], settings: FinishSettings) -> float:
    finish, times = Finish(settings), []
    for each in [*coarse, *coarse[::-1]]:
        start_s = time.process_time()
        finish.finish(each)
        times.append(1000 * (time.process_time() - start_s))
    return statistics.median(times[1:])


def measure(data: Path | None, *, quick: bool) -> dict[str, dict[str, dict[str, float]]]:
    """Every figure, by group of clips and filter."""
    matter = open_matter(MattingSettings(runtime="onnx", reference_size=288))
    rows: dict[str, dict[str, list[Steadiness]]] = {}
    cost: dict[str, float] = {}
    for group, moments in clips(data, quick=quick):
        coarse = coarse_mattes(matter, moments)
        for name, settings in FILTERS.items():
            found = steadiness_of(zip(moments, finished(coarse, settings), strict=True))
            rows.setdefault(group, {}).setdefault(name, []).append(found)
            if name not in cost:
                cost[name] = 0.0 if settings == BARE else processor_ms(coarse, settings)
    report: dict[str, dict[str, dict[str, float]]] = {}
    for group, filters in rows.items():
        for name, found in filters.items():
            mean = mean_steadiness(found)
            figures = {label: round(scale * getattr(mean, key), 3) for label, (key, scale) in FIGURES.items()}
            report.setdefault(group, {})[name] = {**figures, "processor ms": round(cost[name], 2)}
    return report


def table(report: dict[str, dict[str, dict[str, float]]]) -> str:
    """The same as Markdown, each figure with its change against the network alone."""
    lines = []
    for group, filters in report.items():
        bare = filters["network alone"]
        lines += [f"| {group} | " + " | ".join(bare) + " |", "|---" * (len(bare) + 1) + "|"]
        for name, row in filters.items():
            cells = [
                f"{value:.2f}" + (f" ({100 * (value / bare[label] - 1):+.0f} %)" if label in FIGURES else "")
                for label, value in row.items()
            ]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with images/ and mattes/")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--quick", action="store_true", help="few and short clips, to see that it runs")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    report = measure(arguments.data, quick=arguments.quick)
    print(table(report))
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
