"""Measures what SOC gains and loses at a simulated camera, by learning rate; prints JSON.

    python benchmarks/adapting.py ../shared/data/val [--pictures 30] [--epochs 6] [--rates 1e-5 1e-4]

Every image gets the look of one poor camera: dim, tinted, soft and noisy. The script adapts the network to some of them
without their mattes, and measures it on as many others before and after. Needs the extra ``torch``.
"""

import argparse
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from models.checkpoint import load_network
from models.evaluation import evaluation_size, measure, network_input
from models.metrics import Alpha
from models.pairs import Pair, Pixels, read_pairs
from models.training.soc import adapt, disagreement

AREA_PX = 60_000
"""Area of the network's input, small enough that the script takes minutes."""

TINT, LIGHT, BLACK = (0.7, 0.85, 1.1), 0.6, 10
BLUR_PX, NOISE = 1.0, 14


def seen(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Simulate the poor camera."""
    dim = cv2.GaussianBlur(pixels * np.array(TINT) * LIGHT + BLACK, (0, 0), BLUR_PX)
    return np.asarray(np.clip(dim + rng.normal(0, NOISE, pixels.shape), 0, 255), np.uint8)


def tensor(pixels: Pixels) -> torch.Tensor:
    """Convert an image to the network's input."""
    return torch.from_numpy(network_input(pixels, evaluation_size(pixels.shape[1], pixels.shape[0], AREA_PX)))


@torch.no_grad()
def predict(network: Any, pixels: Pixels, size_px: tuple[int, int]) -> Alpha:
    """Predict the matte at the network's size."""
    matte: Alpha = network(torch.from_numpy(network_input(pixels, size_px)))[0, 0].numpy()
    return matte


@torch.no_grad()
def figures(network: Any, pairs: Sequence[Pair]) -> dict[str, float]:
    """Return the mean figures over ``pairs``."""
    mean = measure(partial(predict, network), pairs, area_px=AREA_PX).mean
    apart = np.mean([float(disagreement(network.branches(tensor(pair.pixels)))) for pair in pairs])
    found = {"mad": mean.mad, "iou": mean.iou, "band_mad": mean.band_mad, "disagreement": float(apart)}
    return {name: round(value, 4) for name, value in found.items()}


def main() -> None:
    """Adapt at each learning rate and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with images/ and mattes/")
    parser.add_argument("--weights", type=Path, default=Path("pretrained/greenless-lite.safetensors"))
    parser.add_argument("--pictures", type=int, default=30, help="to adapt to, and as many to measure on")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--rates", type=float, nargs="+", default=[1e-5, 1e-4])
    arguments = parser.parse_args()
    torch.set_flush_denormal(True)
    rng = np.random.default_rng(0)
    pairs = list(read_pairs(arguments.data / "images", arguments.data / "mattes"))
    spread = np.linspace(0, len(pairs) - 1, min(len(pairs), 2 * arguments.pictures)).astype(int)
    chosen = [Pair(name=p.name, pixels=seen(p.pixels, rng), alpha=p.alpha) for p in (pairs[i] for i in spread)]
    met, others = chosen[0::2], chosen[1::2]
    network = load_network(arguments.weights)
    report: dict[str, Any] = {"pictures": [len(met), len(others)], "before": figures(network, others)}
    for rate in arguments.rates:
        adapted = adapt(network, [tensor(pair.pixels) for pair in met], epochs=arguments.epochs, learning_rate=rate)
        report[f"after {arguments.epochs} epochs at {rate:g}"] = figures(adapted, others)
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
