"""What a run measures: stage times, drops, the age of a picture from capture to sink, processor time.

Goes in: durations in seconds, stamped in the loop. Comes out: ``line`` (the last seconds, for a window) and ``Summary``
(the whole run). A stamp costs about a microsecond, and the memory of a run of any length is fixed: percentiles of the
run come from a histogram with bins of 2 percent, so they are exact to 1 percent.
"""

import logging
import math
import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from realtime.errors import GreenlessError

log = logging.getLogger("greenless")

_WINDOW = 150
_FINEST_S = 1e-6
_BIN = math.log(1.02)
_LINE_S = 0.5
_QUIET_S = 5.0


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How long something took, in ms."""

    p50_ms: float
    """The median."""

    p95_ms: float
    """95 of 100 were shorter."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a run came to."""

    seconds: float
    """From the start of the run to its end."""

    frames: int
    """Pictures that got a matte, a scene and went to the sinks."""

    held: int
    """Pictures sent in their place: the last composite again, or a notice."""

    dropped: int
    """Frames that a newer one replaced before they were matted."""

    fps: float
    """Finished pictures a second, between the first and the last."""

    stages: dict[str, Spread]
    """Per stage: capture (the wait for a frame, decoding included), infer, finish, scene, and each sink by its name."""

    age: Spread
    """From the capture of a picture until the last sink had its composite."""

    processor_s: float
    """Processor time of the whole program, all threads."""

    errors: tuple[str, ...] = ()
    """What failed on the way and did not end the run."""

    def to_dict(self) -> dict[str, Any]:
        """The same as numbers, lists and dicts, for JSON."""
        return asdict(self)

    def table(self) -> str:
        """The same as text for people."""
        load = self.processor_s / self.seconds if self.seconds else 0.0
        counts = f"{self.fps:.1f} fps, {self.dropped} dropped" + f", {self.held} filled in" * bool(self.held)
        rows = [*self.stages.items(), ("age, capture to sink", self.age)]
        wide = max(len(name) for name, _ in rows)
        lines = [f"{self.frames} frames in {self.seconds:.1f} s: {counts}", f"{'ms':<{wide}} {'median':>8} {'p95':>8}"]
        lines += [f"{name:<{wide}} {spread.p50_ms:8.1f} {spread.p95_ms:8.1f}" for name, spread in rows]
        lines.append(f"processor: {self.processor_s:.1f} s, {100 * load:.0f} % of one core")
        return "\n".join([*lines, *self.errors])


@dataclass(frozen=True, kw_only=True)
class Recent:
    """How a run went in its last seconds."""

    fps: float
    """Finished pictures a second."""

    stages: dict[str, Spread]
    """Per stage, as in ``Summary``."""

    age: Spread
    """From the capture of a picture until the last sink had its composite."""

    def to_dict(self) -> dict[str, Any]:
        """The same as numbers and dicts, for JSON."""
        return asdict(self)


class Timer:
    """Durations of one stage: the last few as they are, all of them as a histogram."""

    def __init__(self) -> None:
        self.recent_s: deque[float] = deque(maxlen=_WINDOW)
        self._bins: dict[int, int] = {}

    def add(self, seconds: float) -> None:
        """Count one duration."""
        self.recent_s.append(seconds)
        number = int(math.log(max(seconds, _FINEST_S) / _FINEST_S) / _BIN)
        self._bins[number] = self._bins.get(number, 0) + 1

    def spread(self) -> Spread:
        """Of the whole run; zeros when nothing was counted."""
        return Spread(p50_ms=self._quantile_ms(0.5), p95_ms=self._quantile_ms(0.95))

    def recent_ms(self, quantile: float) -> float:
        """A quantile of the last few; 0 when nothing was counted."""
        ordered = sorted(self.recent_s.copy())
        return 1000 * ordered[int(quantile * (len(ordered) - 1) + 0.5)] if ordered else 0.0

    def recent(self) -> Spread:
        """Of the last few; zeros when nothing was counted."""
        return Spread(p50_ms=self.recent_ms(0.5), p95_ms=self.recent_ms(0.95))

    def _quantile_ms(self, quantile: float) -> float:
        bins = self._bins.copy()  # whoever asks may be another thread than the one that counts
        rank, seen = quantile * sum(bins.values()), 0
        for number in sorted(bins):
            seen += bins[number]
            if seen >= rank:
                return 1000 * _FINEST_S * math.exp((number + 0.5) * _BIN)
        return 0.0


class Stats:
    """Collects what a run measures; stamps may come from several threads, each stage's from one of them."""

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
        """The run begins now; what went before (opening a camera) does not count."""
        self._started_s, self._started_processor_s = time.perf_counter(), time.process_time()
        self._end: tuple[float, float] | None = None

    def end(self) -> None:
        """The run ends now; what comes after (finishing files) does not count."""
        self._end = time.perf_counter(), time.process_time()

    def add(self, stage: str, seconds: float) -> None:
        """One duration of a stage."""
        if (timer := self._timers.get(stage)) is None:
            timer = self._timers.setdefault(stage, Timer())
        timer.add(seconds)

    def failed(self, error: Exception) -> None:
        """A stage fails: said once, not with every frame, and again when it fails anew after a good while."""
        now_s = time.perf_counter()
        if now_s - self._failed_s > _QUIET_S:
            log.error("%s", error, exc_info=None if isinstance(error, GreenlessError) else error)
            if str(error) not in self.errors:
                self.errors.append(str(error))
        self._failed_s = now_s

    def sent(self, captured_s: float) -> None:
        """A picture captured at ``captured_s`` (``time.perf_counter()``) is with every sink now."""
        now = time.perf_counter()
        if not self.frames:
            self._first_s = now
        self.frames += 1
        self._age.add(now - captured_s)
        self._sent_s.append(now)

    def line(self, dropped: int) -> str:
        """The last seconds in a few lines of text, made anew twice a second: rate, age and each stage's time."""
        now = time.perf_counter()
        if now - self._line_s > _LINE_S:
            recent = self.recent()
            rows = {"age": recent.age, **recent.stages}
            lines = [f"{recent.fps:.1f} fps, {dropped} dropped, ms median / p95:"]
            lines += [f"{name} {spread.p50_ms:.0f} / {spread.p95_ms:.0f}" for name, spread in rows.items()]
            self._line_s, self._line = now, "\n".join(lines)
        return self._line

    def recent(self) -> Recent:
        """The last seconds. From any thread."""
        sent_s = self._sent_s.copy()
        return Recent(
            fps=_rate(len(sent_s), sent_s[0], time.perf_counter()) if sent_s else 0.0,
            stages={name: timer.recent() for name, timer in list(self._timers.items())},
            age=self._age.recent(),
        )

    def summary(self, dropped: int) -> Summary:
        """The whole run until its end, or until now."""
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
    """Events a second, from the stamps of the first and the last of ``count``."""
    return (count - 1) / (last_s - first_s) if count > 1 and last_s > first_s else 0.0
