"""Writes the page that shows each step of the finish before and after: edges, flicker, keyer, stills, and the cost.

    python benchmarks/before_after.py --data ../shared/data [--every 8] [--seeds 2 5] [--output docs]

It runs ``finish.py`` (edges, colours, halo, linear light, milliseconds), ``steadiness.py`` (flicker) and ``chroma.py``
(the keyer compared with a colour threshold). It also measures the mattes of each ``--quality``, as ``greenless evaluate
--finish`` does, and closed-form matting on stills. Without ``--data`` it measures only the drawn persons. It writes
``data/finish.json`` and ``finish.md``; ``--draw`` only rewrites ``finish.md`` from the JSON file.
"""

import argparse
import importlib.util
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.people.drawn import SEEDS, drawn_pairs
from models import weights
from models.evaluation import Figures, measure
from models.pairs import Pair, read_pairs
from realtime.commands.network.predictors import finished_stills, open_network
from realtime.frame import Alpha, Frame, Matte, Pixels
from realtime.offline.trimap import Refined

FIGURES = {"iou": ("IoU", 1, 4), "mad": ("MAD", 1000, 1), "grad": ("Grad", 1, 3), "band_mad": ("MAD, band", 1000, 1)}
"""Title, factor and decimals; units as in the papers."""

PLACES = {
    "sample": "drawn, 1920x1080",
    "sample, exact alpha at the network's size": "drawn, true matte shrunk to 512x288",
    "validation": "validation",
    "validation, enlarged": "validation, those larger than the network",
    "validation before other rooms": "validation, before other rooms",
}

Row = dict[str, float]


def qualities(subjects: dict[str, list[Pair]]) -> dict[str, dict[str, Row]]:
    """Measure the mattes of each quality, by kind of image; ``none`` is the network alone."""
    predict = open_network(weights.onnx_for(weights.find("greenless-lite"))).still
    ways = {"none": predict} | {name: finished_stills(predict, name) for name in ("fast", "balanced", "best")}
    return {
        subject: {name: _row(measure(way, pairs).mean) for name, way in ways.items()}
        for subject, pairs in subjects.items()
    }


def stills(pairs: Sequence[Pair]) -> dict[str, dict[str, Row]]:
    """Measure ``--quality best`` on stills, without and with ``--trimap auto``; empty if pymatting is missing."""
    if importlib.util.find_spec("pymatting") is None:
        return {}
    predict = finished_stills(open_network(weights.onnx_for(weights.find("greenless-lite"))).still, "best")

    def refined(pixels: Pixels, size_px: tuple[int, int]) -> Alpha:
        frame = Frame(pixels=pixels, index=0, captured_s=0.0)
        return Refined()(Matte(alpha=predict(pixels, size_px), frame=frame)).alpha

    subjects = {"drawn": pairs, "drawn, as JPEG of quality 75": [replace(p, pixels=_as_jpeg(p.pixels)) for p in pairs]}
    return {
        subject: {name: _row(measure(way, them).mean) for name, way in (("best", predict), ("closed-form", refined))}
        for subject, them in subjects.items()
    }


def report(data: Path | None, *, every: int, seeds: Sequence[int], rounds: int, quick: bool) -> dict[str, Any]:
    """Every figure, as it is written to the JSON file."""
    from benchmarks import chroma, finish, steadiness  # not needed to draw the page

    cv2.setNumThreads(1)
    drawn = list(drawn_pairs(SEEDS[:2] if quick else SEEDS))
    subjects = {"drawn": drawn}
    if data:
        subjects["validation"] = list(read_pairs(data / "val" / "images", data / "val" / "mattes"))[::every]
    edges = finish.measure(data, every=every, seeds=seeds, rounds=rounds, name="greenless-lite")
    return {
        "date": time.strftime("%Y-%m-%d"),
        "pictures": {**edges.pop("pictures"), **{name: len(pairs) for name, pairs in subjects.items()}},
        **edges,
        "qualities": qualities(subjects),
        "steadiness": steadiness.measure(data, quick=quick),
        "chroma": chroma.measure(),
        "stills": stills(drawn[:4]),
    }


def page(measured: dict[str, Any]) -> str:
    """The Markdown page."""
    counts = measured["pictures"]
    lines = [
        "# Edges and steadiness, before and after",
        "",
        f"Made by `benchmarks/before_after.py` on {measured['date']}, with greenless-lite of that day, on one thread",
        f"of an {measured['processor']}. Images: drawn persons with exact alpha ({counts['sample']} at 1920x1080,",
        f"{counts['drawn']} at 640x360), and {counts.get('validation', 0)} validation images, for which the figures",
        "measure agreement with pseudo-labels. MAD x 1000, Grad in thousands, dtSSD x 100, MESSDdt x 1000. Times are",
        "CPU milliseconds. On a busy machine all of them are too high, so compare them with each other.",
        "",
        *_qualities(measured["qualities"]),
        *_edges(measured),
        *_time(measured["steadiness"]),
        *_others(measured["chroma"], measured["stills"]),
        "## What each step costs",
        "",
        "The CPU time for a moving person at 1280x720 and at 1920x1080, with mattes of 512x288. Steps are in the order",
        "of a live frame. `all` is refinement and scene as in a live run; `added` are settings that are usually off.",
        "",
        *_table("step", ("ms",), ((name, (f"{ms:.2f}",)) for name, ms in measured["processor_ms"].items())),
    ]
    return "\n".join(lines)


def _qualities(qualities: dict[str, dict[str, Row]]) -> Iterator[str]:
    yield from ("## Each quality", "", "The refined mattes of each `--quality`, for single images.", "")
    titles = tuple(title for title, _, _ in FIGURES.values())
    rows = (
        (f"{subject}, {name}", _cells(row, rows["none"] if name != "none" else None))
        for subject, rows in qualities.items()
        for name, row in rows.items()
    )
    yield from _table("quality", titles, rows)


def _edges(measured: dict[str, Any]) -> Iterator[str]:
    yield from ("## Edges", "", "The enlarged matte: bilinear before, guided by the frame after.", "")
    found = {name: row for name, row in measured["matte"].items() if row}
    rows = (
        (
            PLACES[place],
            tuple(
                _change(factor * row[f"{key}_bilinear"], factor * row[f"{key}_guided"])
                for key, factor in (("grad", 1), ("mad", 1000), ("band_mad", 1000))
            ),
        )
        for place, row in found.items()
    )
    yield from _table("images", ("Grad", "MAD", "MAD, band"), rows)
    yield from ("Colour error in the rim, in levels of 255: the camera's colours before, clean ones after.", "")
    rows = (
        (PLACES[place], tuple(_change(row["camera"], row[quality]) for quality in ("balanced", "best")))
        for place, row in measured["colour"].items()
    )
    yield from _table("images", ("balanced", "best"), rows)
    yield from (
        "Light of the person in the blurred room, in squared levels: plain blur before, blur without the person after.",
        "The second column compares with the blur of the empty room, which includes what the person hides.",
        "",
    )
    halo = measured["halo"]
    rows = (
        (name, tuple(_change(halo[f"{name} plain{end}"], halo[f"{name} masked{end}"]) for end in ("", "_from_room")))
        for name in (key.removesuffix(" plain") for key in halo if key.endswith(" plain"))
    )
    yield from _table("background", ("halo", "from the empty room"), rows)
    linear = measured["linear"]
    yield from (
        f"Linear light makes the rim {linear['before_white']:.1f} levels of 255 lighter in front of white, and",
        f"{linear['before_black']:.1f} in front of black. It is off by default, because networks learn alpha from",
        "images that are mixed without it.",
        "",
    )


def _time(steadiness: dict[str, dict[str, Row]]) -> Iterator[str]:
    yield from (
        "## Time",
        "",
        "Each filter after the network. The matte is enlarged bilinearly unless `guided` is named. The sample is",
        "1280x720; its persons were among the training images, in other poses.",
        "",
    )
    for group, filters in steadiness.items():
        bare = filters["network alone"]
        rows = (
            (
                name,
                tuple(
                    ""
                    if key not in row
                    else f"{row[key]:.2f}"
                    if name == "network alone" or not bare[key]
                    else _change(bare[key], row[key])
                    for key in bare
                ),
            )
            for name, row in filters.items()
        )
        yield from _table(group, tuple(bare), rows)


def _others(chroma: dict[str, Row], stills: dict[str, dict[str, Row]]) -> Iterator[str]:
    yield from ("## Other ways to a matte", "")
    yield from ("Drawn persons in front of a lit cloth screen: a plain colour threshold before, the keyer after.", "")
    threshold, keyer = (
        {name.partition(", ")[2]: row for name, row in chroma.items() if name.startswith(way)}
        for way in ("colour threshold", "chroma key")
    )
    columns = {"MAD x1000": "MAD", "Grad": "Grad", "band MAD x1000": "MAD, band"}
    rows = (
        (screen, tuple(_change(before[key], keyer[screen][key]) for key in columns))
        for screen, before in threshold.items()
    )
    yield from _table("screen", tuple(columns.values()), rows)
    if stills:
        yield from (
            "Images of drawn persons: `--quality best` before, `--trimap auto` (closed-form matting) after.",
            "",
        )
        titles = tuple(title for title, _, _ in FIGURES.values())
        stills_rows = ((name, _cells(row["closed-form"], row["best"])) for name, row in stills.items())
        yield from _table("images", titles, stills_rows)


def _cells(row: Row, before: Row | None = None) -> tuple[str, ...]:
    cells = []
    for key, (_, factor, decimals) in FIGURES.items():
        value = f"{factor * row[key]:.{decimals}f}"
        change = "" if before is None else f" ({100 * (row[key] / before[key] - 1):+.1f} %)"
        cells.append(value + change)
    return tuple(cells)


def _as_jpeg(pixels: Pixels) -> Pixels:
    data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 75])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def _row(figures: Figures) -> Row:
    return {key: round(getattr(figures, key), 6) for key in FIGURES}


def _change(before: float, after: float) -> str:
    return f"{before:.3g} -> {after:.3g} ({100 * (after / before - 1):+.0f} %)"


def _table(head: str, titles: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> Iterator[str]:
    yield f"| {head} | {' | '.join(titles)} |"
    yield "|---" * (len(titles) + 1) + "|"
    for name, cells in rows:
        yield f"| {name} | {' | '.join(cells)} |"
    yield ""


def main() -> None:
    """Measure, or read earlier figures, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds val/ and backgrounds/")
    parser.add_argument("--every", type=int, default=8, help="take every so many pictures of the validation split")
    parser.add_argument("--seeds", type=int, nargs="+", default=[2, 5], help="persons drawn at 1920x1080")
    parser.add_argument("--rounds", type=int, default=20, help="times each piece is timed")
    parser.add_argument("--quick", action="store_true", help="few drawn persons, short clips: to see that it runs")
    parser.add_argument("--output", type=Path, default=Path("docs"))
    parser.add_argument("--draw", action="store_true", help="measure nothing, write the page of finish.json")
    arguments = parser.parse_args()
    found = arguments.output / "data" / "finish.json"
    if arguments.draw:
        measured = json.loads(found.read_text(encoding="utf-8"))
    else:
        measured = report(
            arguments.data,
            every=arguments.every,
            seeds=arguments.seeds,
            rounds=arguments.rounds,
            quick=arguments.quick,
        )
        found.parent.mkdir(parents=True, exist_ok=True)
        found.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    (arguments.output / "finish.md").write_text(page(measured), encoding="utf-8")


if __name__ == "__main__":
    main()
