"""``Governor``: a matter that holds the frame rate by doing less work when the loop is late.

After each frame it learns how long the loop was busy. It steps through levels: first skip and crop (if the settings
leave them to it), then smaller sizes for the network. It steps down after half a second of overload, and up after a
while with time to spare. It waits longer before it retries a level that it had to leave, so that it does not swing.
``name`` shows the current level.
"""

import logging
import math
from collections import deque
from statistics import median

from realtime.matting.matter import Matter
from realtime.matting.saving.skip_and_crop import Level, SkipAndCrop
from realtime.settings.schema import MattingSettings

log = logging.getLogger("greenless")

TOO_BUSY = 0.95
"""Share of a frame's period above which the loop does not keep up."""

IDLE = 0.75
"""Share of a frame's period below which there may be time for more work."""

DOWN_AFTER_S = 0.5
UP_AFTER_S = 4.0
LONGEST_UP_AFTER_S = 120.0
HOLDS_S = 20.0
"""A step up that lasts this long was right."""

SCALES = (1.0, 0.875, 0.75, 0.625, 0.5)


def levels(settings: MattingSettings) -> list[Level]:
    """List the levels that the settings allow, from most work to least."""
    saves = settings.economy != "off"
    by_size = [Level(scale=scale, skip=saves, crop=saves) for scale in (SCALES if settings.governor else SCALES[:1])]
    if settings.economy != "auto":
        return by_size
    return [Level(), Level(skip=True), *by_size] if settings.governor else [Level()]


class Governor(SkipAndCrop):
    """A ``Matter`` for one stream that holds the frame rate.

    Args:
        matter: does the work; ``close`` closes it too.
        settings: what the governor may do.
    """

    def __init__(self, matter: Matter, settings: MattingSettings) -> None:
        super().__init__(matter)
        self._levels = levels(settings)
        self._at = 0
        self._loads: deque[float] = deque()
        self._since_s = 0.0
        self._idle_s = 0.0
        self._up_after_s = [UP_AFTER_S] * len(self._levels)  # time to spare before a level is tried
        self._stepped_up_s = math.inf
        self._set(0)

    def observe(self, busy_s: float, period_s: float) -> None:
        """Record how long the loop was busy with one frame, and step if necessary.

        Args:
            busy_s: from when the loop took the frame until the last sink had it.
            period_s: the time between two frames at the wanted rate.
        """
        if not getattr(self.matter, "settled", True):  # slow attempts of a ``RuntimeTrial`` are no load
            return
        passed_s = max(busy_s, period_s)
        self._since_s += passed_s
        self._stepped_up_s += passed_s
        self._loads.append(busy_s / period_s)
        while len(self._loads) > max(3, round(DOWN_AFTER_S / passed_s)):
            self._loads.popleft()
        load = median(self._loads)
        self._idle_s = self._idle_s + passed_s if load < IDLE else 0.0
        if self._since_s < DOWN_AFTER_S:  # the last step must take effect first
            return
        if load > TOO_BUSY and self._at + 1 < len(self._levels):
            too_soon = self._stepped_up_s < HOLDS_S
            longer_s = min(2 * self._up_after_s[self._at], LONGEST_UP_AFTER_S)
            self._up_after_s[self._at] = longer_s if too_soon else UP_AFTER_S
            self._stepped_up_s = math.inf  # a fall over several levels says nothing about those between
            self._set(self._at + 1)
        elif self._at and self._idle_s >= self._up_after_s[self._at - 1]:
            self._set(self._at - 1)
            self._stepped_up_s = 0.0

    def _set(self, at: int) -> None:
        self._at = at
        self._since_s = self._idle_s = 0.0
        self._loads.clear()
        self.level = self._levels[at]
        if at:
            log.debug("governor: level %d, %s", at, self.level)
