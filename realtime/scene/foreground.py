"""The person's own colour: nothing of the room where the person is not, and none of its light in half-covered pixels.

Goes in: a picture and the rim of its matte. Comes out: straight foreground colour.
"""

import cv2
import numpy as np

from realtime.frame import Frame, Pixels
from realtime.media.edge_pixels import Floats
from realtime.scene.reduce import box, four, mean, reduced, weighed
from realtime.scene.rim import FAINT, Rim

RADII = (0.0625, 0.0083)
"""Half the sides of blur fusion's box filters, coarse and fine, in parts of the picture's shorter side (45 and 6 px of
720)."""


TRACE = np.float32(0.01)
"""Weight of a colour where there is nothing of it, so that it goes on smoothly."""


def cut_out(pixels: Pixels, rim: Rim, colours: Floats | None = None) -> Pixels:
    """``(H, W, 3) uint8 BGR``: the person's colours, black where alpha counts as nothing.

    Colours kept behind transparent parts, or behind the veil of alpha that a network leaves on the room, would show the
    room to whoever drops the alpha.

    Args:
        pixels: the camera's picture.
        rim: of the matte.
        colours: those of the rim, ``(n, 4)``, as ``clean`` gives them; the camera's when None.
    """
    person = np.asarray(cv2.copyTo(pixels, (rim.alpha8 > FAINT).view(np.uint8)), np.uint8)
    if colours is not None:
        rim.put(person, colours)
    return person


def clean(frame: Frame, rim: Rim, *, reduced_px: int) -> Floats:
    """The rim's colours without the room's share, by blur fusion: ``(n, 4)`` in levels of 255.

    The mean colours of person and room round each pixel are found in a reduced picture, coarse then fine; what they
    leave of the compositing equation is put back from the picture itself, so that no detail is lost.

    Args:
        frame: the camera's picture.
        rim: of the matte.
        reduced_px: the shorter side of the reduced picture, at least; smaller is faster.

    Source: Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021.
    """
    if not len(rim):
        return rim.gather(frame.pixels)
    person, room = rim.runs.sample(*_means(frame, rim, reduced_px))
    rest = rim.gather(frame.pixels)
    rest -= room
    room -= person
    room *= rim.alpha
    rest += room
    rest *= rim.alpha
    rest += person
    return np.clip(rest, 0, 255, out=rest)


def _means(frame: Frame, rim: Rim, reduced_px: int) -> tuple[Floats, Floats]:
    """The mean colours of person and room round each pixel of a reduced picture, both ``(h, w, 4)``."""
    alpha8 = reduced(rim.alpha8, reduced_px)
    seen, alpha = four(frame.reduced(reduced_px)), alpha8 * np.float32(1 / 255)
    wide = reduced(alpha8, reduced_px // 2)  # half the size will do for the coarse means
    far, share = four(frame.reduced(reduced_px // 2)), wide * np.float32(1 / 255)
    coarse, fine = (
        2 * max(1, round(radius * min(of.shape))) + 1 for radius, of in zip(RADII, (wide, alpha8), strict=True)
    )
    person, room = (
        np.asarray(cv2.resize(mean(box(weighed(far, weight), coarse)), alpha.shape[::-1]), np.float32)
        for weight in (share, 1 - share)
    )
    shares = cv2.merge((alpha,) * 4)
    person += shares * (seen - room - shares * (person - room))
    person = np.clip(person, 0, 255, out=person)
    return mean(box(weighed(person, alpha + TRACE), fine)), mean(box(weighed(room, 1 - alpha + TRACE), fine))
