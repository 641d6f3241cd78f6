"""Renders persons of the ``sample`` source as a folder of pictures and exact mattes: a small part of the training mix.

    python benchmarks/render_people.py runs/rendered

writes ``runs/rendered/images/*.jpg`` and ``runs/rendered/mattes/*.png``, and into ``runs/rendered/rooms`` their rooms
while nobody is in them.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from benchmarks.people.motion import pose
from benchmarks.people.sample import Rendered

FPS = 30
HAND_UP = 1.45
"""Where the palm is at most, in heads below the middle of the face: lower ones are cut by the picture."""


def waving(seed: int, count: int) -> list[int]:
    """So many frames in which the person's hand is well in the picture."""
    poses = {index: pose(seed, index / FPS).hand for index in range(900)}
    up = [index for index, hand in poses.items() if hand is not None and hand[1] < HAND_UP]
    return sorted(map(int, np.random.default_rng(seed).choice(up, count, replace=False)))


def main() -> None:
    """Render ``--poses`` pictures of each of ``--looks`` persons."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--first", type=int, default=0, help="seed of the first rendered person")
    parser.add_argument("--looks", type=int, default=16, help="how many persons, of the seeds from the first on")
    parser.add_argument("--poses", type=int, default=6, help="pictures of each, evenly spread")
    parser.add_argument("--waving", type=int, default=0, help="pictures of each with a raised hand, besides")
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
