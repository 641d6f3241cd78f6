"""Compares how fast two checkouts process images and clips offline.

    python benchmarks/offline_speed.py --before PATH [--after PATH] [--rounds 9] [--guard]

PATH is the root of a checkout, for example of ``git worktree add /tmp/before v1.2``. Each checkout works in a separate
process, with one thread. The two alternate, so that a busy machine slows both down alike, and a ratio is that of the
medians of all rounds. Rates are per second of CPU time, which other programs disturb least; the last column has the
ratio by the clock. With ``--guard`` the exit status is 1 if a rate fell by more than 3 %.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "realtime" / "capture" / "sample" / "person.mp4"
IMAGES, IMAGE_PX = 6, (1600, 1200)
FRAMES, FPS = 30, 15
READS = 4
"""How often the readers alone read everything in one round, because they are fast."""

SLOWER = 0.97
"""Ratio below which ``--guard`` fails."""

TASKS = {
    "images": ("greenless image, images/s", IMAGES),
    "clip": ("greenless video, clip s/s", FRAMES / FPS),
    "read_images": ("images read/s", READS * IMAGES),
    "read_clip": ("clip s read/s", READS * FRAMES / FPS),
}
"""What is measured: a name for the table, and how much one turn does."""

Turn = dict[str, float]
"""``cpu_s`` and ``wall_s`` of one turn."""


def draw_inputs(folder: Path) -> None:
    """Write the images, half of them JPEG and half PNG, and the clip with sound."""
    with av.open(str(SAMPLE)) as source:
        frames = [
            frame.to_ndarray(format="bgr24") for _, frame in zip(range(FRAMES), source.decode(video=0), strict=False)
        ]
    (folder / "images").mkdir()
    for index in range(IMAGES):
        name = f"{index}.{'jpg' if index % 2 else 'png'}"
        cv2.imwrite(str(folder / "images" / name), cv2.resize(frames[index * 4], IMAGE_PX))
    with av.open(str(folder / "clip.mp4"), "w") as out:
        height, width = frames[0].shape[:2]
        track = out.add_stream("libx264", FPS, width=width, height=height, pix_fmt="yuv420p")
        sound = out.add_stream("aac", 48_000, layout="mono")
        for frame in frames:
            out.mux(track.encode(av.VideoFrame.from_ndarray(frame, "bgr24")))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 48_000 * FRAMES // FPS), np.float32), "fltp", "mono")
        silence.sample_rate = 48_000
        out.mux(sound.encode(silence))
        out.mux([*track.encode(), *sound.encode()])


def work(folder: Path) -> None:
    """Do the task of each line of standard input, with the checkout that is on the path, and print its ``Turn``."""
    from realtime.matting import open_matter
    from realtime.media.image_file import read_picture
    from realtime.offline.clip import Clip
    from realtime.offline.images import matte_pictures
    from realtime.offline.video import matte_video
    from realtime.settings.schema import MattingSettings

    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    matter = open_matter(MattingSettings(runtime="onnx", precision="int8", threads=1))
    images, clip, out = folder / "images", folder / "clip.mp4", folder / f"out-{os.getpid()}"

    def read_images() -> None:
        for path in [*images.iterdir()] * READS:
            read_picture(path)

    def read_clip() -> None:
        for _ in range(READS):
            with Clip(clip) as opened:
                assert sum(1 for _ in opened.frames) == FRAMES

    def all_of(report: Any) -> None:
        assert not report.failures, report.failures

    tasks: dict[str, Callable[[], None]] = {
        "images": lambda: all_of(matte_pictures([images], out, matter, background="#00b140")),
        "clip": lambda: all_of(matte_video([clip], out / "clip.mp4", matter, background="#00b140")),
        "read_images": read_images,
        "read_clip": read_clip,
    }
    for line in sys.stdin:
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        tasks[line.strip()]()
        turn = {"cpu_s": time.process_time() - cpu_s, "wall_s": time.perf_counter() - wall_s}
        print(json.dumps(turn), flush=True)


@contextmanager
def worker(checkout: Path, folder: Path) -> Iterator[Callable[[str], Turn]]:
    """Yield a function that lets this checkout do one task."""
    environment = os.environ | {
        **{"PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"},
        **{"GREENLESS_HOME": str(folder / f"home-{checkout.name}")},
    }
    words = [sys.executable, str(Path(__file__).resolve()), "--work", str(folder)]
    with subprocess.Popen(
        words, env=environment, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asked, answered = process.stdin, process.stdout

        def turn(task: str) -> Turn:
            asked.write(task + "\n")
            asked.flush()
            if not (line := answered.readline()):
                raise SystemExit(f"the checkout {checkout} failed in {task}; its message is above")
            done: Turn = json.loads(line)
            return done

        yield turn
        asked.close()


def compare(before: Path, after: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Return for each task the two rates, their ratio, and the ratio by the clock."""
    turns: dict[tuple[str, str], list[Turn]] = defaultdict(list)
    with TemporaryDirectory() as name:
        folder = Path(name)
        draw_inputs(folder)
        with worker(before, folder) as old, worker(after, folder) as new:
            for number in range(rounds + 1):
                for task in TASKS:
                    order = [("before", old), ("after", new)]
                    for side, turn in order if number % 2 else order[::-1]:
                        done = turn(task)
                        if number:  # the first round loads and warms up
                            turns[task, side].append(done)
    return {task: rates(turns[task, "before"], turns[task, "after"], amount) for task, (_, amount) in TASKS.items()}


def rates(before: list[Turn], after: list[Turn], amount: float) -> dict[str, float]:
    """Return the rates of one task, and their ratios: above 1 the checkout after is faster."""
    (old, old_wall), (new, new_wall) = (
        [statistics.median(turn[clock] for turn in turns) for clock in ("cpu_s", "wall_s")] for turns in (before, after)
    )
    return {"before": amount / old, "after": amount / new, "ratio": old / new, "wall_ratio": old_wall / new_wall}


def main() -> int:
    """Print the table, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, metavar="PATH")
    parser.add_argument("--after", type=Path, metavar="PATH", default=ROOT)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--guard", action="store_true")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        work(arguments.work)
        return 0
    if arguments.before is None or not (arguments.before / "realtime").is_dir():
        parser.error("--before needs the root of a checkout")
    found = compare(arguments.before.resolve(), arguments.after.resolve(), arguments.rounds)
    print(f"{'per second of CPU time':<28}{'before':>9}{'after':>9}{'ratio':>8}{'by the clock':>14}")
    for task, (label, _) in TASKS.items():
        row = found[task]
        figures = f"{row['before']:>9.2f}{row['after']:>9.2f}{row['ratio']:>8.3f}{row['wall_ratio']:>14.3f}"
        print(f"{label:<28}{figures}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return int(arguments.guard and any(row["ratio"] < SLOWER for row in found.values()))


if __name__ == "__main__":
    sys.exit(main())
