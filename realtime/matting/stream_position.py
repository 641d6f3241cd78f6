"""The position of a frame in its stream: a matter with a memory checks whether the next frame continues it."""

import math
from dataclasses import dataclass

Size = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class StreamPosition:
    """The time and the size of a frame."""

    size: Size = (0, 0)
    """``(w, h)`` in px: of the frame, or of what a network sees of it."""

    captured_s: float = 0.0
    """As in the frame."""

    index: int = 0
    """As in the frame."""

    def follows(self, before: "StreamPosition", *, within_s: float = math.inf) -> bool:
        """Whether this is a later frame of the same stream. After a jump back or a change of size it is not.

        Args:
            before: the previous frame.
            within_s: the longest gap within one stream.
        """
        passed_s = self.captured_s - before.captured_s
        return self.size == before.size and self.index > before.index and 0 <= passed_s < within_s
