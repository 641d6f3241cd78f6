"""``Clock``: turns the times of a track into times from the start of the video.

Files that were joined end to end, as broadcasts are, begin their times again in the middle. Their parts follow one
another here.
"""

from fractions import Fraction

BACK_S, FORWARD_S = Fraction(1, 5), Fraction(10)
"""Seconds that a time may jump back, or forward in a stream of broadcasts, until it counts as a new beginning."""

JOINED = frozenset({"mpeg", "mpegts"})
"""FFmpeg's names of the formats in which a jump forward is a new beginning, not a pause."""


class Clock:
    """The times of one track.

    Args:
        zero_s: the time that becomes 0, in seconds.
        container: FFmpeg's name of the file's format.
    """

    def __init__(self, zero_s: Fraction, container: str) -> None:
        self._zero_s = zero_s
        self._longest_s = FORWARD_S if container in JOINED else None
        self._last_s: Fraction | None = None

    def __call__(self, time_s: Fraction, step_s: Fraction) -> Fraction:
        """Convert the next time of the track.

        Args:
            time_s: as the file states it.
            step_s: the usual time between two; the first time of a new beginning comes so long after the last one.
        """
        at_s = time_s - self._zero_s
        if self._last_s is not None:
            forward_s = at_s - self._last_s
            if forward_s < -BACK_S or (self._longest_s is not None and forward_s > self._longest_s):
                self._zero_s += forward_s - step_s
                at_s = self._last_s + step_s
        self._last_s = at_s
        return at_s
