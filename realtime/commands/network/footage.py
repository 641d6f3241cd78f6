"""Selects evenly spaced frames of a camera or a clip, to adapt a network to them. They stay in memory."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from realtime.capture.source import Source
from realtime.capture.turn import UPRIGHT, Turn
from realtime.errors import SourceError
from realtime.frame import Pixels
from realtime.media.video_writer import VideoWriter

LONGEST_PX = 1280
"""Longer side of the selected frames, at most."""

FEWEST = 5
"""The adaptation needs this many frames: four to adapt to and one to compare on."""

Tell = Callable[[float], None]
"""Called with the seconds that were read."""


def gather(
    source: Source, *, count: int, seconds: float, turn: Turn = UPRIGHT, keep: Path | None = None, tell: Tell
) -> list[Pixels]:
    """Read ``source`` for ``seconds``, or to its end.

    Args:
        source: an open source; the caller closes it.
        count: the largest number of frames to select, evenly spaced.
        seconds: the duration; for a file, in its own time.
        turn: how to turn the frames.
        keep: a video file for all frames; None for no file.
        tell: called after each frame.

    Returns:
        Frames ``(H, W, 3) uint8 BGR`` in order.

    Raises:
        SourceError: the source gave too few frames, or failed.
        SinkError: the file is not writable.
    """
    chosen: list[Pixels] = []
    stride = 1
    writer: VideoWriter | None = None
    start_s: float | None = None
    try:
        for number, frame in enumerate(map(turn.of, source)):
            start_s = frame.captured_s if start_s is None else start_s
            seen_s = frame.captured_s - start_s if source.live else number / source.fps if source.fps else 0.0
            if seen_s >= seconds:
                break
            if keep is not None:
                writer = writer or VideoWriter(
                    keep, width_px=frame.width_px, height_px=frame.height_px, fps=source.fps or 30.0
                )
                writer.write(frame.pixels, seen_s)
            if number % stride == 0:
                chosen.append(_at_most(frame.pixels, LONGEST_PX))
                if len(chosen) == 2 * count:  # the length of the source is unknown
                    chosen, stride = chosen[::2], 2 * stride
            tell(seen_s)
    finally:
        if writer is not None:
            writer.close()
    if len(chosen) < FEWEST:
        raise SourceError(
            f"{source.name} gave {len(chosen)} frames, expected {FEWEST} or more", cure="Record for a longer time"
        )
    spread = np.linspace(0, len(chosen) - 1, min(count, len(chosen)))
    return [chosen[round(index)] for index in spread]


def _at_most(pixels: Pixels, side_px: int) -> Pixels:
    scale = side_px / max(pixels.shape)
    if scale >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
