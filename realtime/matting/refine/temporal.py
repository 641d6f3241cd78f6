"""Steadies the coarse mattes of one stream: still edges are calm, moving hands do not smear.

``Smooth`` has no delay; ``OneFrameDelay`` (OFD of the MODNet paper) returns the previous matte with its frame. Each
stream needs a separate object.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Alpha, CoarseMatte, Pixels
from realtime.matting.refine.motion import Box, Motion, MotionSearch, fetched, small_picture

_FRESH = 0.1
"""Share of the new matte where the frame only moved, at 30 frames a second."""

_USUAL_S = 1 / 30
_PAUSE_S = 0.5
"""After a longer gap the previous matte is ignored."""

_CHANGED = 20.0
"""If the frames differ by this many levels of 255 above the sensor noise, only the new matte counts; below that, its
share grows with the square of the difference."""

_NOISE = 10.0
"""Upper limit of the noise, in levels of 255: a larger difference everywhere is a change of light or of the room."""

_NOISE_STEP = 1.0
"""Upper limit of its rise per frame: a jump is not noise, but a different scene."""

_UNCOVERED = 0.5
"""Where the motion pulls pixels apart by this share per frame, only the new matte counts."""

_SURE = np.ones((9, 9), np.uint8)
_RISE = 0.5
"""The previous matte rises by this share towards the least alpha of the new matte in a square of that size."""

_NOBODY = 0.03
"""Where both mattes are below this, there is only the veil that a network leaves on the background."""

_MARGIN_PX = 8
"""Margin of the motion search around the people, in px of the small frame."""

_LEAST_PX = 16
"""Least side of the searched box: OpenCV refuses smaller ones."""

_FAINTEST = 1 / 1024
"""Smaller values become 0, because a CPU computes with denormal numbers ten times as slowly."""

_STEP = 0.1
"""OFD: a larger difference counts as a change."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Past:
    """The previous frame, as far as the next one needs it."""

    alpha: Alpha
    picture: Pixels
    captured_s: float


class Smooth:
    """A causal filter along the motion, without delay.

    The last result moves along with the frame and is mixed with the new matte. Where the moved frame looks like the new
    one, the matte has no reason to change, and the new matte has little weight. Elsewhere only the new matte counts, so
    that fast motion, new objects and uncovered background leave no ghost.
    """

    def __init__(self) -> None:
        self._past: _Past | None = None
        self._noise = _NOISE
        self._search = MotionSearch()

    def push(self, coarse: CoarseMatte) -> CoarseMatte:
        """Return the steadier matte of the same frame."""
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
        """Return None: there is no delay."""

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
        # Cubic, because a bilinear step in every frame would blur the edges away.
        before = fetched(past.alpha, flow, box, cv2.INTER_CUBIC).clip(0, 1)
        risen = cv2.addWeighted(before, 1 - _RISE, cv2.max(before, cv2.erode(new, _SURE)), _RISE, 0)
        kept = cv2.resize(_kept(motion, passed_s, noise=self._noise), size, interpolation=cv2.INTER_LINEAR)
        steady = cv2.scaleAdd(cv2.multiply(cv2.subtract(risen, new), kept), 1, new)
        mixed = alpha.copy()
        mixed[box] = cv2.threshold(steady, _FAINTEST, 0, cv2.THRESH_TOZERO)[1]
        return mixed


def _boxes(alpha: Alpha, picture: Pixels) -> tuple[Box, Box] | None:
    """Return the box around all people, in the matte and in the small frame; None if there are none."""
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


def _kept(motion: Motion, passed_s: float, *, noise: float) -> npt.NDArray[np.float32]:
    """Return the weight of the previous matte, ``(h, w) float32 in [0, 1]``."""
    frames = passed_s / _USUAL_S if passed_s > 0 else 1.0  # a file may have no timestamps
    changed = np.clip((np.arange(256) - noise) / _CHANGED, 0, 1) ** 2
    kept = cv2.LUT(motion.difference, ((1 - _FRESH) ** frames * (1 - changed)).astype(np.float32))
    return np.asarray(kept * np.maximum(1 - motion.stretch / _UNCOVERED, 0), np.float32)


class OneFrameDelay:
    """OFD of the MODNet paper (arXiv 2011.11961): replaces a pixel that flickers by the mean of its neighbours in time.

    The frame is delayed by one together with its matte. The neighbours are the mattes of the network, not the corrected
    ones, so that errors do not propagate.
    """

    def __init__(self) -> None:
        self._before: Alpha | None = None
        self._held: CoarseMatte | None = None

    def push(self, coarse: CoarseMatte) -> CoarseMatte | None:
        """Return the steadier matte of the previous frame; None for the first frame."""
        held, before = self._held, self._before
        self._held, self._before = coarse, None if held is None else held.alpha
        if held is None or before is None or not before.shape == held.alpha.shape == coarse.alpha.shape:
            return held
        now, after = held.alpha, coarse.alpha
        flickers = (np.abs(before - after) <= _STEP) & (np.abs(now - before) > _STEP) & (np.abs(now - after) > _STEP)
        return CoarseMatte(alpha=np.where(flickers, (before + after) / 2, now).astype(np.float32), frame=held.frame)

    def flush(self) -> CoarseMatte | None:
        """Return the last matte, which has no later neighbour."""
        held, self._held, self._before = self._held, None, None
        return held
