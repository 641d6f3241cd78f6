"""What FFmpeg's own programs make of a file, to compare with."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from realtime.frame import Pixels
from realtime.media.animation import open_clip
from realtime.media.deinterlace import Deinterlace
from realtime.media.video_reader import TimedFrame
from tests.conftest import FFmpeg

CARD = "testsrc2=s=160x96:r=25:d=1"
"""A second of a card that moves."""

GREY = ",hue=s=0"
"""Without colours: ffmpeg 5 and FFmpeg 8 place halved chroma differently."""

ALPHA_RAMP = "format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='255*X/(W-1)'"
"""Alpha from 0 on the left to 1 on the right, with colours that stay everywhere."""


def by_ffmpeg(
    ffmpeg: FFmpeg, path: Path, size: tuple[int, int], *words: str, form: str = "bgr24"
) -> npt.NDArray[np.uint8]:
    """Every frame as ffmpeg shows it: ``(N, H, W, C) uint8``; ``words`` go before the file."""
    kernel = "bilinear+accurate_rnd+full_chroma_int"
    raw = ffmpeg(
        *words, "-i", path, "-vsync", "passthrough", "-sws_flags", kernel, "-f", "rawvideo", "-pix_fmt", form, "-"
    )
    return np.frombuffer(raw, np.uint8).reshape(-1, size[1], size[0], len(form.removesuffix("24")))


def read(path: Path, *, deinterlace: Deinterlace = "frame") -> tuple[list[TimedFrame], list[Pixels]]:
    """Every frame as the application reads it, and its pixels."""
    with open_clip(path, deinterlace=deinterlace) as reader:
        frames = list(reader.frames())
    return frames, [frame.convert() for frame in frames]


def off(mine: Sequence[Pixels], theirs: npt.NDArray[np.uint8]) -> float:
    """The mean difference in levels; a missing frame is an error."""
    assert len(mine) == len(theirs)
    return float(np.abs(np.array(mine).astype(int) - theirs).mean())


def times_s(ffmpeg: FFmpeg, path: Path) -> list[float]:
    """When ffprobe shows each frame, from the first on."""
    found = ffmpeg.probe(path, "frame=best_effort_timestamp_time", "-select_streams", "v:0")["frames"]
    times = [float(time) for frame in found if (time := frame.get("best_effort_timestamp_time"))]
    if len(times) == len(found) - 1:  # the last of a program stream may have none: it follows at the rate of the others
        times.append(2 * times[-1] - times[-2])
    return [time_s - times[0] for time_s in times]
