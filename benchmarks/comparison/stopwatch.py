"""``Stopwatch``: measures the wall-clock and CPU time of each stage of a loop."""

import statistics
import time
from collections import defaultdict


class Stopwatch:
    """The times of the stages of many rounds."""

    def __init__(self) -> None:
        self._laps: dict[str, list[tuple[float, float]]] = defaultdict(list)
        self.start()

    def start(self) -> None:
        """Start a round."""
        self._clock_s, self._processor_s = time.perf_counter(), time.process_time()

    def lap(self, stage: str) -> None:
        """End a stage and start the next one."""
        now_s, processor_s = time.perf_counter(), time.process_time()
        self._laps[stage].append((now_s - self._clock_s, processor_s - self._processor_s))
        self._clock_s, self._processor_s = time.perf_counter(), time.process_time()

    def to_dict(self, warm_up: int) -> dict[str, dict[str, float]]:
        """Return ``p50_ms``, ``p95_ms`` and ``processor_ms`` (median) per stage, without the first rounds."""
        found = {}
        for stage, laps in self._laps.items():
            clock, processor = zip(*(laps[warm_up:] or laps), strict=True)
            found[stage] = {
                "p50_ms": round(1000 * statistics.median(clock), 3),
                "p95_ms": round(1000 * sorted(clock)[int(0.95 * (len(clock) - 1) + 0.5)], 3),
                "processor_ms": round(1000 * statistics.median(processor), 3),
            }
        return found

    def totals(self, warm_up: int) -> tuple[float, float]:
        """Return the mean wall-clock and CPU time of a round with all its stages, in ms."""
        sums = [0.0, 0.0]
        for laps in self._laps.values():
            for place, values in enumerate(zip(*(laps[warm_up:] or laps), strict=True)):
                sums[place] += 1000 * statistics.fmean(values)
        return sums[0], sums[1]
