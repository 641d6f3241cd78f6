"""Newcomers: a region that appears away from the person must persist before it is shown.

A network sometimes takes a flag or a coat for a person, for a second or two. The image does not change there when that
begins; it does when a hand or a person enters. So a region is shown at once if the image changed under it.
"""

import math
from collections import deque

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Alpha, CoarseMatte, Frame, Pixels

WAIT_S = 3.0
"""A region that the image does not explain is shown after this time. In the demo the flag stays for up to 2.4 s."""

_MEMORY_S = 1.0
"""So long a pixel counts as shown after it was, and as changed: a network may notice a hand late."""

_USUAL_S = 1 / 30
_PAUSE_S = 5.0
"""After a longer gap between frames the past says nothing, as after a change of the frames' size."""

_STALL_S = 0.9
"""A longer gap counts as this much: a machine that stalls for a second must not forget whom it showed."""

_SEEN = 0.3
"""Pixels above this alpha belong to a region."""

_NEAR = 0.03
_LARGE = 0.005
"""A region belongs to a known one that is nearer than the first, a share of the shorter side, and larger than the
second, a share of the matte. A speck passes nothing on."""

_KNOWN = 0.5
_EXPLAINED = 0.25
"""Shares of a region that must be shown already, or changed in the image, so that the region is shown at once."""

_CHANGED = 12
"""A pixel changed if it leaves the range of its neighbours before by more than this, in levels of 255."""

_SWAY = 1 / 12
"""The neighbours are as far as a camera may sway meanwhile: this share of the shorter side in a second."""

_FORGETS = 0.5
"""A second without the region undoes so much of its wait: a person whom the network sees now and then gets in."""

_OLDEST_S = 1.5 * WAIT_S
"""No region counts as older, so that the rule forgets after a known time, in the live loop as in a part of a clip."""

REMEMBERS_S = _OLDEST_S / _FORGETS + _MEMORY_S
"""A matte depends on frames up to so much earlier."""

_SHORTEST_S = 1 / 240
"""The least time between two frames that counts, so that few small images are kept whatever a file says."""

_BEFORE_S = 0.15
"""The image is compared with the one this much before, or a little more."""

_WORK_PX = 9_216
"""Regions are looked for in a matte of about this many pixels, 128x72, whatever the size at the network."""

_RIM = np.ones((7, 7), np.uint8)
"""Around a hidden region the matte goes too: it is too faint to belong to the region."""

_NEVER_S = -1e9

Labels = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]


class _Past:
    """What is known of each pixel of the small matte.

    Attributes:
        pictures: the latest small images with their times, the oldest first.
        shown_s: when the pixel was last part of a region that is shown.
        changed_s: when the image last changed there.
        age_s: for how long the pixel has been part of a region, ``_OLDEST_S`` at most.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.pictures: deque[tuple[float, Pixels]] = deque()
        self.shown_s, self.changed_s = np.full(shape, _NEVER_S), np.full(shape, _NEVER_S)
        self.age_s = np.zeros(shape)


class Newcomers:
    """The rule for one stream: hides what appears without a reason, until it has stayed for ``WAIT_S``.

    A stream begins with all that its first matte shows. A matte that follows nobody is shown whole.
    """

    def __init__(self) -> None:
        self._past: _Past | None = None
        self._captured_s = self._now_s = 0.0

    def push(self, coarse: CoarseMatte) -> CoarseMatte:
        """The matte of the same frame without the regions that must wait; ``coarse`` itself if there are none."""
        size, past = _work_size(coarse.frame), self._past
        small = cv2.resize(coarse.alpha, size, interpolation=cv2.INTER_AREA)
        seen, picture = np.asarray(small > _SEEN), _picture(coarse.frame, size)
        passed_s = coarse.frame.captured_s - self._captured_s
        self._captured_s = coarse.frame.captured_s
        if past is None or past.age_s.shape != small.shape or not 0 <= passed_s < _PAUSE_S:
            self._past = past = _Past(small.shape)
            past.pictures.append((self._now_s, picture))
            past.shown_s[seen] = self._now_s
            return coarse
        passed_s = min(max(passed_s, _SHORTEST_S), _STALL_S) if passed_s else _USUAL_S  # a file may have no times
        self._now_s += passed_s
        before_s, before = past.pictures[0]
        past.changed_s[_changed(before, picture, self._now_s - before_s)] = self._now_s
        past.pictures.append((self._now_s, picture))
        while past.pictures[1][0] <= self._now_s - _BEFORE_S:
            past.pictures.popleft()
        past.age_s[:] = np.clip(past.age_s + np.where(seen, passed_s, -_FORGETS * passed_s), 0, _OLDEST_S)
        hidden = _hidden(seen, past, self._now_s)
        past.shown_s[seen if hidden is None else seen & ~hidden] = self._now_s
        return coarse if hidden is None else CoarseMatte(alpha=_without(coarse.alpha, seen, hidden), frame=coarse.frame)


def _work_size(frame: Frame) -> tuple[int, int]:
    scale = math.sqrt(_WORK_PX / (frame.width_px * frame.height_px))
    return max(1, round(frame.width_px * scale)), max(1, round(frame.height_px * scale))


def _picture(frame: Frame, size: tuple[int, int]) -> Pixels:
    return np.asarray(cv2.resize(frame.reduced(min(size)), size, interpolation=cv2.INTER_AREA), np.uint8)


def _changed(before: Pixels, now: Pixels, passed_s: float) -> Mask:
    """Where the image shows what no pixel around showed before, other than by a change of the light."""
    reach = 2 * max(1, math.ceil(_SWAY * passed_s * min(now.shape[:2]) - 0.01)) + 1
    square = np.ones((reach, reach), np.uint8)
    above = cv2.subtract(now, cv2.dilate(before, square))
    below = cv2.subtract(cv2.erode(before, square), now)
    blue, green, red = cv2.split(cv2.max(above, below))
    level = cv2.max(cv2.max(blue, green), red)
    usual = int(np.searchsorted(np.cumsum(np.bincount(level.ravel())), level.size / 2))  # the median
    return np.asarray(level > _CHANGED + usual)


def _hidden(seen: Mask, past: _Past, now_s: float) -> Mask | None:
    """Where a region must wait; None if none must."""
    count, found = cv2.connectedComponents(seen.view(np.uint8), connectivity=8)
    if count <= 2:  # one region, or none: there is nothing to be away from
        return None
    labels = np.asarray(found, np.int32)
    areas = np.bincount(labels.ravel(), minlength=count)
    known = _shares(labels, now_s - past.shown_s < _MEMORY_S, areas) >= _KNOWN
    known[0] = False
    if not known.any():
        return None
    reach = 2 * max(1, round(_NEAR * min(seen.shape))) + 1
    large = known & (areas >= _LARGE * seen.size)
    near = cv2.dilate(large[labels].view(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    shown = known
    shown[np.unique(labels[near])] = True
    shown |= _shares(labels, now_s - past.changed_s < _MEMORY_S, areas) >= _EXPLAINED
    shown |= _shares(labels, past.age_s >= WAIT_S, areas) >= _KNOWN
    shown[0] = True
    return None if shown.all() else ~shown[labels]


def _shares(labels: Labels, mask: Mask, areas: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """The share of each region that lies in the mask."""
    return np.bincount(labels[mask], minlength=len(areas)) / np.maximum(areas, 1)


def _without(alpha: Alpha, seen: Mask, hidden: Mask) -> Alpha:
    """The matte without the hidden regions and their rims, but with the rims of all that is shown."""
    gone = cv2.dilate(hidden.view(np.uint8), _RIM)
    gone[cv2.dilate((seen & ~hidden).view(np.uint8), _RIM) > 0] = 0
    gone[hidden] = 1
    kept = cv2.resize((1 - gone).astype(np.float32), alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(alpha * kept, np.float32)
