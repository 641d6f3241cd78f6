"""Shows the governor at work: a live loop, busy processes that come beside it, and go.

    python benchmarks/load.py [--width 1280 --height 720] [--free 8] [--busy 12] [--after 40]

prints a line a second (pictures, age of the picture, what the governor chose), then JSON: the rate while the machine
was free, in the last half of the load, and at the end; and the levels. Exits with 1 where the governor did not step
down under the load, or not up again after it: so it wants a machine that is quiet otherwise. Twice as many processes as
there are cores, each a loop that never rests.
"""

import argparse
import json
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from typing import Any

import numpy as np

from benchmarks.contestants.webcam import Webcam, draw
from realtime.commands.timing.reel import reel
from realtime.loop.governor import Governor, Level, levels
from realtime.loop.pipeline import Pipeline
from realtime.matting import open_matter
from realtime.matting.choice.runtime_choice import cores
from realtime.scene.compose import Scene
from realtime.settings.schema import MattingSettings, SceneSettings
from realtime.sinks.null import Null

BUSY = "while True: pass"


def watched(pipeline: Pipeline, governor: Governor, seconds: int, note: str) -> list[tuple[int, Level]]:
    """Pictures, none that was sent again, and level in each of so many seconds, printed as they pass."""
    found = []
    for _ in range(seconds):
        before = pipeline.stats.frames
        time.sleep(1)
        found.append((pipeline.stats.frames - before, governor.level))
        age_ms = pipeline.stats.recent().age.p50_ms
        print(f"{note}: {found[-1][0]} pictures, {age_ms:.0f} ms old, {governor.name}", file=sys.stderr, flush=True)
    return found


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("width", 1280), ("height", 720), ("free", 8), ("busy", 12), ("after", 40)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    arguments = parser.parse_args()
    size_px = (arguments.width, arguments.height)
    shown = reel(draw(8, (320, 180)), size_px, np.zeros((*size_px[::-1], 3), np.uint8))
    settings = MattingSettings()
    governor = Governor(open_matter(settings, width_px=size_px[0], height_px=size_px[1]), settings)
    pipeline = Pipeline(Webcam(shown), governor, Scene(SceneSettings()), [Null()], drop=True)
    running = threading.Thread(target=pipeline.run)
    running.start()
    free = watched(pipeline, governor, arguments.free, "free")
    others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(2 * cores())]
    try:
        busy = watched(pipeline, governor, arguments.busy, "busy")
    finally:
        for other in others:
            other.kill()
            other.wait()
    after = watched(pipeline, governor, arguments.after, "free again")
    pipeline.stop()
    running.join()
    governor.close()
    late = {"free": free[1:], "busy": busy[len(busy) // 2 :], "after": after[-5:]}
    result: dict[str, dict[str, Any]] = {
        name: {"fps": statistics.median(count for count, _ in rows), "level": asdict(rows[-1][1])}
        for name, rows in late.items()
    }
    print(json.dumps(result, indent=1))
    order = [asdict(level) for level in levels(settings)]
    free_at, busy_at, last_at = (order.index(result[name]["level"]) for name in late)
    return int(busy_at <= free_at or last_at > free_at)


if __name__ == "__main__":
    raise SystemExit(main())
