"""Makes the picture at the head of the README: the sample, its matte, and what greenless makes of it.

    python benchmarks/picture.py benchmarks/picture.jpg

The persons are drawn by the ``sample`` source, the mattes come from the network on board through the live stages.
"""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np

from benchmarks.people.sample import Rendered
from realtime.frame import Frame, Pixels
from realtime.matting import open_matter
from realtime.matting.refine.finish import finished
from realtime.scene.compose import Scene
from realtime.settings.schema import FinishSettings, MattingSettings, SceneSettings

ROWS = ((2, 20), (5, 45))
"""Seed and frame number of the sample."""

BACKGROUNDS = ("blur", "#2b6a8f")
SIZE_PX = (1280, 720)
SHOWN_PX = (400, 225)


def main() -> None:
    """Compose every row and write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    output = parser.parse_args().output
    matter = open_matter(MattingSettings())
    rows = []
    for seed, index in ROWS:
        pixels = Rendered(*SIZE_PX, seed=seed).truth(index).pixels
        frame = Frame(pixels=pixels, index=index, captured_s=time.perf_counter())
        [matte] = finished(matter, FinishSettings(), [frame])
        shown: list[Pixels] = [pixels, np.repeat(np.rint(matte.alpha * 255).astype(np.uint8)[..., None], 3, 2)]
        shown += [Scene(SceneSettings(background=background)).compose(matte).pixels for background in BACKGROUNDS]
        rows.append(np.hstack([cv2.resize(p, SHOWN_PX, interpolation=cv2.INTER_AREA) for p in shown]))
    cv2.imwrite(str(output), np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, 88])


if __name__ == "__main__":
    main()
