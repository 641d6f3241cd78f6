"""Converts a composite to straight alpha, for sinks that keep alpha."""

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Composite


def straight(composite: Composite) -> npt.NDArray[np.uint8]:
    """Return ``(H, W, 4) uint8 BGRA``: foreground and matte if there is no background, else the opaque composite."""
    if not composite.transparent:
        return np.asarray(cv2.cvtColor(composite.pixels, cv2.COLOR_BGR2BGRA), np.uint8)
    blue, green, red = cv2.split(composite.foreground)
    return np.asarray(cv2.merge((blue, green, red, composite.matte.alpha8)), np.uint8)
