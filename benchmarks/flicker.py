"""Compares how steady the mattes of two or more networks are, without any filter after them.

    python benchmarks/flicker.py WEIGHTS [WEIGHTS ...] --data ../shared/data [--json FILE]

WEIGHTS are .onnx or .safetensors files, or names of ``greenless weights list``; each is compared with the first. They
run in ONNX Runtime in float32, by the protocol of ``models.evaluation``, on two kinds of clips:

- The images of ``val``, shaken as in ``greenless evaluate --shaken``. The bar for dtSSD x 100 is 2.2.
- The sequences of ``sequences/val``: people who move. The bar is three quarters of the old network's figure.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from models import weights
from models.metrics import mean_of_rows
from models.pairs import ClipFrame, Pixels, read_pairs
from models.shake import shake
from models.steadiness import Steadiness, steadiness
from models.training.people import list_sequences
from realtime.commands.network.predictors import Network, open_network

FIGURES = {"dtSSD x 100": ("dtssd", 100), "MESSDdt x 1000": ("messddt", 1000), "MAD x 1000": ("mad", 1000)}

Rows = dict[str, dict[str, Steadiness]]
"""The means of each network, by kind of clip and name of the network."""


def shaken(data: Path) -> Iterator[Iterator[ClipFrame]]:
    """Yield the validation images as clips, the same ones for every network."""
    for seed, pair in enumerate(read_pairs(data / "val" / "images", data / "val" / "mattes")):
        yield shake(pair.pixels, pair.alpha, seed=seed)


def moving(data: Path) -> Iterator[Iterator[ClipFrame]]:
    """Yield the validation sequences as clips."""
    for frames in list_sequences([data / "sequences" / "val"]):
        yield (_moment(image, matte) for image, matte in frames)


KINDS = {"shaken stills": shaken, "sequences": moving}


def measure(networks: dict[str, Network], data: Path) -> Rows:
    """Measure every network on every kind of clip."""
    return {
        kind: {
            name: mean_of_rows(steadiness(network.clip(), clip) for clip in clips(data))
            for name, network in networks.items()
        }
        for kind, clips in KINDS.items()
    }


def table(rows: Rows) -> str:
    """Format the figures, each with its change against the first network."""
    lines = []
    for kind, networks in rows.items():
        lines += [f"| {kind} | {' | '.join(FIGURES)} |", "|---" * (1 + len(FIGURES)) + "|"]
        first, *_ = networks.values()
        for name, mean in networks.items():
            cells = [_cell(getattr(mean, key), getattr(first, key), scale) for key, scale in FIGURES.values()]
            lines.append(f"| {name} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def _cell(value: float, first: float, scale: float) -> str:
    change = "" if value == first else f" ({100 * (value / first - 1):+.0f} %)"
    return f"{scale * value:.2f}{change}"


def _moment(image: Path, matte: Path) -> ClipFrame:
    alpha = cv2.imread(str(matte), cv2.IMREAD_GRAYSCALE)
    assert alpha is not None, matte
    return ClipFrame(pixels=_read(image), alpha=np.asarray(alpha / 255, np.float32))


def _read(image: Path) -> Pixels:
    pixels = cv2.imread(str(image), cv2.IMREAD_COLOR)
    assert pixels is not None, image
    return np.asarray(pixels, np.uint8)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", nargs="+")
    parser.add_argument("--data", type=Path, required=True, help="folder with val/ and sequences/val/")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    networks = {name: open_network(weights.onnx_for(weights.find(name))) for name in asked.weights}
    rows = measure(networks, asked.data)
    print(table(rows))
    if asked.json:
        plain = {kind: {name: asdict(mean) for name, mean in each.items()} for kind, each in rows.items()}
        asked.json.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
