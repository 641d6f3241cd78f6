"""Crop a frame or place it in a corner. Frame and alpha are transformed together and keep their size."""

from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Alpha, Frame, Matte, Pixels
from realtime.framing.framing import Crop
from realtime.media.shrink import shrink

Corner = Literal["bottom-right", "bottom-left", "bottom", "top-right", "top-left"]


def cropped(matte: Matte, crop: Crop) -> Matte:
    """Enlarge the part ``crop`` to the frame's full size; return the matte itself if the crop is the whole frame.

    The crop has subpixel position, so that a slow move does not step.
    """
    height, width = matte.alpha.shape
    part = (round(crop.size * width), round(crop.size * height))
    if part == (width, height) or min(part) < 1:
        return matte
    middle = (crop.x * width - 0.5, crop.y * height - 0.5)

    # Shifting by the fraction first and then resizing takes a third of the time of one affine transform.
    def enlarged(array: Pixels | Alpha) -> npt.NDArray[Any]:
        return cv2.resize(cv2.getRectSubPix(array, part, middle), (width, height), interpolation=cv2.INTER_LINEAR)

    return _matte(enlarged(matte.frame.pixels), enlarged(matte.alpha), matte.frame)


def placed(matte: Matte, size: float, corner: Corner) -> Matte:
    """Shrink the frame to ``size`` of its width and height and place it in a corner; the rest is black with alpha 0."""
    height, width = matte.alpha.shape
    small = (max(1, round(size * width)), max(1, round(size * height)))
    if small == (width, height):
        return matte
    left = 0 if corner.endswith("left") else width - small[0]
    left = left // 2 if corner == "bottom" else left
    top = 0 if corner.startswith("top") else height - small[1]
    pixels, alpha = np.zeros_like(matte.frame.pixels), np.zeros_like(matte.alpha)
    rows, columns = slice(top, top + small[1]), slice(left, left + small[0])
    pixels[rows, columns] = shrink(matte.frame.pixels, small)
    alpha[rows, columns] = shrink(matte.alpha, small)
    return _matte(pixels, alpha, matte.frame)


def _matte(pixels: Pixels, alpha: Alpha, frame: Frame) -> Matte:
    return Matte(alpha=alpha, frame=Frame(pixels=pixels, index=frame.index, captured_s=frame.captured_s))
