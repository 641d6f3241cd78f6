"""Where a picture and its alpha are shown: functions from a matte to the matte of another picture of the same size.

``cropped`` goes near to a part of the picture; ``placed`` puts the whole of it, small, into a corner of an empty one.
Pixels and alpha go the same way, so that they stay together.
"""

from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Alpha, Frame, Matte, Pixels
from realtime.look.framing import Crop

Corner = Literal["bottom-right", "bottom-left", "bottom", "top-right", "top-left"]


def cropped(matte: Matte, crop: Crop) -> Matte:
    """The part ``crop`` at the picture's full size; the matte itself where that is all of it.

    The crop lies where it says, to a fraction of a pixel: one that moves slowly does not step.
    """
    height, width = matte.alpha.shape
    left, top = (crop.x - crop.size / 2) * width, (crop.y - crop.size / 2) * height
    if max(left, top, (1 - crop.size) * width) < 0.5:
        return matte
    # Middles of pixels meet middles of pixels.
    shift = (crop.size - 1) / 2
    back = np.array([[crop.size, 0, left + shift], [0, crop.size, top + shift]])

    def warped(picture: Pixels | Alpha) -> npt.NDArray[Any]:
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return cv2.warpAffine(picture, back, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)

    return _matte(warped(matte.frame.pixels), warped(matte.alpha), matte.frame)


def placed(matte: Matte, size: float, corner: Corner) -> Matte:
    """The picture at ``size`` of its width and height, in a corner of an empty one: black, and nobody there."""
    height, width = matte.alpha.shape
    small = (max(1, round(size * width)), max(1, round(size * height)))
    if small == (width, height):
        return matte
    left = 0 if corner.endswith("left") else width - small[0]
    left = left // 2 if corner == "bottom" else left
    top = 0 if corner.startswith("top") else height - small[1]
    pixels, alpha = np.zeros_like(matte.frame.pixels), np.zeros_like(matte.alpha)
    rows, columns = slice(top, top + small[1]), slice(left, left + small[0])
    pixels[rows, columns] = cv2.resize(matte.frame.pixels, small, interpolation=cv2.INTER_AREA)
    alpha[rows, columns] = cv2.resize(matte.alpha, small, interpolation=cv2.INTER_AREA)
    return _matte(pixels, alpha, matte.frame)


def _matte(pixels: Pixels, alpha: Alpha, frame: Frame) -> Matte:
    return Matte(alpha=alpha, frame=Frame(pixels=pixels, index=frame.index, captured_s=frame.captured_s))
