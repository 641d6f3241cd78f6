"""Pictures of a camera or a clip, spread evenly over its length: what a network is adapted to.

Goes in: an open source. Come out: a few pictures, kept in memory alone. Where a file is named, everything that was seen
goes into it as well.
"""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from realtime.capture.base import Source
from realtime.errors import SourceError
from realtime.frame import Frame, Pixels
from realtime.media.video_writer import VideoWriter

LONGEST_PX = 1280
"""Pictures are kept at this long side at most."""

FEWEST = 5
"""Fewer pictures than this show neither how the person moves nor leave one to compare on."""

Tell = Callable[[float], None]
"""Is told how many seconds have been seen."""


def gather(source: Source, *, count: int, seconds: float, keep: Path | None = None, tell: Tell) -> list[Pixels]:
    """Watch ``source`` for ``seconds``, or to its end.

    Args:
        source: open; it is not closed here.
        count: how many pictures to bring at most, evenly spread over what was seen.
        seconds: how long; of a file so much of its own time.
        keep: a video file to record everything into; None writes nothing.
        tell: is told after each picture.

    Returns:
        Pictures ``(H, W, 3) uint8 BGR`` in their order.

    Raises:
        SourceError: it gave too few pictures, or broke off.
        SinkError: the file cannot be written.
    """
    kept: list[Pixels] = []
    stride = 1
    writer: VideoWriter | None = None
    start_s: float | None = None
    try:
        for number, frame in enumerate(source):
            start_s = frame.captured_s if start_s is None else start_s
            seen_s = frame.captured_s - start_s if source.live else number / source.fps if source.fps else 0.0
            if seen_s >= seconds:
                break
            if keep is not None:
                writer = writer or _writer(keep, frame, source.fps)
                writer.write(frame.pixels, seen_s)
            if number % stride == 0:
                kept.append(_at_most(frame.pixels, LONGEST_PX))
                if len(kept) == 2 * count:  # the length is not known beforehand
                    kept, stride = kept[::2], 2 * stride
            tell(seen_s)
    finally:
        if writer is not None:
            writer.close()
    if len(kept) < FEWEST:
        raise SourceError(
            f"{source.name} gave {len(kept)} pictures, expected {FEWEST} at least", cure="Record for longer"
        )
    spread = np.linspace(0, len(kept) - 1, min(count, len(kept)))
    return [kept[round(index)] for index in spread]


def _writer(path: Path, frame: Frame, fps: float) -> VideoWriter:
    return VideoWriter(path, width_px=frame.width_px, height_px=frame.height_px, fps=fps or 30.0)


def _at_most(pixels: Pixels, side_px: int) -> Pixels:
    scale = side_px / max(pixels.shape)
    if scale >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
