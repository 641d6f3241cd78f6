"""Reads whether a long run grows: resident memory after every thousand pictures on their way through all stages.

    python benchmarks/memory.py [--frames 10000] [--width 1280 --height 720]

prints JSON: megabytes after each thousand, and the growth after the first thousand, which is to be nothing. Linux only.
"""

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np

from realtime.frame import Frame
from realtime.governor import Governor
from realtime.matting import open_matter
from realtime.matting.finish import Finish
from realtime.scene.compose import Scene
from realtime.settings import FinishSettings, MattingSettings, SceneSettings

EVERY = 1000
PICTURES = 8
"""Different ones, over and over, so that nothing counts as still."""


def resident_mb() -> float:
    """Memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    arguments = parser.parse_args()
    size = {"width_px": arguments.width, "height_px": arguments.height}
    settings = MattingSettings(economy="on", governor=False)
    matter = Governor(open_matter(settings, **size), settings)
    finish, scene = Finish(FinishSettings()), Scene(SceneSettings())
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (arguments.height, arguments.width, 3), np.uint8) for _ in range(PICTURES)]
    found: list[float] = []
    for index in range(arguments.frames):
        frame = Frame(pixels=pictures[index % PICTURES].copy(), index=index, captured_s=time.perf_counter())
        [coarse] = matter.matte_batch([frame])
        if (matte := finish.finish(coarse)) is not None:
            scene.compose(matte)
        if (index + 1) % EVERY == 0:
            found.append(resident_mb())
    matter.close()
    print(json.dumps({"resident_mb": found, "growth_mb": round(found[-1] - found[0], 1) if found else None}, indent=1))


if __name__ == "__main__":
    main()
