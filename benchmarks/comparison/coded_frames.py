"""``CodedFrames``: the frames of a measurement at one size, encoded as MJPG beforehand, with their exact mattes."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Pixels
from realtime.media.fit import fit

_QUALITY = 93


@dataclass(frozen=True, kw_only=True, eq=False)
class CodedFrames:
    """Frames of a moving person as a webcam encodes them, played forwards and backwards."""

    size_px: tuple[int, int]
    """``(width, height)``."""

    coded: tuple[npt.NDArray[np.uint8], ...]
    """The frames, each a JPEG file."""

    alphas: tuple[Pixels, ...]
    """Their exact mattes, ``(H, W) uint8``."""

    room: Pixels
    """The new background, ``(H, W, 3) uint8 BGR``."""

    def at(self, index: int) -> int:
        """Return the position in ``coded`` of frame ``index``."""
        last = len(self.coded) - 1
        return last - abs(last - index % (2 * last)) if last else 0

    def decoded(self, index: int) -> Pixels:
        """Decode frame ``index``: ``(H, W, 3) uint8 BGR``."""
        return np.asarray(cv2.imdecode(self.coded[self.at(index)], cv2.IMREAD_COLOR), np.uint8)


def coded_frames(drawn: list[tuple[Pixels, Pixels]], size_px: tuple[int, int], room: Pixels) -> CodedFrames:
    """Return the drawn frames at one size, cropped to its aspect ratio."""
    width, height = size_px
    pictures = [fit(pixels, width_px=width, height_px=height, how="cover") for pixels, _ in drawn]
    alphas = [fit(alpha[..., None], width_px=width, height_px=height, how="cover") for _, alpha in drawn]
    coded = [cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))[1] for picture in pictures]
    return CodedFrames(
        size_px=size_px,
        coded=tuple(np.asarray(picture, np.uint8) for picture in coded),
        alphas=tuple(alpha.reshape(height, width) for alpha in alphas),
        room=fit(room, width_px=width, height_px=height, how="cover"),
    )
