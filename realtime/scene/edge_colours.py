"""The person's straight foreground colour, without the room's share in half-covered pixels."""

import cv2
import numpy as np

from realtime.frame import Frame, Pixels
from realtime.media.edge_pixels import Floats
from realtime.scene.rim import FAINT, Rim
from realtime.scene.window_means import box, four, mean, reduced, weighed

RADII = (0.0625, 0.0083)
"""Half the sides of blur fusion's box filters, coarse and fine, as shares of the shorter side (45 and 6 px of 720)."""

TRACE = np.float32(0.01)
"""Least weight of a colour, so that it extends smoothly to pixels without any of it."""


def cut_out(pixels: Pixels, rim: Rim, colours: Floats | None = None) -> Pixels:
    """Return the person's colours, ``(H, W, 3) uint8 BGR``, black if alpha is at most ``FAINT``.

    Colours behind transparent pixels would reveal the room to a program that ignores alpha.

    Args:
        pixels: the frame's pixels.
        rim: rim of the matte.
        colours: colours of the rim, ``(n, 4)``, from ``clean``; None keeps the frame's.
    """
    person = np.asarray(cv2.copyTo(pixels, (rim.alpha8 > FAINT).view(np.uint8)), np.uint8)
    if colours is not None:
        rim.put(person, colours)
    return person


def clean(frame: Frame, rim: Rim, *, reduced_px: int) -> Floats:
    """Return the rim's colours without the room's share, by blur fusion: ``(n, 4)`` from 0 to 255.

    It estimates the mean colours of person and room around each pixel in a reduced frame, coarse then fine. The
    residual of the compositing equation at full size restores the detail.

    Args:
        frame: the frame of the matte.
        rim: rim of the matte.
        reduced_px: least shorter side of the reduced frame; smaller is faster.

    Source: Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021.
    """
    if not len(rim.runs):
        return rim.runs.colours(frame.pixels)
    person, room = rim.runs.sample(*_means(frame, rim, reduced_px))
    rest = rim.runs.colours(frame.pixels)
    rest -= room
    room -= person
    room *= rim.alpha
    rest += room
    rest *= rim.alpha
    rest += person
    return np.clip(rest, 0, 255, out=rest)


def _means(frame: Frame, rim: Rim, reduced_px: int) -> tuple[Floats, Floats]:
    """Return the mean colours of person and room around each pixel of a reduced frame, both ``(h, w, 4)``."""
    alpha8 = reduced(rim.alpha8, reduced_px)
    seen, alpha = four(frame.reduced(reduced_px)), alpha8 * np.float32(1 / 255)
    wide = reduced(alpha8, reduced_px // 2)  # half the size is enough for the coarse means
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
