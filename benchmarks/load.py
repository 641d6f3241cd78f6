"""Shows the governor at work: a live loop while busy processes start and end.

    python benchmarks/load.py [--width 1280 --height 720] [--free 8] [--busy 12] [--after 40]

It prints a line per second (frames, latency, the governor's level), then JSON: the frame rates without load, in the
last half of the load, and at the end; and the levels. The load is twice as many busy loops as there are cores. The exit
status is 1 if the governor does not step down under the load or up again after it, so the machine must be idle
otherwise.
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

from benchmarks.comparison.coded_frames import coded_frames
from benchmarks.comparison.webcam import Webcam, draw
from realtime.loop.governor import Governor, levels
from realtime.loop.pipeline import Pipeline
from realtime.matting import open_matter
from realtime.matting.choice.runtime_choice import cores
from realtime.matting.saving.skip_and_crop import Level
from realtime.scene.compose import Scene
from realtime.settings.schema import MattingSettings, SceneSettings
from realtime.sinks.null import Null

BUSY = "while True: pass"


def watched(pipeline: Pipeline, governor: Governor, seconds: int, note: str) -> list[tuple[int, Level]]:
    """Print and return, for each second, the number of new frames and the level."""
    found = []
    for _ in range(seconds):
        before = pipeline.stats.frames
        time.sleep(1)
        found.append((pipeline.stats.frames - before, governor.level))
        age_ms = pipeline.stats.recent().age.p50_ms
        print(f"{note}: {found[-1][0]} pictures, {age_ms:.0f} ms old, {governor.name}", file=sys.stderr, flush=True)
    return found


def main() -> int:
    """Run, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("width", 1280), ("height", 720), ("free", 8), ("busy", 12), ("after", 40)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    arguments = parser.parse_args()
    size_px = (arguments.width, arguments.height)
    shown = coded_frames(draw(8, (320, 180)), size_px, np.zeros((*size_px[::-1], 3), np.uint8))
    settings = MattingSettings()
    governor = Governor(open_matter(settings, width_px=size_px[0], height_px=size_px[1]), settings)
    pipeline = Pipeline(Webcam(shown), governor, Scene(SceneSettings()), [Null()])
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
