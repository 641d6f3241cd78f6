"""Checks that memory does not grow in a long run: resident memory after every thousand frames through all stages.

    python benchmarks/memory.py [--frames 10000] [--width 1280 --height 720] [--runtime onnx]

It prints JSON: megabytes after each thousand frames, the growth from the first thousand to the last, and the frame
rate. The exit status is 1 if the memory grows or exceeds the limit. It runs at full speed for about four minutes. Linux
only.
"""

import argparse
import json
import os
from pathlib import Path

import numpy as np

from benchmarks.comparison.coded_frames import coded_frames
from benchmarks.comparison.webcam import Supply, draw
from realtime.frame import Composite
from realtime.loop.governor import Governor
from realtime.loop.pipeline import Pipeline
from realtime.matting import open_matter
from realtime.scene.compose import Scene
from realtime.settings.schema import MattingSettings, SceneSettings
from realtime.sinks.null import Null

EVERY = 1000
DRAWN_PX = (320, 180)
PICTURES = 8

MOST_MB, MOST_GROWTH_MB = 500.0, 5.0
"""Limit of the memory, and growth that allocators may cause."""


class Reader(Null):
    """Measures the memory, requests the next frame, and ends the run after ``frames`` of them."""

    def __init__(self, supply: Supply, frames: int) -> None:
        super().__init__()
        self.resident_mb: list[float] = []
        self.pipeline: Pipeline | None = None
        self._supply = supply
        self._frames = frames

    def send(self, composite: Composite) -> None:
        """Count one composite."""
        super().send(composite)
        if self.sent % EVERY == 0:
            self.resident_mb.append(resident_mb())
        if self.sent >= self._frames and self.pipeline is not None:
            self.pipeline.stop()
        self._supply.sent(composite.frame.index)


def resident_mb() -> float:
    """Return the resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def main() -> int:
    """Run, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--runtime", default="onnx")
    arguments = parser.parse_args()
    size_px = (arguments.width, arguments.height)
    shown = coded_frames(draw(PICTURES, DRAWN_PX), size_px, np.zeros((*size_px[::-1], 3), np.uint8))
    settings = MattingSettings(economy="on", governor=False, runtime=arguments.runtime)
    matter = Governor(open_matter(settings, width_px=size_px[0], height_px=size_px[1]), settings)
    supply = Supply(shown)
    reader = Reader(supply, arguments.frames)
    reader.pipeline = Pipeline(supply, matter, Scene(SceneSettings()), [reader])
    summary = reader.pipeline.run()
    matter.close()
    found = reader.resident_mb
    growth_mb = round(found[-1] - found[0], 1) if found else None
    print(json.dumps({"resident_mb": found, "growth_mb": growth_mb, "fps": round(summary.fps, 1)}, indent=1))
    return int(growth_mb is None or growth_mb > MOST_GROWTH_MB or max(found) > MOST_MB)


if __name__ == "__main__":
    raise SystemExit(main())
