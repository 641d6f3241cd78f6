"""``Figures``: what a client measures of its matting server: delay, bytes, losses."""

import time
from collections import deque

_WINDOW_S = 5.0
_ANSWERS = 150


class Figures:
    """Counts what goes to a server and comes back. One thread counts; others may read."""

    def __init__(self) -> None:
        self._sent: deque[tuple[float, int]] = deque()
        self._received: deque[tuple[float, int]] = deque()
        self._answers_s: deque[float] = deque(maxlen=_ANSWERS)

    def sent(self, size: int) -> None:
        """Count a message to the server, in bytes."""
        _add(self._sent, size)

    def answered(self, seconds: float, size: int) -> None:
        """Count an answer: how long it took, and its bytes."""
        _add(self._received, size)
        self._answers_s.append(seconds)

    def delay_s(self, quantile: float) -> float:
        """Return a quantile of the last answer times; 0 if there are none."""
        ordered = sorted(self._answers_s.copy())
        return ordered[int(quantile * (len(ordered) - 1) + 0.5)] if ordered else 0.0

    def rates_mbit_s(self) -> tuple[float, float]:
        """Return the rates of the last seconds, to the server and from it."""
        return _rate(self._sent), _rate(self._received)


def _add(messages: deque[tuple[float, int]], size: int) -> None:
    now_s = time.monotonic()
    messages.append((now_s, size))
    while messages[0][0] < now_s - _WINDOW_S:
        messages.popleft()


def _rate(messages: deque[tuple[float, int]]) -> float:
    now_s = time.monotonic()
    recent = [(at_s, size) for at_s, size in messages.copy() if at_s >= now_s - _WINDOW_S]
    if len(recent) < 2:
        return 0.0
    # The first message opens the time that the others fill.
    return sum(size for _, size in recent[1:]) * 8e-6 / max(now_s - recent[0][0], 1e-3)
