"""Steadiness: what a stream's mattes go through so that still edges are calm and moving hands do not smear.

In: the coarse mattes of one stream, in order. Out: the same, steadier. ``Smooth`` answers at once; ``OneFrameDelay``
(OFD of the MODNet paper) answers with the matte before, its frame with it. One object a stream.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Alpha, CoarseMatte, Pixels
from realtime.matting.refine.motion import Box, Motion, MotionSearch, fetched, small_picture

TemporalKind = Literal["smooth", "ofd"]

_FRESH = 0.1
"""Share of the new matte where the picture says that nothing changed but place, at 30 frames a second."""

_USUAL_S = 1 / 30
_PAUSE_S = 0.5
"""After a longer gap the past says nothing."""

_CHANGED = 20.0
"""The new matte counts alone from a mean difference of the pictures on that is so many levels of 255 above the usual
one, which is the sensor's noise; in between it counts by the square."""

_NOISE = 10.0
"""The most that the noise is taken for, in levels of 255: what differs by more all over is lights, or another room."""

_NOISE_STEP = 1.0
"""How much it may rise from frame to frame: what jumps is no noise, but another picture."""

_UNCOVERED = 0.5
"""The new matte counts alone where the motion pulls the picture apart by this share from one frame to the next."""

_SURE_PX = 9
_RISE = 0.5
"""What the new matte shows everywhere in a square of that side, the one before rises to, by this share of the way."""

_NOBODY = 0.03
"""Where neither matte is above this there is nothing to be steadied but the veil that a network leaves on the room."""

_MARGIN_PX = 8
"""The motion is looked for so much further out, in px of the small picture."""

_LEAST_PX = 16
"""Nor is it looked for in less: OpenCV refuses that."""

_FAINTEST = 1 / 1024
"""What fades to less is nothing: numbers that go on shrinking take a processor ten times as long."""

_STEP = 0.1
"""OFD: what differs by more than this changed."""


class Temporal(Protocol):
    """Mattes in, steadier mattes out."""

    def push(self, coarse: CoarseMatte) -> CoarseMatte | None:
        """The next matte; None while a delay fills."""
        ...

    def flush(self) -> CoarseMatte | None:
        """What a delay still holds when the stream is over."""
        ...


def open_temporal(kind: TemporalKind) -> Temporal:
    """The filter of that name for a stream that begins."""
    return OneFrameDelay() if kind == "ofd" else Smooth()


@dataclass(frozen=True, kw_only=True, eq=False)
class _Past:
    """The frame before, as far as the next one needs it."""

    alpha: Alpha
    picture: Pixels
    captured_s: float


class Smooth:
    """A causal filter along the motion, without delay.

    The last result is moved to where the picture went and mixed with the new matte. The new matte counts for little
    where the moved picture looks like the new one, which is where the matte had no reason to change; it counts alone
    where it does not: what moved too fast to be followed, came in or was uncovered leaves no ghost.
    """

    def __init__(self) -> None:
        self._past: _Past | None = None
        self._noise = _NOISE
        self._search = MotionSearch()

    def push(self, coarse: CoarseMatte) -> CoarseMatte:
        """The steadier matte of the same frame, see ``Temporal``."""
        frame, past = coarse.frame, self._past
        picture = small_picture(frame)
        alpha = coarse.alpha
        if past is not None and past.alpha.shape == alpha.shape and past.picture.shape == picture.shape:
            passed_s = frame.captured_s - past.captured_s
            if passed_s < _PAUSE_S:
                alpha = self._mixed(alpha, picture, past, passed_s)
        self._past = _Past(alpha=alpha, picture=picture, captured_s=frame.captured_s)
        return CoarseMatte(alpha=alpha, frame=frame)

    def flush(self) -> None:
        """Nothing is held back."""

    def _mixed(self, alpha: Alpha, picture: Pixels, past: _Past, passed_s: float) -> Alpha:
        boxes = _boxes(np.maximum(alpha, past.alpha), picture)
        if boxes is None:
            return alpha
        box, small_box = boxes
        motion = self._search.between(past.picture, picture, small_box)
        self._noise = min(float(np.median(motion.difference)), self._noise + _NOISE_STEP, _NOISE)
        new = alpha[box]
        size = new.shape[::-1]
        scale = np.divide(alpha.shape[::-1], picture.shape[1::-1]).astype(np.float32)
        flow = np.asarray(cv2.resize(motion.flow * scale, size, interpolation=cv2.INTER_LINEAR), np.float32)
        # Cubic: at every frame anew, a bilinear step would wear the edges down.
        before = fetched(past.alpha, flow, box, cv2.INTER_CUBIC).clip(0, 1)
        risen = cv2.addWeighted(before, 1 - _RISE, cv2.max(before, _around(new)), _RISE, 0)
        kept = cv2.resize(_kept(motion, passed_s, noise=self._noise), size, interpolation=cv2.INTER_LINEAR)
        steady = cv2.scaleAdd(cv2.multiply(cv2.subtract(risen, new), kept), 1, new)
        mixed = alpha.copy()
        mixed[box] = cv2.threshold(steady, _FAINTEST, 0, cv2.THRESH_TOZERO)[1]
        return mixed


def _boxes(alpha: Alpha, picture: Pixels) -> tuple[Box, Box] | None:
    """What holds everybody, in the matte and in the small picture; None where nobody is."""
    left, top, width, height = cv2.boundingRect((alpha > _NOBODY).view(np.uint8))
    if not width:
        return None
    sides = zip((top, left), (top + height, left + width), alpha.shape, picture.shape[:2], strict=True)
    (rows, small_rows), (columns, small_columns) = (_slices(*side) for side in sides)
    return (rows, columns), (small_rows, small_columns)


def _slices(start: int, stop: int, side: int, small_side: int) -> tuple[slice, slice]:
    scale = side / small_side
    small_start = max(0, int(start / scale) - _MARGIN_PX)
    small_stop = min(small_side, max(int(stop / scale) + 1 + _MARGIN_PX, small_start + _LEAST_PX))
    small_start = max(0, min(small_start, small_stop - _LEAST_PX))
    return slice(round(small_start * scale), round(small_stop * scale)), slice(small_start, small_stop)


def _around(alpha: Alpha) -> Alpha:
    """The least of what stands round each pixel."""
    return np.asarray(cv2.erode(alpha, np.ones((_SURE_PX, _SURE_PX), np.uint8)), np.float32)


def _kept(motion: Motion, passed_s: float, *, noise: float) -> npt.NDArray[np.float32]:
    """``(h, w) float32 in [0, 1]``: how much the matte before counts."""
    frames = passed_s / _USUAL_S if passed_s > 0 else 1.0  # a file may tell no times
    changed = np.clip((np.arange(256) - noise) / _CHANGED, 0, 1) ** 2
    kept = cv2.LUT(motion.difference, ((1 - _FRESH) ** frames * (1 - changed)).astype(np.float32))
    return np.asarray(kept * np.maximum(1 - motion.stretch / _UNCOVERED, 0), np.float32)


class OneFrameDelay:
    """OFD of the MODNet paper (arXiv 2011.11961): a pixel whose neighbours in time agree, and it not, is their mean.

    One frame late: the picture is delayed with its matte. The neighbours are the mattes as the network gave them, not
    as corrected here, so that no error goes on.
    """

    def __init__(self) -> None:
        self._before: Alpha | None = None
        self._held: CoarseMatte | None = None

    def push(self, coarse: CoarseMatte) -> CoarseMatte | None:
        """The matte of the frame before, see ``Temporal``."""
        held, before = self._held, self._before
        self._held, self._before = coarse, None if held is None else held.alpha
        if held is None or before is None or not before.shape == held.alpha.shape == coarse.alpha.shape:
            return held
        now, after = held.alpha, coarse.alpha
        flickers = (np.abs(before - after) <= _STEP) & (np.abs(now - before) > _STEP) & (np.abs(now - after) > _STEP)
        return CoarseMatte(alpha=np.where(flickers, (before + after) / 2, now).astype(np.float32), frame=held.frame)

    def flush(self) -> CoarseMatte | None:
        """The last matte, which had nobody after it."""
        held, self._held, self._before = self._held, None, None
        return held
