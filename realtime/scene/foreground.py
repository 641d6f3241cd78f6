"""The person's own colour, with nothing of the room where the person is not.

Goes in: a matte. Comes out: straight foreground colour.
"""

import cv2
import numpy as np

from realtime.frame import Matte, Pixels


def foreground(matte: Matte) -> Pixels:
    """``(H, W, 3) uint8 BGR``: the camera's colours where the person is, black where alpha is nothing.

    Colours kept behind transparent parts would show the room to whoever drops the alpha.
    """
    seen = cv2.convertScaleAbs(matte.alpha, alpha=255)
    return np.asarray(cv2.copyTo(matte.frame.pixels, seen), np.uint8)
