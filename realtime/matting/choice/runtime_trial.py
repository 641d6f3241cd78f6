"""``RuntimeTrial``: a matter that returns mattes at once, and meanwhile finds the fastest way to run its network here.

The first candidate that opens makes the first mattes. After some frames a thread opens the others. Then all of them
alternate frame by frame, so that a busy moment affects all alike; a slow one drops out early. The fastest stays, and is
compared with itself on fewer and on more threads.
"""

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

from models.errors import GreenlessError
from realtime.ending import Closing, closed_on_error
from realtime.frame import CoarseMatte, Frame
from realtime.matting.choice.runtime_choice import Choice, Open, cores
from realtime.matting.matter import Matter

log = logging.getLogger("greenless")

BEGINS_AFTER = 15
"""Frames before the trial starts: the start of a run already loads the CPU."""

ROUNDS = 8
"""Frames per candidate; the fastest one counts."""

BEHIND = 2.0
"""A candidate drops out if its best of two frames takes this many times as long as the fastest."""

FEWER_MS_SHARE = 1.1
"""Fewer threads win if they take at most this many times as long: the other cores have work, too."""

OTHERS = 0.25
"""Share of CPU time above which other programs make the trial unreliable: they slow several threads most, so that one
thread would seem enough."""

_MOST_THREADS = 8
_CLOSING_S = 5.0
"""How long ``close`` waits for a network that is opening."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidate:
    """An opened candidate."""

    choice: Choice
    matter: Matter


Trial = Generator[Candidate, float, None]
"""Yields the candidate for the next frame, and receives the seconds it took: infinity if it failed."""


class RuntimeTrial(Closing):
    """A ``Matter``.

    Args:
        choices: the candidates, the likely fastest first, all with the same number of threads.
        any_threads: whether to find the number of threads, too.
        open_matter: opens a candidate.
        note: receives the result.
        frame: a frame of the expected size, with any content.
        at_once: whether the trial runs on the frames to come; otherwise it runs here, on ``frame``.

    Raises:
        Exception: no candidate works; the error is that of the first.
    """

    def __init__(
        self,
        choices: Sequence[Choice],
        *,
        any_threads: bool,
        open_matter: Open,
        note: Callable[[Choice], None],
        frame: Frame,
        at_once: bool,
    ) -> None:
        self._open_matter = open_matter
        self._note = note
        self._blank = frame
        self._at_once = at_once
        self._opened: list[Candidate] = []
        self._opening: threading.Thread | None = None
        self._closed = threading.Event()
        self._lock = threading.Lock()
        errors: list[Exception] = []
        working = self._working(choices, errors)
        if (lead := next(working, None)) is None:
            raise errors[0]
        self._lead = self._turn = lead
        self._trial_steps: Trial | None = self._trial(working, any_threads=any_threads)
        next(self._trial_steps)
        with closed_on_error(self):
            while not (at_once or self.settled):
                self.matte_batch([frame])

    @property
    def name(self) -> str:
        """The name of the leading candidate."""
        return self._lead.matter.name

    @property
    def settled(self) -> bool:
        """Whether the trial has ended."""
        return self._trial_steps is None

    def matte_batch(self, frames: Sequence[Frame], size_px: tuple[int, int] | None = None) -> list[CoarseMatte]:
        """Return the mattes of ``frames``, see ``matter.Matter``. Calls with ``size_px`` are not part of the trial."""
        with self._lock:
            trial, lead, candidate = self._trial_steps, self._lead, self._turn
        if trial is None or size_px is not None or not frames:
            return lead.matter.matte_batch(frames, size_px)
        start_s = time.perf_counter()
        try:
            mattes = candidate.matter.matte_batch(frames)
        except GreenlessError as error:
            if candidate is lead:
                raise
            log.debug("%s drops out of the trial: %s", candidate.choice, error)
            self._advance(candidate, math.inf)
            return lead.matter.matte_batch(frames)
        self._advance(candidate, (time.perf_counter() - start_s) / len(frames))
        return mattes

    def close(self) -> None:
        """Release all networks. May be called twice."""
        self._closed.set()
        if self._opening is not None:
            self._opening.join(_CLOSING_S)
        with self._lock:
            self._trial_steps = None
        for candidate in (*self._opened, self._lead):
            candidate.matter.close()

    def _advance(self, candidate: Candidate, took_s: float) -> None:
        with self._lock:
            if self._trial_steps is None or candidate is not self._turn:  # another thread has ended this step
                return
            try:
                self._turn = self._trial_steps.send(took_s)
                return
            except StopIteration:
                self._trial_steps, self._turn = None, self._lead
        self._note(self._lead.choice)

    def _trial(self, others: Iterator[Candidate], *, any_threads: bool) -> Trial:
        yield self._lead
        for _ in range(BEGINS_AFTER if self._at_once else 0):
            yield self._lead
        yield from self._compete(others)
        if any_threads:
            lead = self._lead.choice
            counts = [count for count in (1, 2, 4, 8) if count <= min(cores(), _MOST_THREADS) and count != lead.threads]
            yield from self._compete(self._working([replace(lead, threads=count) for count in counts], []))

    def _compete(self, others: Iterator[Candidate]) -> Trial:
        """Alternate the lead with others, which a thread opens. The fastest becomes the lead; all others close."""
        self._opening = opening = threading.Thread(
            target=self._opened.extend, args=[others], name="runtime trial", daemon=True
        )
        opening.start()
        if not self._at_once:
            opening.join()
        while opening.is_alive():
            yield self._lead
        if not self._opened:
            return
        times_s: dict[Candidate, list[float]] = {candidate: [] for candidate in (self._lead, *self._opened)}
        start = _clock()
        for _ in range(ROUNDS):
            for candidate in _in_the_trial(times_s):
                times_s[candidate].append((yield candidate))
        busy = _others(start) > OTHERS
        best_s = {candidate: min(times_s[candidate]) for candidate in _in_the_trial(times_s)}
        enough_s = FEWER_MS_SHARE * min(best_s.values())
        winner = min(
            (candidate for candidate, s in best_s.items() if s <= enough_s), key=lambda w: (w.choice.threads, best_s[w])
        )
        ms = round(1000 * best_s[winner], 2)
        self._lead = replace(winner, choice=replace(winner.choice, ms=ms, busy=busy or winner.choice.busy))
        self._opened = []
        for candidate in times_s:
            if candidate is not winner:
                candidate.matter.close()

    def _working(self, choices: Sequence[Choice], errors: list[Exception]) -> Iterator[Candidate]:
        """Open candidates one by one, and run the first, slowest frame of each; skip those that fail."""
        for choice in choices:
            if self._closed.is_set():
                return
            try:
                with ExitStack() as failed:
                    matter = failed.enter_context(closing(self._open_matter(choice)))
                    matter.matte_batch([self._blank])
                    failed.pop_all()
            except Exception as error:  # whatever is wrong with one, the others may work
                log.debug("%s drops out of the trial: %s", choice, error)
                errors.append(error)
            else:
                yield Candidate(choice=choice, matter=matter)


def _in_the_trial(times_s: dict[Candidate, list[float]]) -> list[Candidate]:
    """Return the candidates that have neither failed nor dropped out as too slow."""
    best_s = min((s for of_one in times_s.values() for s in of_one), default=math.inf)
    return [
        candidate
        for candidate, of_one in times_s.items()
        if math.inf not in of_one and (len(of_one) < 2 or min(of_one) <= BEHIND * best_s)
    ]


def _clock() -> tuple[float, float, float]:
    """Return the CPU time of all programs, that of this process, and the time, in seconds."""
    return _machine_s(), time.process_time(), time.perf_counter()


def _others(start: tuple[float, float, float]) -> float:
    """Return the share of the time of all cores that other programs used since ``start``; 0 if it is unknown."""
    machine_s, own_s, wall_s = (now - then for now, then in zip(_clock(), start, strict=True))
    return max(0.0, machine_s - own_s) / max(1e-9, wall_s * (os.cpu_count() or 1))


def _machine_s() -> float:
    """Return the busy seconds of all cores since the system started; 0 if the system does not report them."""
    try:
        _, user, nice, system, _, _, irq, soft_irq, steal, *_ = Path("/proc/stat").read_text("ascii").split(maxsplit=9)
    except (OSError, ValueError):
        return 0.0
    return sum(map(int, (user, nice, system, irq, soft_irq, steal))) / os.sysconf("SC_CLK_TCK")
