"""The frames that are timed: made and coded before the clock starts.

In: frames with their mattes, and a size. Out: a ``Reel`` of MJPG frames with their true mattes at that size.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Pixels
from realtime.media.fit import fit

SIZES = ((640, 480), (1280, 720), (1920, 1080))
"""Width and height of the pictures, px."""

FPS = 30.0


_QUALITY = 93


@dataclass(frozen=True, kw_only=True, eq=False)
class Reel:
    """A person who moves, as a webcam codes it; played back and forth."""

    size_px: tuple[int, int]
    """``(width, height)``."""

    coded: tuple[npt.NDArray[np.uint8], ...]
    """The pictures, each a JPEG file."""

    alphas: tuple[Pixels, ...]
    """Their true mattes, ``(H, W) uint8``."""

    room: Pixels
    """Another room, ``(H, W, 3) uint8 BGR``, to be put behind."""

    def at(self, index: int) -> int:
        """The number of the picture that is shown as frame ``index``."""
        last = len(self.coded) - 1
        return last - abs(last - index % (2 * last)) if last else 0

    def decoded(self, index: int) -> Pixels:
        """Frame ``index``, decoded now: ``(H, W, 3) uint8 BGR``."""
        return np.asarray(cv2.imdecode(self.coded[self.at(index)], cv2.IMREAD_COLOR), np.uint8)

    def at_rest(self) -> "Reel":
        """The first picture for ever: the person sits still."""
        return replace(self, coded=self.coded[:1], alphas=self.alphas[:1])

    def save(self, clip: Path, length: int) -> None:
        """So many frames as a video file."""
        writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"mp4v"), FPS, self.size_px)
        for index in range(length):
            writer.write(self.decoded(index))
        writer.release()


def reel(drawn: list[tuple[Pixels, Pixels]], size_px: tuple[int, int], room: Pixels) -> Reel:
    """The drawn pictures at one size, cropped to its aspect."""
    width, height = size_px
    pictures = [fit(pixels, width_px=width, height_px=height, how="cover") for pixels, _ in drawn]
    alphas = [fit(alpha[..., None], width_px=width, height_px=height, how="cover") for _, alpha in drawn]
    coded = [cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))[1] for picture in pictures]
    return Reel(
        size_px=size_px,
        coded=tuple(np.asarray(picture, np.uint8) for picture in coded),
        alphas=tuple(alpha.reshape(height, width) for alpha in alphas),
        room=fit(room, width_px=width, height_px=height, how="cover"),
    )
