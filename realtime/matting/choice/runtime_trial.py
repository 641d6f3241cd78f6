"""``RuntimeTrial``: a matter that gives mattes at once, and finds out meanwhile how its network runs fastest here.

Goes in: the ways that are open, the likeliest first, and frames. Come out: mattes; and, once, the choice. The first way
that can be had begins. After some frames the others are opened in a thread; then all take turns, a frame each, so that
a busy moment hits all alike; one that is far behind gets no more. The fastest stays, and takes turns with itself on
fewer and on more threads.
"""

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from models.errors import GreenlessError
from realtime.frame import CoarseMatte, Frame
from realtime.matting.choice.runtime_choice import Choice, Open, cores
from realtime.matting.matter import Matter

log = logging.getLogger("greenless")

BEGINS_AFTER = 15
"""Frames: the start of a run has enough to do."""

ROUNDS = 8
"""Turns of each way; the shortest counts."""

BEHIND = 2.0
"""A way whose second turn is still slower than the best by so much is out."""

FEWER_MS_SHARE = 1.1
"""Fewer threads are taken when they cost no more than this much more time: the other cores have work, too."""

OTHERS = 0.25
"""The most of the processor's time that other programs may take: more of them slow two threads most, so that one would
seem to be enough."""

_MOST_THREADS = 8
_CLOSING_S = 5.0
"""How long ``close`` waits for a network that is being opened."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Way:
    """A way of running the network, opened."""

    choice: Choice
    matter: Matter


Course = Generator[Way, float, None]
"""Gives the way that the next frame goes, and takes the seconds it took; infinite where it failed."""


class RuntimeTrial:
    """A ``Matter``.

    Args:
        ways: what is open, the likeliest first, all on the same number of threads.
        any_threads: whether the number of threads is open, too.
        open_matter: opens a way.
        note: takes the choice.
        frame: of the size to come; what it shows does not matter.
        at_once: whether the choice is made on the frames to come; else it is made here, on that frame.

    Raises:
        realtime.errors.GreenlessError: none of the ways can be had; the reason is that of the likeliest.
    """

    def __init__(
        self,
        ways: Sequence[Choice],
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
        self._opened: list[Way] = []
        self._opening: threading.Thread | None = None
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._lead, rest = self._first(ways)
        self._turn = self._lead
        self._course: Course | None = self._trial(rest, any_threads=any_threads)
        next(self._course)
        try:
            while not (at_once or self.settled):
                self.matte_batch([frame])
        except BaseException:
            self.close()
            raise

    @property
    def name(self) -> str:
        """Of the way that leads."""
        return self._lead.matter.name

    @property
    def settled(self) -> bool:
        """Whether the choice is made."""
        return self._course is None

    def matte_batch(self, frames: Sequence[Frame], size_px: tuple[int, int] | None = None) -> list[CoarseMatte]:
        """The mattes of ``frames``, see ``matter.Matter``; those that come at a size of their own are no trial."""
        with self._lock:
            course, lead, way = self._course, self._lead, self._turn
        if course is None or size_px is not None or not frames:
            return lead.matter.matte_batch(frames, size_px)
        start_s = time.perf_counter()
        try:
            mattes = way.matter.matte_batch(frames)
        except GreenlessError as error:
            if way is lead:
                raise
            log.debug("%s is out of the question: %s", way.choice, error)
            self._advance(way, math.inf)
            return lead.matter.matte_batch(frames)
        self._advance(way, (time.perf_counter() - start_s) / len(frames))
        return mattes

    def close(self) -> None:
        """Let all networks go. May be called twice."""
        self._closed.set()
        if self._opening is not None:
            self._opening.join(_CLOSING_S)
        with self._lock:
            self._course = None
        for way in (*self._opened, self._lead):
            way.matter.close()

    def _advance(self, way: Way, took_s: float) -> None:
        with self._lock:
            if self._course is None or way is not self._turn:  # another thread's frame went that way meanwhile
                return
            try:
                self._turn = self._course.send(took_s)
                return
            except StopIteration:
                self._course, self._turn = None, self._lead
        self._note(self._lead.choice)

    def _trial(self, others: Sequence[Choice], *, any_threads: bool) -> Course:
        yield self._lead
        for _ in range(BEGINS_AFTER if self._at_once else 0):
            yield self._lead
        yield from self._compete(others)
        if any_threads:
            lead = self._lead.choice
            counts = [count for count in (1, 2, 4, 8) if count <= min(cores(), _MOST_THREADS) and count != lead.threads]
            yield from self._compete([replace(lead, threads=count) for count in counts])

    def _compete(self, others: Sequence[Choice]) -> Course:
        """Let the lead take turns with others; the best is the lead then, and the only one that stays open."""
        if not others:
            return
        opening = threading.Thread(target=self._open_all, args=[others], name="runtime trial", daemon=True)
        opening.start()
        self._opening = opening
        if not self._at_once:
            opening.join()
        while opening.is_alive():
            yield self._lead
        times_s: dict[Way, list[float]] = {way: [] for way in (self._lead, *self._opened)}
        clock = _Clock()
        for _ in range(ROUNDS):
            for way in _within_reach(times_s):
                times_s[way].append((yield way))
        busy = clock.others() > OTHERS
        best_s = {way: min(times_s[way]) for way in _within_reach(times_s)}
        enough_s = FEWER_MS_SHARE * min(best_s.values())
        winner = min((way for way, s in best_s.items() if s <= enough_s), key=lambda w: (w.choice.threads, best_s[w]))
        ms = round(1000 * best_s[winner], 2)
        self._lead = replace(winner, choice=replace(winner.choice, ms=ms, busy=busy or winner.choice.busy))
        self._opened = []
        for way in times_s:
            if way is not winner:
                way.matter.close()

    def _first(self, ways: Sequence[Choice]) -> tuple[Way, Sequence[Choice]]:
        """The first way that can be had, and those after it."""
        reasons: list[GreenlessError] = []
        for index, choice in enumerate(ways):
            try:
                return self._had(choice), ways[index + 1 :]
            except GreenlessError as error:  # not to be had on this processor, say
                log.debug("%s is out of the question: %s", choice, error)
                reasons.append(error)
        raise reasons[0]

    def _open_all(self, choices: Sequence[Choice]) -> None:
        for choice in choices:
            if self._closed.is_set():
                return
            try:
                self._opened.append(self._had(choice))
            except Exception as error:  # whatever is wrong with one way, the others are there
                log.debug("%s is out of the question: %s", choice, error)

    def _had(self, choice: Choice) -> Way:
        """Opened, and after its first frame, which takes longest."""
        matter = self._open_matter(choice)
        try:
            matter.matte_batch([self._blank])
        except GreenlessError:
            matter.close()
            raise
        return Way(choice=choice, matter=matter)


def _within_reach(times_s: dict[Way, list[float]]) -> list[Way]:
    """The ways that have not failed, and are not far behind after two turns."""
    best_s = min((s for of_one in times_s.values() for s in of_one), default=math.inf)
    return [
        way
        for way, of_one in times_s.items()
        if math.inf not in of_one and (len(of_one) < 2 or min(of_one) <= BEHIND * best_s)
    ]


class _Clock:
    """How much of the processor other programs have had since it was made."""

    def __init__(self) -> None:
        self._start = self._now()

    def others(self) -> float:
        """Share of all cores' time; 0 where the system does not tell."""
        machine_s, own_s, wall_s = (now - then for now, then in zip(self._now(), self._start, strict=True))
        return max(0.0, machine_s - own_s) / max(1e-9, wall_s * (os.cpu_count() or 1))

    def _now(self) -> tuple[float, float, float]:
        return _machine_s(), time.process_time(), time.perf_counter()


def _machine_s() -> float:
    """The seconds that all cores have worked since the start of the system; 0 where it does not tell."""
    try:
        _, user, nice, system, _, _, irq, soft_irq, steal, *_ = Path("/proc/stat").read_text("ascii").split(maxsplit=9)
    except (OSError, ValueError):
        return 0.0
    return sum(map(int, (user, nice, system, irq, soft_irq, steal))) / os.sysconf("SC_CLK_TCK")
