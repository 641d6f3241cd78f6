"""A decoded picture of a video as pixels: square, upright, and of the colours that players show.

In: PyAV's frame. Out: ``(H, W, 3) uint8 BGR``. File source, video background and off-line clips stand on it.
"""

from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import Colorspace, Interpolation

from realtime.frame import Pixels

UNTAGGED = 2
"""FFmpeg's number for colours of which nothing is said."""

HD_FROM_PX = 720
"""Players take untagged colours for BT.709 from this height on, for BT.601 below."""

EXACT = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
"""How pictures change between YUV and BGR, both ways: FFmpeg's usual rounding tints greys by up to 3/255, and its
chroma at half the width darkens by 1 to 3."""


def upright(picture: av.VideoFrame, pixel_shape: Fraction = Fraction(1)) -> Pixels:
    """``(H, W, 3) uint8 BGR``, turned as the camera was held.

    Args:
        picture: as the decoder gave it.
        pixel_shape: width of its pixels over their height; what is returned has square ones.
    """
    untagged_hd = picture.colorspace == UNTAGGED and picture.height >= HD_FROM_PX
    bgr = picture.reformat(
        format="bgr24",
        width=round(picture.width * pixel_shape),
        src_colorspace=Colorspace.ITU709 if untagged_hd else None,
        interpolation=EXACT,
    )
    return np.ascontiguousarray(np.rot90(bgr.to_ndarray(), round(picture.rotation / 90)), np.uint8)
