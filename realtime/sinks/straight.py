"""A composite as one picture with straight alpha, for the sinks that keep it.

Goes in: a ``Composite``. Comes out: ``(H, W, 4) uint8 BGRA``.
"""

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Composite


def straight(composite: Composite) -> npt.NDArray[np.uint8]:
    """``(H, W, 4) uint8 BGRA``: foreground and matte where no background was put in, else the opaque composite."""
    if not composite.transparent:
        return np.asarray(cv2.cvtColor(composite.pixels, cv2.COLOR_BGR2BGRA), np.uint8)
    blue, green, red = cv2.split(composite.foreground)
    return np.asarray(cv2.merge((blue, green, red, composite.matte.alpha8)), np.uint8)
