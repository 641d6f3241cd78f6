"""Converts a decoded frame of a video to pixels: upright, square, with the colours that players show."""

from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import Colorspace, Interpolation

from realtime.frame import Pixels
from realtime.media.large_image import LONGEST_PX

UNTAGGED = 2
"""FFmpeg's number for a colour space that the file does not state."""

HD_FROM_PX = 720
"""From this height on, players take untagged colours for BT.709; below, for BT.601."""

LARGEST_PX = 8192 * 8192
"""Most pixels of a frame, as it is shown."""

EXACT = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
"""How frames are converted between YUV and BGR, both ways. FFmpeg's default rounding tints greys by up to 3/255, and
its chroma at half the width darkens by 1 to 3."""


def upright(frame: av.VideoFrame, pixel_shape: Fraction = Fraction(1)) -> Pixels:
    """Convert a frame and turn it as the camera was held.

    Args:
        frame: as the decoder returned it.
        pixel_shape: width of its pixels divided by their height; the result has square pixels. A shape that would make
            the frame too large cannot be right and is ignored.

    Returns:
        ``(H, W, 3) uint8 BGR``.
    """
    width = round(frame.width * pixel_shape)
    if not 0 < width <= LONGEST_PX or width * frame.height > LARGEST_PX:
        width = frame.width
    untagged_hd = frame.colorspace == UNTAGGED and frame.height >= HD_FROM_PX
    bgr = frame.reformat(
        format="bgr24",
        width=width,
        src_colorspace=Colorspace.ITU709 if untagged_hd else None,
        interpolation=EXACT,
    )
    return np.ascontiguousarray(np.rot90(bgr.to_ndarray(), round(frame.rotation / 90)), np.uint8)
