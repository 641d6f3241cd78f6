"""Measures a run: the time of each stage, dropped frames, latency from capture to sink, CPU time.

The loop adds durations to ``Stats``. ``Recent`` covers the last seconds, ``Summary`` the whole run. Adding a duration
takes about a microsecond. Memory does not grow with the length of the run: percentiles come from a histogram with bins
of 2 percent, so they are exact to 1 percent.
"""

import logging
import math
import time
from collections import deque
from dataclasses import dataclass

from realtime.errors import GreenlessError

log = logging.getLogger("greenless")

_WINDOW = 150
_FINEST_S = 1e-6
_BIN = math.log(1.02)
_LINE_S = 0.5
_QUIET_S = 5.0


@dataclass(frozen=True, kw_only=True)
class Spread:
    """The distribution of a duration."""

    p50_ms: float
    """The median, in ms."""

    p95_ms: float
    """95 of 100 durations are shorter, in ms."""


@dataclass(frozen=True, kw_only=True)
class Recent:
    """The statistics of the last seconds of a run."""

    fps: float
    """Finished frames per second, between the first and the last."""

    stages: dict[str, Spread]
    """By stage: capture (waiting for a frame and decoding it), infer, finish, scene, and each sink by its name."""

    age: Spread
    """Latency: from the capture of a frame until the last sink has its composite."""


@dataclass(frozen=True, kw_only=True)
class Summary(Recent):
    """The statistics of a whole run."""

    seconds: float
    """Duration of the run."""

    frames: int
    """Frames that reached the sinks, composited."""

    held: int
    """Times that the sinks got the last composite again, or a notice, because no new composite was ready."""

    dropped: int
    """Frames that a newer frame replaced before the network saw them."""

    processor_s: float
    """CPU time of the process, all threads, in seconds."""

    errors: tuple[str, ...] = ()
    """The errors that did not end the run."""

    def table(self) -> str:
        """Return the statistics as a table for people."""
        load = self.processor_s / self.seconds if self.seconds else 0.0
        counts = f"{self.fps:.1f} fps, {self.dropped} dropped" + f", {self.held} filled in" * bool(self.held)
        rows = [*self.stages.items(), ("latency, capture to sink", self.age)]
        wide = max(len(name) for name, _ in rows)
        lines = [f"{self.frames} frames in {self.seconds:.1f} s: {counts}", f"{'ms':<{wide}} {'median':>8} {'p95':>8}"]
        lines += [f"{name:<{wide}} {spread.p50_ms:8.1f} {spread.p95_ms:8.1f}" for name, spread in rows]
        lines.append(f"CPU: {self.processor_s:.1f} s, {100 * load:.0f} % of one core")
        return "\n".join([*lines, *self.errors])


class Timer:
    """The durations of one stage: exact values of the last few, and a histogram of all."""

    def __init__(self) -> None:
        self.recent_s: deque[float] = deque(maxlen=_WINDOW)
        self._bins: dict[int, int] = {}

    def add(self, seconds: float) -> None:
        """Count one duration."""
        self.recent_s.append(seconds)
        number = int(math.log(max(seconds, _FINEST_S) / _FINEST_S) / _BIN)
        self._bins[number] = self._bins.get(number, 0) + 1

    def spread(self) -> Spread:
        """Return the distribution over the whole run; zeros if there are no durations."""
        return Spread(p50_ms=self._quantile_ms(0.5), p95_ms=self._quantile_ms(0.95))

    def recent(self) -> Spread:
        """Return the distribution of the last few durations; zeros if there are none."""
        ordered = sorted(self.recent_s.copy()) or [0.0]
        p50_s, p95_s = (ordered[int(quantile * (len(ordered) - 1) + 0.5)] for quantile in (0.5, 0.95))
        return Spread(p50_ms=1000 * p50_s, p95_ms=1000 * p95_s)

    def _quantile_ms(self, quantile: float) -> float:
        bins = self._bins.copy()  # another thread may add durations meanwhile
        rank, seen = quantile * sum(bins.values()), 0
        for number in sorted(bins):
            seen += bins[number]
            if seen >= rank:
                return 1000 * _FINEST_S * math.exp((number + 0.5) * _BIN)
        return 0.0


class Stats:
    """Collects the measurements of a run. Several threads may add durations, but only one thread for each stage."""

    def __init__(self) -> None:
        self._timers: dict[str, Timer] = {}
        self._age = Timer()
        self._sent_s: deque[float] = deque(maxlen=_WINDOW)
        self.start()
        self._first_s = self._started_s
        self._line, self._line_s = "", -math.inf
        self.frames = 0
        self.held = 0
        self.errors: list[str] = []
        self._failed_s = -math.inf

    def start(self) -> None:
        """Start the run now; earlier work, such as opening a camera, does not count."""
        self._started_s, self._started_processor_s = time.perf_counter(), time.process_time()
        self._end: tuple[float, float] | None = None

    def end(self) -> None:
        """End the run now; later work, such as finishing files, does not count."""
        self._end = time.perf_counter(), time.process_time()

    def add(self, stage: str, seconds: float) -> None:
        """Add one duration of a stage."""
        if (timer := self._timers.get(stage)) is None:
            timer = self._timers.setdefault(stage, Timer())
        timer.add(seconds)

    def failed(self, error: Exception) -> None:
        """Log that a stage failed: once, not for every frame, and again only after a time without failures."""
        now_s = time.perf_counter()
        if now_s - self._failed_s > _QUIET_S:
            log.error("%s", error, exc_info=None if isinstance(error, GreenlessError) else error)
            if str(error) not in self.errors:
                self.errors.append(str(error))
        self._failed_s = now_s

    def sent(self, captured_s: float) -> None:
        """Count a frame that every sink has received. ``captured_s`` is its time by ``time.perf_counter()``."""
        now = time.perf_counter()
        if not self.frames:
            self._first_s = now
        self.frames += 1
        self._age.add(now - captured_s)
        self._sent_s.append(now)

    def line(self, dropped: int) -> str:
        """Return frame rate, latency and stage times of the last seconds as text. It changes twice a second."""
        now = time.perf_counter()
        if now - self._line_s > _LINE_S:
            recent = self.recent()
            rows = {"latency": recent.age, **recent.stages}
            lines = [f"{recent.fps:.1f} fps, {dropped} dropped, ms median / p95:"]
            lines += [f"{name} {spread.p50_ms:.0f} / {spread.p95_ms:.0f}" for name, spread in rows.items()]
            self._line_s, self._line = now, "\n".join(lines)
        return self._line

    def recent(self) -> Recent:
        """Summarise the last seconds. Thread-safe."""
        sent_s = self._sent_s.copy()
        return Recent(
            fps=_rate(len(sent_s), sent_s[0], time.perf_counter()) if sent_s else 0.0,
            stages={name: timer.recent() for name, timer in list(self._timers.items())},
            age=self._age.recent(),
        )

    def summary(self, dropped: int) -> Summary:
        """Summarise the run until its end, or until now if it has not ended."""
        end_s, end_processor_s = self._end or (time.perf_counter(), time.process_time())
        last_s = self._sent_s[-1] if self._sent_s else end_s
        return Summary(
            seconds=end_s - self._started_s,
            frames=self.frames,
            held=self.held,
            dropped=dropped,
            fps=_rate(self.frames, self._first_s, last_s),
            stages={name: timer.spread() for name, timer in list(self._timers.items())},
            age=self._age.spread(),
            processor_s=end_processor_s - self._started_processor_s,
            errors=tuple(self.errors),
        )


def _rate(count: int, first_s: float, last_s: float) -> float:
    """Return events per second from the number of events and the times of the first and the last."""
    return (count - 1) / (last_s - first_s) if count > 1 and last_s > first_s else 0.0
