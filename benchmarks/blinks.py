"""Counts how often something away from the person blinks into the matte, per minute of a clip.

    python benchmarks/blinks.py [--data ../shared/data] [--weights NAME] [--seconds 60] [--json FILE]

Each clip runs through the network once, in ONNX Runtime in float32. ``blink_count`` says what counts: in the bare
network's mattes, and after the finish of a live run. ``sample:portrait`` is the source of ``greenless demo``.
"""

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.blink_count import blinks
from models.metrics import Alpha
from realtime.capture.portrait import Portrait
from realtime.frame import CoarseMatte, Frame
from realtime.matting import open_matter
from realtime.matting.matter import Matter
from realtime.matting.refine.finish import Finish
from realtime.offline.clip import Clip
from realtime.settings.schema import FinishSettings, MattingSettings

SIZE_PX, FPS = (1280, 720), 30
USUAL_S = 60.0
PORTRAIT = "sample:portrait"

Moments = list[tuple[float, Alpha]]


def measure(matter: Matter, frames: Iterable[Frame]) -> dict[str, Any]:
    """The blinks of one clip, before and after the finish."""
    bare, done = Moments(), Moments()
    finish = Finish(FinishSettings(), "balanced")
    for frame in frames:
        (coarse,) = matter.matte_batch([frame])
        bare.append((frame.captured_s, coarse.alpha))
        if (matte := finish.finish(coarse)) is not None:
            done.append((frame.captured_s, _reduced(matte.alpha, coarse)))
    minutes = len(bare) * (bare[-1][0] - bare[0][0]) / max(1, len(bare) - 1) / 60
    found = {"network": blinks(bare), "finished": blinks(done)}
    return {"minutes": minutes, **{way: [asdict(blink) for blink in row] for way, row in found.items()}}


def table(rows: dict[str, dict[str, Any]]) -> str:
    """A line a clip: how many, and per minute."""
    lines = [f"{'':46}{'seconds':>8}{'network':>9}{'a minute':>10}{'finished':>10}{'a minute':>10}"]
    for name, row in rows.items():
        cells = (f"{len(row[way]):{width}}{len(row[way]) / row['minutes']:10.1f}" for way, width in _WAYS)
        lines.append(f"{name[:45]:46}{60 * row['minutes']:8.1f}{''.join(cells)}")
    return "\n".join(lines)


_WAYS = (("network", 9), ("finished", 10))


def portrait() -> Iterator[Frame]:
    """The source of ``greenless demo``, without end."""
    subject, index = Portrait(*SIZE_PX, FPS), 0
    while True:
        yield Frame(pixels=subject.pixels(index), index=index, captured_s=index / FPS)
        index += 1


def _reduced(alpha: Alpha, coarse: CoarseMatte) -> Alpha:
    return np.asarray(cv2.resize(alpha, coarse.alpha.shape[::-1], interpolation=cv2.INTER_AREA), np.float32)


def _until(frames: Iterator[Frame], seconds: float) -> Iterator[Frame]:
    for frame in frames:
        if frame.captured_s >= seconds:
            return
        yield frame


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--data", type=Path, help="its folder clips holds videos")
    words.add_argument("--weights", default="greenless-lite")
    words.add_argument("--seconds", type=float, default=USUAL_S, help="of each clip at most")
    words.add_argument("--json", type=Path)
    asked = words.parse_args()
    cv2.setNumThreads(1)
    settings = MattingSettings(weights=asked.weights, runtime="onnx", precision="float32", provider="cpu")
    matter = open_matter(settings)
    rows = {PORTRAIT: measure(matter, _until(portrait(), asked.seconds))}
    for path in sorted((asked.data / "clips").glob("*.mp4")) if asked.data else ():
        with Clip(path) as clip:
            rows[path.name] = measure(matter, _until(clip.frames, asked.seconds))
    print(table(rows))
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
