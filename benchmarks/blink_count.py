"""Counts what blinks into a clip's mattes: regions away from the person that enter for less than two seconds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from models.metrics import Alpha, Mask

LONGEST_S = 2.0
"""A region that stays longer is no blink."""

LEAST_SHARE = 0.005
"""A smaller region, by its share of the frame, is no blink."""

GAP_S = 0.25
"""A region that is away for less than this has stayed."""

_SEEN = 0.5
_NEAR = 0.03
"""A region that is nearer to the person than this share of the shorter side is part of the person."""

_WORK_PX = 20_000
"""Mattes are halved down to this many pixels."""

_Labels = npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class Blink:
    """One region that entered and left."""

    start_s: float
    """When it entered."""

    length_s: float
    """From the first frame that shows it to the last."""

    share: float
    """Its largest share of the frame."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Track:
    """A region that is followed from frame to frame."""

    start_s: float
    last_s: float
    share: float
    where: Mask
    counts: bool
    """False if it was there at the first frame, or parted from the person."""


def blinks(mattes: Iterable[tuple[float, Alpha]]) -> list[Blink]:
    """Find the blinks of one clip, in the order of their ends.

    The person is the largest region above 0.5, with all that is near to it. A region counts if it enters during the
    clip away from the person, reaches 0.5 % of the frame, and leaves before the end and within two seconds.

    Args:
        mattes: time in s and matte ``(H, W) float32 in [0, 1]`` of each frame, all of one size.
    """
    found: list[Blink] = []
    tracks: list[_Track] = []
    person: Mask | None = None
    for at_s, alpha in mattes:
        regions, now_person = _away(_small(alpha))
        ended = [track for track in tracks if at_s - track.last_s > GAP_S]
        found += filter(None, map(_blink, ended))
        tracks = [track for track in tracks if at_s - track.last_s <= GAP_S]
        for where in regions:
            counts = person is not None and not (where & person).any()
            tracks = list(_followed(tracks, where, at_s, counts=counts))
        person = now_person
    return found


def _followed(tracks: list[_Track], where: Mask, at_s: float, *, counts: bool) -> Iterator[_Track]:
    """The tracks with one more region: it goes on with those that it overlaps, or begins one."""
    share = float(where.mean())
    same = [track for track in tracks if (track.where & where).any()]
    yield from (track for track in tracks if all(track is not other for other in same))
    if not same:
        yield _Track(start_s=at_s, last_s=at_s, share=share, where=where, counts=counts)
        return
    oldest = min(same, key=lambda track: track.start_s)
    largest = max(share, *(track.share for track in same))
    yield replace(oldest, last_s=at_s, share=largest, where=where, counts=all(track.counts for track in same))


def _blink(track: _Track) -> Blink | None:
    length_s = track.last_s - track.start_s
    if not track.counts or track.share < LEAST_SHARE or length_s >= LONGEST_S:
        return None
    return Blink(start_s=track.start_s, length_s=length_s, share=track.share)


def _small(alpha: Alpha) -> Alpha:
    while alpha.size > _WORK_PX:
        alpha = np.asarray(cv2.resize(alpha, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)
    return alpha


def _away(alpha: Alpha) -> tuple[list[Mask], Mask]:
    """The regions away from the person, and where the person is, with the room around."""
    count, found, stats, _ = cv2.connectedComponentsWithStats((alpha > _SEEN).astype(np.uint8), connectivity=8)
    labels: _Labels = np.asarray(found, np.int32)
    if count == 1:
        return [], np.zeros(alpha.shape, bool)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    reach = 2 * max(1, round(_NEAR * min(alpha.shape))) + 1
    person: Mask = cv2.dilate((labels == largest).astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    near = np.unique(labels[person])
    regions: list[Mask] = [labels == label for label in range(1, count) if label not in near]
    return regions, person
