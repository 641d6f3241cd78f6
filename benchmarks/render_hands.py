"""Renders hands with their forearms as a folder of images and exact mattes: ``greenless train --hands``.

    python benchmarks/render_hands.py runs/hands_alone

It writes ``runs/hands_alone/images/*.png`` (on grey) and ``runs/hands_alone/mattes/*.png``.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from benchmarks.people.appearance import look
from benchmarks.people.hand import gesture, hand

SCALE = 360
"""Pixels per head."""


def main() -> None:
    """Render one hand of each of ``--count`` persons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--count", type=int, default=240)
    arguments = parser.parse_args()
    images, mattes = arguments.output / "images", arguments.output / "mattes"
    images.mkdir(parents=True, exist_ok=True)
    mattes.mkdir(parents=True, exist_ok=True)
    for seed in range(arguments.count):
        rng = np.random.default_rng(seed)
        bare = float(rng.choice((0.0, rng.uniform(0.1, 1.0), 1.2)))
        colour, alpha = hand(look(seed), SCALE, gesture(rng), bare)
        picture = np.rint(255 * (colour * alpha[..., None] + 0.5 * (1 - alpha[..., None]))).astype(np.uint8)
        cv2.imwrite(str(images / f"hand_{seed:03}.png"), picture)
        cv2.imwrite(str(mattes / f"hand_{seed:03}.png"), np.rint(alpha * 255).astype(np.uint8))


if __name__ == "__main__":
    main()
