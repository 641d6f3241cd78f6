"""Renders drawn persons as a folder of images and exact mattes, which are a small part of the training images.

    python benchmarks/render_people.py runs/rendered

It writes ``runs/rendered/images/*.jpg`` and ``runs/rendered/mattes/*.png``, and the empty rooms into
``runs/rendered/rooms``.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from benchmarks.people.motion import pose
from benchmarks.people.sample import Rendered

FPS = 30
HAND_UP = 1.45
"""Lowest position of the palm, in heads below the middle of the face; the image would crop lower ones."""


def waving(seed: int, count: int) -> list[int]:
    """Return ``count`` frames in which the person's hand is clearly in view."""
    poses = {index: pose(seed, index / FPS).hand for index in range(900)}
    up = [index for index, hand in poses.items() if hand is not None and hand[1] < HAND_UP]
    return sorted(map(int, np.random.default_rng(seed).choice(up, count, replace=False)))


def main() -> None:
    """Render ``--poses`` images of each of ``--looks`` persons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--first", type=int, default=0, help="seed of the first rendered person")
    parser.add_argument("--looks", type=int, default=16, help="number of persons; their seeds count up from --first")
    parser.add_argument("--poses", type=int, default=6, help="images of each, evenly spaced")
    parser.add_argument("--waving", type=int, default=0, help="further images of each, with a raised hand")
    arguments = parser.parse_args()
    images, mattes, rooms = (arguments.output / name for name in ("images", "mattes", "rooms"))
    for folder in (images, mattes, rooms):
        folder.mkdir(parents=True, exist_ok=True)
    for seed in range(arguments.first, arguments.first + arguments.looks):
        rendered = Rendered(640, 360, FPS, seed=seed)
        cv2.imwrite(str(rooms / f"room_{seed:02}.jpg"), rendered.background, [cv2.IMWRITE_JPEG_QUALITY, 95])
        for index in [*map(int, np.linspace(0, 600, arguments.poses, dtype=int)), *waving(seed, arguments.waving)]:
            truth = rendered.truth(index)
            name = f"rendered_{seed:02}_{index:03}"
            cv2.imwrite(str(images / f"{name}.jpg"), truth.pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])
            cv2.imwrite(str(mattes / f"{name}.png"), np.rint(truth.alpha * 255).astype(np.uint8))


if __name__ == "__main__":
    main()
