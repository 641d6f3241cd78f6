"""When a frame of a stream was: what a matter that remembers the frame before asks of the next one."""

import math
from dataclasses import dataclass

Size = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class StreamPosition:
    """When a frame was, and how large."""

    size: Size = (0, 0)
    """``(w, h)`` in px: of the frame, or of what a network sees of it."""

    captured_s: float = 0.0
    """As in the frame."""

    index: int = 0
    """As in the frame."""

    def follows(self, before: "StreamPosition", *, within_s: float = math.inf) -> bool:
        """Whether this is a later frame of the same stream: after a jump back, or at another size, it is not.

        Args:
            before: the frame before.
            within_s: after a longer gap it does not count as the same stream.
        """
        passed_s = self.captured_s - before.captured_s
        return self.size == before.size and self.index > before.index and 0 <= passed_s < within_s
