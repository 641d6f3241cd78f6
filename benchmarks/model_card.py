"""Writes the figures of the model card: overall, steadiness, by case, by skin tone, by source, and in empty rooms.

    python benchmarks/model_card.py --data ../shared/data [--first /work/runs/first.onnx] [--card pretrained/README.md]

``--data`` holds ``val/images``, ``val/mattes`` and ``sources.csv``. ``cases.csv`` lists the cases of the validation
images, tagged by eye; the cases of drawn persons follow from their look. The figures replace the text between the two
marks in the card; without ``--card`` they are printed.
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.people.appearance import SKINS, look
from benchmarks.people.drawn import SEEDS, drawn_pairs, empty_rooms
from benchmarks.people.paint import linear
from models import weights
from models.evaluation import Evaluation, Figures, evaluate, measure
from models.files import replacing
from models.metrics import mean_of_rows
from models.pairs import read_pairs
from models.shake import shake
from models.steadiness import Steadiness, steadiness
from realtime.commands.network.predictors import Network, open_network

BEGIN = "<!-- figures: written by benchmarks/model_card.py -->"
END = "<!-- end of the figures -->"

CASES = Path(__file__).parent / "cases.csv"
SKIN_TONES = ("light skin", "medium skin", "dark skin")
DRAWN_TONES = ("light skin", "light skin", "light skin", "medium skin", "dark skin", "dark skin")
"""The tone of each row of ``benchmarks.people.appearance.SKINS``."""

ABSENT = ("headphones", "poster or screen that shows a person", "nobody in view")
"""Cases of calls that no validation image shows."""

LONG_HAIR = {"long", "curly", "bob", "wavy"}
TAKEN = 0.001
"""Mean alpha of an empty room above which a part of it is visible."""

Groups = dict[str, list[Figures]]


def read_cases(path: Path) -> dict[str, list[str]]:
    """Read the cases of each image by its stem."""
    cases: dict[str, list[str]] = defaultdict(list)
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            cases[row["stem"]].append(row["case"])
    return dict(cases)


def read_sources(path: Path) -> dict[str, list[str]]:
    """Read the source of each validation image by its stem."""
    with path.open(newline="") as file:
        return {
            Path(row["file"]).stem: [row["source"]]
            for row in csv.DictReader(file)
            if row["file"].startswith("val/images/")
        }


def drawn_cases(seed: int) -> list[str]:
    """List the cases that a drawn person shows, in the words of ``cases.csv``."""
    who = look(seed)
    worn = [name for name in ("glasses", "headphones", "beard") if getattr(who, name)]
    hair = ["long or curly hair"] if who.hair in LONG_HAIR else []
    return [*worn, *hair, drawn_skin_tone(seed)]


def drawn_skin_tone(seed: int) -> str:
    """Return the tag of photographs that is closest to a drawn person's skin."""
    away = [float(np.abs(linear(*colour) - look(seed).skin).sum()) for colour in SKINS]
    return DRAWN_TONES[int(np.argmin(away))]


def group(measured: Evaluation, of: dict[str, list[str]]) -> Groups:
    """Group the figures of the images."""
    groups: Groups = defaultdict(list)
    for name, figures in measured.pictures.items():
        for label in of.get(name, ()):
            groups[label].append(figures)
    return dict(groups)


def group_table(heading: str, groups: Groups, order: Sequence[str] = ()) -> list[str]:
    """Make a Markdown table with a row per group, in ``order`` or with the largest error first."""
    rows = {label: mean_of_rows(figures) for label, figures in groups.items()}
    labels = [label for label in order if label in rows] or sorted(rows, key=lambda label: -rows[label].mad)
    lines = [f"| {heading} | images | IoU | MAD x 1000 | MAD x 1000 in the band |", "|---|---|---|---|---|"]
    return [
        *lines,
        *(
            f"| {label} | {len(groups[label])} | {rows[label].iou:.4f} | {1000 * rows[label].mad:.1f} | "
            f"{1000 * rows[label].band_mad:.0f} |"
            for label in labels
        ),
    ]


def overall(rows: dict[str, tuple[Evaluation, Evaluation, Steadiness]]) -> list[str]:
    """Make the table of means of each network: validation images, drawn persons, shaken validation images."""
    lines = [
        "| network | images | IoU | MAD | MSE | Grad | Conn | IoU in the band | MAD in the band | dtSSD | MESSDdt |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, (validation, drawn, steady) in rows.items():
        still = f"{100 * steady.dtssd:.2f} | {1000 * steady.messddt:.2f}"
        for kind, measured, last in (("validation", validation, still), ("drawn, exact alpha", drawn, "- | -")):
            m = measured.mean
            cells = f"{m.iou:.4f} | {1000 * m.mad:.1f} | {1000 * m.mse:.1f} | {m.grad:.2f} | {m.conn:.2f} | "
            band = f"{m.band_iou:.4f} | {1000 * m.band_mad:.1f}"
            lines.append(f"| {name} | {len(measured.pictures)} {kind} | {cells}{band} | {last} |")
    return lines


def nobody(rooms: Evaluation) -> str:
    """Describe what the network finds in empty rooms."""
    shown = sum(figures.mad > TAKEN for figures in rooms.pictures.values())
    return (
        f"The network finds a person (mean alpha above {TAKEN}) in {shown} of {len(rooms.pictures)} drawn empty rooms; "
        f"MAD x 1000 is {1000 * rooms.mean.mad:.2f}."
    )


def section(data: Path, name: str, first: Path | None) -> str:
    """Measure, and make the text between the marks."""
    validation_folders = data / "val" / "images", data / "val" / "mattes"
    networks = {name: open_network(weights.onnx_for(weights.find(name)))}
    if first:
        networks["the first network"] = open_network(first)
    persons = list(drawn_pairs())
    rows = {
        label: (evaluate(network.still, *validation_folders), measure(network.still, persons), shaken(network, data))
        for label, network in networks.items()
    }
    validation, drawn, _ = rows[name]
    of_drawn = {f"drawn_{seed}": drawn_cases(seed) for seed in SEEDS}
    cases, on_drawn = group(validation, read_cases(CASES)), group(drawn, of_drawn)
    photographs = {label: figures for label, figures in cases.items() if label not in SKIN_TONES}
    looks = {label: figures for label, figures in on_drawn.items() if label not in SKIN_TONES}
    rooms = measure(networks[name].still, empty_rooms())
    worst = sorted(validation.pictures.items(), key=lambda item: -item[1].mad)[:10]
    parts = [
        overall(rows),
        [
            "MAD and MSE x 1000, Grad and Conn in thousands; dtSSD x 100 and MESSDdt x 1000 on slightly shaken",
            "validation images (`models/shake.py`).",
        ],
        ["By case, tagged by eye in `benchmarks/cases.csv`. An image can have several cases, and most cases are rare:"],
        group_table("case", photographs),
        [f"No validation image shows these cases: {', '.join(ABSENT)}. On the drawn persons:"],
        group_table("drawn", looks),
        [nobody(rooms)],
        ["By skin tone, as it appears in the image; grey images are left out:"],
        group_table("photographs", cases, SKIN_TONES),
        group_table("drawn", on_drawn, SKIN_TONES),
        ["By source:"],
        group_table("source", group(validation, read_sources(data / "sources.csv"))),
        ["The ten worst images by MAD x 1000: " + ", ".join(f"{stem} ({1000 * f.mad:.0f})" for stem, f in worst) + "."],
    ]
    return "\n\n".join("\n".join(part) for part in parts)


def shaken(network: Network, data: Path) -> Steadiness:
    """Measure steadiness on the shaken validation images, like ``greenless evaluate --shaken``."""
    pairs = enumerate(read_pairs(data / "val" / "images", data / "val" / "mattes"))
    return mean_of_rows([steadiness(network.clip(), shake(pair.pixels, pair.alpha, seed=seed)) for seed, pair in pairs])


def between_marks(text: str, new: str) -> str:
    """Replace the text between the two marks in ``text`` by ``new``.

    Raises:
        ValueError: a mark is missing.
    """
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"expected the lines {BEGIN} and {END} in the card")
    return f"{head}{BEGIN}\n\n{new}\n\n{END}{tail}"


def main() -> None:
    """Measure, and write the card or print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", default="greenless-lite")
    parser.add_argument("--first", type=Path, default=None, help="an ONNX file to compare with")
    parser.add_argument("--card", type=Path, default=None)
    arguments = parser.parse_args()
    text = section(arguments.data, arguments.weights, arguments.first)
    if not arguments.card:
        print(text)
        return
    card = between_marks(arguments.card.read_text(encoding="utf-8"), text)
    with replacing(arguments.card) as part:
        part.write_text(card, encoding="utf-8")


if __name__ == "__main__":
    main()
