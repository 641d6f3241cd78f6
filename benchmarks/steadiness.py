"""Measures how much the temporal filters reduce a network's flicker, and what they cost.

    python benchmarks/steadiness.py [--data ../shared/data] [--json FILE] [--markdown FILE] [--quick]

Each clip runs through the network once, then through each filter. MAD, dtSSD and MESSDdt are compared with those of the
network alone, both enlarged bilinearly. There are four kinds of clips:

- The drawn sample, which moves; in some clips a hand appears. ``its errors, held`` is the network's matte if its errors
  followed the motion without change. A filter that only removes flicker cannot reach a lower dtSSD.
- The sample at three times its speed, with exact mattes instead of the network's: any error there is the filter's lag.
- The validation stills, moved, noised and exposed by ``models.shake``.
- Clips without mattes: only the warp error, which can fall for a wrong matte too.

Times are medians of CPU milliseconds on one thread for a frame of 1280x720, with all filters alternating.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.people.sample import Rendered, Truth, blend
from models import metrics
from models.metrics import mean_of_rows
from models.pairs import ClipFrame, read_pairs
from models.shake import shake
from models.steadiness import Steadiness, steadiness_of
from realtime.commands.network.measured_clips import read_clips
from realtime.frame import Alpha, CoarseMatte, Frame, Pixels
from realtime.matting import open_matter
from realtime.matting.matter import Matter
from realtime.matting.refine.enlarge import bilinear
from realtime.matting.refine.finish import Finish
from realtime.settings.schema import FinishSettings, MattingSettings

BARE = FinishSettings(temporal="off", islands=False, enlarge="bilinear")
FILTERS = {
    "network alone": BARE,
    "smooth": replace(BARE, temporal="smooth"),
    "ofd": replace(BARE, temporal="ofd"),
    "islands": replace(BARE, islands=True),
    "smooth, islands, guided": replace(BARE, temporal="smooth", islands=True, enlarge="guided"),
}
HELD = "its errors, held"
FIGURES = {
    "MAD x1000": ("mad", 1000),
    "dtSSD x100": ("dtssd", 100),
    "MESSDdt x1000": ("messddt", 1000),
    "warp error x1000": ("warp", 1000),
}
SAMPLES = (*((0, 0), (1, 60), (2, 30), (4, 45), (5, 90), (7, 10)), *((8, 40), (9, 60), (11, 75), (12, 20), (13, 90)))
"""Seed and first frame of each clip; the first six served to tune the filters."""

FAST = ((1, 21), (5, 31), (12, 10))
"""Clips in which a hand waves."""

FPS, FAST_FPS = 30.0, 9.0
SIZE_PX = (1280, 720)
REFERENCES = {"512x288": 288, "384x224": 224}

Report = dict[str, dict[str, dict[str, float]]]
"""Figures by kind of clip and filter."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Clip:
    """The frames of a clip, and the mattes that the filters receive."""

    kind: str
    moments: list[ClipFrame]
    coarse: list[CoarseMatte]
    clean: tuple[Pixels, ...] = ()
    """The frames without sensor noise, if known."""


def sample(seed: int, start: int, frames: int, fps: float = FPS) -> list[Truth]:
    """Draw a clip of the sample."""
    rendered = Rendered(*SIZE_PX, fps, seed=seed)
    return [rendered.truth(start + index) for index in range(frames)]


def moments_of(truths: Iterable[Truth]) -> list[ClipFrame]:
    """Convert a drawn clip for the metrics."""
    return [ClipFrame(pixels=truth.pixels, alpha=truth.alpha) for truth in truths]


def clips(matter: Matter, data: Path | None, *, quick: bool) -> Iterator[Clip]:
    """Yield every clip."""
    frames = 6 if quick else 24
    for seed, start in SAMPLES[1:3] if quick else SAMPLES:
        truths = sample(seed, start, frames)
        moments = moments_of(truths)
        clean = tuple(blend(truth.foreground, truth.background, truth.alpha) for truth in truths)
        yield Clip(kind="sample", moments=moments, coarse=coarse_mattes(matter, moments), clean=clean)
    for seed, start in FAST[:1] if quick else FAST:
        moments = moments_of(sample(seed, start, frames // 2, FAST_FPS))
        yield Clip(kind="exact mattes, three times as fast", moments=moments, coarse=exact_mattes(moments))
    if data is None:
        return
    pairs = list(read_pairs(data / "val" / "images", data / "val" / "mattes"))
    for seed, pair in enumerate(pairs[:: max(1, len(pairs) // (3 if quick else 22))]):
        moments = list(shake(pair.pixels, pair.alpha, frames=frames // 2, seed=seed))
        yield Clip(kind="shaken stills", moments=moments, coarse=coarse_mattes(matter, moments))
    if not (data / "clips").is_dir():
        return
    for _, found in read_clips(data / "clips", None, frames=frames // 2):
        moments = [replace(moment, pixels=_within(moment.pixels)) for moment in found]
        yield Clip(kind="clips", moments=moments, coarse=coarse_mattes(matter, moments))


def _within(pixels: Pixels) -> Pixels:
    scale = SIZE_PX[0] / max(pixels.shape[:2])
    return (
        np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)) if scale < 1 else pixels
    )


def coarse_mattes(matter: Matter, moments: Iterable[ClipFrame]) -> list[CoarseMatte]:
    """Run the network on each frame."""
    return [matter.matte_batch([frame])[0] for frame in _frames(moments)]


def exact_mattes(moments: Iterable[ClipFrame]) -> list[CoarseMatte]:
    """Return the true mattes at the network's size."""
    return [
        CoarseMatte(alpha=np.asarray(cv2.resize(m.alpha, (512, 288), interpolation=cv2.INTER_AREA)), frame=frame)
        for m, frame in zip(moments, _frames(moments), strict=True)
        if m.alpha is not None
    ]


def _frames(moments: Iterable[ClipFrame]) -> list[Frame]:
    return [Frame(pixels=m.pixels, index=i, captured_s=i / FPS) for i, m in enumerate(moments)]


def finished(coarse: Iterable[CoarseMatte], settings: FinishSettings) -> Iterator[Alpha]:
    """Yield the finished mattes of one clip, in order, also if the filter delays them."""
    finish = Finish(settings)
    for each in coarse:
        if (matte := finish.finish(each)) is not None:
            yield matte.alpha
    if (matte := finish.flush()) is not None:
        yield matte.alpha


def held(clip: Clip) -> Steadiness:
    """Measure the network's mattes as if each frame's errors followed the motion without change."""
    errors, left = [], []
    for moment, coarse in zip(clip.moments, clip.coarse, strict=True):
        assert moment.alpha is not None
        height, width = moment.alpha.shape
        errors.append(bilinear(coarse.alpha, (width, height)) - moment.alpha)
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setFinestScale(0)
    greys = [cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY) for pixels in clip.clean]
    for before, after, error in zip(greys, greys[1:], errors, strict=False):
        back = np.asarray(search.calc(after, before, np.zeros((*before.shape, 2), np.float32)), np.float32)
        carried = metrics.followed(error, back)
        left.append(float(np.sqrt(np.mean(np.square(carried - error)))))
    mad = statistics.fmean(float(np.abs(error).mean()) for error in errors)
    return Steadiness(mad=mad, dtssd=statistics.fmean(left), messddt=float("nan"), warp=float("nan"))


def costs(*, quick: bool) -> dict[str, dict[str, float]]:
    """Measure CPU milliseconds of each filter for a frame of 1280x720, by the size of the network's mattes."""
    found: dict[str, dict[str, float]] = {}
    seed, start = SAMPLES[1]
    moments = moments_of(sample(seed, start, 6 if quick else 24))
    large = [replace(m, pixels=np.asarray(cv2.resize(m.pixels, (1280, 720)), np.uint8)) for m in moments]
    for size, reference_px in REFERENCES.items():
        coarse = coarse_mattes(open_matter(MattingSettings(runtime="onnx", reference_size=reference_px)), large)
        finishes = {name: Finish(settings) for name, settings in FILTERS.items()}
        times: dict[str, list[float]] = {name: [] for name in FILTERS}
        for each in [*coarse, *coarse[::-1]]:
            for name, finish in finishes.items():
                own = replace(
                    each, frame=replace(each.frame)
                )  # a copy, so that no filter profits from another one's caches
                start_s = time.thread_time()
                finish.finish(own)
                times[name].append(1000 * (time.thread_time() - start_s))
        medians = {name: statistics.median(row[1:]) for name, row in times.items()}
        for name, median in medians.items():
            found.setdefault(name, {})[f"ms at {size}"] = round(median - medians["network alone"], 2)
    return found


def measure(data: Path | None, *, quick: bool) -> Report:
    """Measure every figure, by kind of clip and filter."""
    matter = open_matter(MattingSettings(runtime="onnx", reference_size=288))
    rows: dict[str, dict[str, list[Steadiness]]] = {}
    for clip in clips(matter, data, quick=quick):
        kind = rows.setdefault(clip.kind, {})
        for name, settings in FILTERS.items():
            found = steadiness_of(zip(clip.moments, finished(clip.coarse, settings), strict=True))
            kind.setdefault(name, []).append(found)
        if clip.kind == "sample":
            kind.setdefault(HELD, []).append(held(clip))
    report: Report = {}
    for group, filters in rows.items():
        for name, each in filters.items():
            mean = mean_of_rows(each)
            figures = {label: scale * getattr(mean, key) for label, (key, scale) in FIGURES.items()}
            report.setdefault(group, {})[name] = {k: round(v, 3) for k, v in figures.items() if v == v}
    report["processor time beyond the network alone"] = costs(quick=quick)
    return report


def table(report: Report) -> str:
    """Format the report as Markdown, each figure with its change against the network alone."""
    lines = []
    for group, filters in report.items():
        bare = filters["network alone"]
        lines += [f"| {group} | " + " | ".join(bare) + " |", "|---" * (len(bare) + 1) + "|"]
        for name, row in filters.items():
            cells = [_cell(label, row, bare) for label in bare]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join(lines)


def _cell(label: str, row: dict[str, float], bare: dict[str, float]) -> str:
    if label not in row:
        return ""
    change = f" ({100 * (row[label] / bare[label] - 1):+.0f} %)" if label in FIGURES else ""
    return f"{row[label]:.2f}{change}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with val/ and clips/")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--quick", action="store_true", help="few and short clips, to see that it runs")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    report = measure(arguments.data, quick=arguments.quick)
    print(table(report))
    if arguments.markdown:
        arguments.markdown.write_text(table(report), encoding="utf-8")
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
