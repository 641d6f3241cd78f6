"""Steadiness: what a stream's mattes go through so that still edges are calm and moving hands do not smear.

In: the coarse mattes of one stream, in order. Out: the same, steadier. ``Smooth`` answers at once; ``OneFrameDelay``
(OFD of the MODNet paper) answers with the matte before, its frame with it. One object a stream.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Alpha, CoarseMatte, Pixels
from realtime.matting.resize import shrink

TemporalKind = Literal["smooth", "ofd"]

_FLOW_PX = 192
"""Long side of the picture in which the motion is looked for."""

_FRESH = 0.2
"""Share of the new matte where the picture says that nothing changed but place, at 30 frames a second."""

_USUAL_S = 1 / 30
_PAUSE_S = 0.5
"""After a longer gap the past says nothing."""

_CHANGED = 10.0
"""The new matte counts alone from a mean difference of the pictures on that is so many levels of 255 above the usual
one, which is the sensor's noise; in between it counts by the square."""

_NOISE = 10.0
"""The most that the noise is taken for at first, in levels of 255."""

_NOISE_STEP = 1.0
"""How much it may rise from frame to frame: what jumps is no noise, but another picture."""

_ROUND_PX = 7
"""Side of the square over which that difference is averaged, in px of the small picture."""

_STEP = 0.1
"""OFD: what differs by more than this changed."""

Flow = npt.NDArray[np.float32]
"""``(h, w, 2) float32``: where each pixel was in the frame before, x and y, in px."""


_Array = TypeVar("_Array", Alpha, Pixels)


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

    The last result is moved to where the picture went (dense inverse search flow, Kroeger et al., ECCV 2016, at a small
    size) and mixed with the new matte. The new matte counts for little where the moved picture looks like the new one,
    which is where the matte had no reason to change; it counts alone where it does not: what moved too fast to be
    followed, came in or was uncovered leaves no ghost.
    """

    def __init__(self) -> None:
        self._past: _Past | None = None
        self._noise = _NOISE
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._flow.setFinestScale(1)

    def push(self, coarse: CoarseMatte) -> CoarseMatte:
        """The steadier matte of the same frame, see ``Temporal``."""
        frame, past = coarse.frame, self._past
        picture = _small(frame.pixels)
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
        height, width = alpha.shape
        grey, grey_past = (cv2.cvtColor(p, cv2.COLOR_BGR2GRAY) for p in (picture, past.picture))
        flow = np.asarray(self._flow.calc(grey, grey_past, None), np.float32)  # type: ignore[call-overload]
        # Cubic: at every frame anew, a bilinear step would wear the edges down.
        before = np.clip(_moved(past.alpha, _enlarged(flow, width, height), cv2.INTER_CUBIC), 0, 1)
        difference = _difference(picture, _moved(past.picture, flow, cv2.INTER_LINEAR))
        self._noise = min(float(np.median(difference)), self._noise + _NOISE_STEP)
        fresh = cv2.LUT(difference, _table(passed_s, noise=self._noise))
        fresh = cv2.resize(fresh, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(before + (alpha - before) * fresh, np.float32)


def _small(pixels: Pixels) -> Pixels:
    """The picture in which the motion is looked for, without aliasing."""
    scale = min(1.0, _FLOW_PX / max(pixels.shape[:2]))
    height, width = (max(16, round(side * scale)) for side in pixels.shape[:2])
    return shrink(pixels, (width, height))


def _difference(picture: Pixels, before: Pixels) -> npt.NDArray[np.uint8]:
    """``(h, w) uint8``: how different the pictures look round each pixel, the exposure put aside."""
    gains = np.divide(cv2.mean(picture)[:3], np.maximum(cv2.mean(before)[:3], 1))
    exposed = cv2.merge([cv2.convertScaleAbs(c, alpha=g) for c, g in zip(cv2.split(before), gains, strict=True)])
    blue, green, red = cv2.split(cv2.absdiff(picture, exposed))
    return np.asarray(cv2.blur(cv2.max(cv2.max(blue, green), red), (_ROUND_PX, _ROUND_PX)), np.uint8)


def _table(passed_s: float, *, noise: float) -> npt.NDArray[np.float32]:
    """How much the new matte counts, by the difference in levels: 256 numbers."""
    frames = passed_s / _USUAL_S if passed_s > 0 else 1.0  # a file may tell no times
    changed = np.clip((np.arange(256) - noise) / _CHANGED, 0, 1) ** 2
    kept = (1 - _FRESH) ** frames * (1 - changed)
    return np.asarray(1 - kept, np.float32)


def _enlarged(flow: Flow, width: int, height: int) -> Flow:
    scaled = flow * np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
    return np.asarray(cv2.resize(scaled, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _moved(array: _Array, flow: Flow, interpolation: int) -> _Array:
    """``array`` as it is seen now: each pixel from where it was."""
    places = flow + _grid(*flow.shape[:2])
    moved = cv2.remap(array, places, None, interpolation, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(moved, array.dtype)


@lru_cache(maxsize=8)
def _grid(height: int, width: int) -> Flow:
    return np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=2).astype(np.float32)


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
