"""Measures ``greenless image`` and ``greenless video`` in one process, and on a local Ray with one and two workers.

    python benchmarks/scale.py [--images 40] [--seconds 20] [--json FILE] [--docs]

Images are drawn persons of 1280x720, the clip has 320x180 at 12 fps; the network runs as int8 in ONNX Runtime, with one
thread in each process. ``start`` is the time of a job with one image; rates are those of what is beyond it. Ray's part
of an image is the difference of the seconds per image of one worker and of one process. ``--docs`` writes the table
into docs/scale.md.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "realtime" / "capture" / "sample" / "person.mp4"
DOCS = ROOT / "docs" / "scale.md"
BEGIN, END = "<!-- benchmarks/scale.py writes the table -->", "<!-- end of the table -->"
FIXED = ("--runtime", "onnx", "--precision", "int8", "--threads", "1", "--background", "#00b140")
WAYS = {
    "one process": (),
    "Ray, 1 worker": ("--ray", "local", "--workers", "1"),
    "Ray, 2 workers": ("--ray", "local", "--workers", "2"),
}
CLIP_FPS = 12

Figures = dict[str, dict[str, float]]


def draw_images(folder: Path, count: int) -> None:
    """Write frames of the sample as JPEG files."""
    folder.mkdir()
    with av.open(str(SAMPLE)) as source:
        frames = [frame.to_ndarray(format="bgr24") for frame in source.decode(video=0)]
    for index in range(count):
        pixels = cv2.resize(frames[index * 3 % len(frames)], (1280, 720))
        cv2.imwrite(str(folder / f"{index:04d}.jpg"), pixels)


def draw_clip(path: Path, seconds: int) -> None:
    """Write the sample again and again, small, with a tone and a key frame every second."""
    with av.open(str(SAMPLE)) as source:
        frames = [frame.to_ndarray(format="bgr24") for frame in source.decode(video=0)]
    with av.open(str(path), "w") as out:
        track = out.add_stream("libx264", CLIP_FPS, width=320, height=180, pix_fmt="yuv420p")
        track.codec_context.gop_size = CLIP_FPS
        sound = out.add_stream("aac", 48_000, layout="mono")
        for index in range(seconds * CLIP_FPS):
            pixels = cv2.resize(frames[index % len(frames)], (320, 180))
            out.mux(track.encode(av.VideoFrame.from_ndarray(np.asarray(pixels, np.uint8), "bgr24")))
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 48_000 * seconds), np.float32), "fltp", "mono")
        tone.sample_rate, tone.time_base = 48_000, Fraction(1, 48_000)
        out.mux(sound.encode(tone))
        out.mux([*track.encode(), *sound.encode()])


def timed(words: list[str]) -> float:
    """Run a command and return its seconds."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    began_s = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "greenless", *words], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} failed: {done.stderr}")
    return time.perf_counter() - began_s


def measure(images: int, seconds: int) -> Figures:
    """Return start and rates of each way."""
    figures: Figures = {}
    with TemporaryDirectory() as name:
        folder = Path(name)
        draw_images(folder / "one", 1)
        draw_images(folder / "many", images + 1)
        draw_clip(folder / "clip.mp4", seconds)
        for number, (way, words) in enumerate(WAYS.items()):
            out = folder / f"out{number}"
            start_s = timed(["image", str(folder / "one"), "-o", str(out / "one"), *FIXED, *words])
            many_s = timed(["image", str(folder / "many"), "-o", str(out / "many"), *FIXED, *words])
            clip_s = timed(["video", str(folder / "clip.mp4"), "-o", str(out / "clip.mp4"), *FIXED, *words])
            beyond_s, clip_beyond_s = max(many_s - start_s, 1e-3), max(clip_s - start_s, 1e-3)
            figures[way] = {
                "start_s": start_s,
                "image_s": beyond_s / images,
                "images_per_s": images / beyond_s,
                "clip_s_per_s": seconds / clip_beyond_s,
            }
            print(f"{way}: {figures[way]}", file=sys.stderr, flush=True)
    return figures


def table(figures: Figures) -> str:
    """Return the figures as a table of Markdown."""
    rows = [f"| {'way':<14} | start, s | images/s | clip s/s |", "|---|--:|--:|--:|"]
    for way, row in figures.items():
        rows.append(f"| {way:<14} | {row['start_s']:.1f} | {row['images_per_s']:.2f} | {row['clip_s_per_s']:.2f} |")
    own = figures["Ray, 1 worker"]["image_s"] - figures["one process"]["image_s"]
    begins = figures["Ray, 1 worker"]["start_s"] - figures["one process"]["start_s"]
    ms = f"{abs(1000 * own):.0f} ms {'more' if own > 0 else 'less'}"
    than = f"An image takes {ms} in a worker than in the plain command."
    return "\n".join([*rows, "", f"Ray adds {begins:.1f} s at the start. {than}"])


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--seconds", type=int, default=60, help="of the clip; segments have 30 s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    parser.add_argument("--docs", action="store_true", help="write the table into docs/scale.md")
    arguments = parser.parse_args()
    figures = measure(arguments.images, arguments.seconds)
    text = table(figures)
    print(text)
    found = {
        "images": arguments.images,
        "clip_s": arguments.seconds,
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0,
        "machine": platform.machine(),
        "ways": figures,
    }
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if arguments.docs:
        before, _, rest = DOCS.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        DOCS.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
