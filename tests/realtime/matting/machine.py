"""A machine of stand-ins with a clock of its own: each way to run a network takes as long as the test says."""

import numpy as np

from realtime.errors import MatterError
from realtime.frame import CoarseMatte, Frame
from realtime.matting.choice.runtime_choice import Choice

SIZE_PX = (96, 64)

Kind = tuple[str, str, int]


class Machine:
    """Opens matters and notes which; ``ms`` maps (runtime, precision, threads) to what a frame takes.

    That is a frame at ``SIZE_PX``; the first ``busy`` take ten times as long. ``others_s`` is what other programs get
    of each second.
    """

    def __init__(self, ms: dict[Kind, float], busy: int = 0) -> None:
        self.ms, self.busy = ms, busy
        self.now_s = self.others_s = 0.0
        self.opened: list[Kind] = []
        self.closed: list[Kind] = []
        self.failing: set[Kind] = set()

    def perf_counter(self) -> float:
        return self.now_s

    process_time = perf_counter

    def machine_s(self) -> float:
        return self.now_s * (1 + self.others_s)

    def open(self, choice: Choice) -> "Running":
        kind = (choice.runtime, choice.precision, choice.threads)
        self.opened.append(kind)
        if kind not in self.ms:
            raise MatterError(f"no {choice.runtime} {choice.precision}")
        return Running(self, kind)


class Running:
    """A matter on that machine, whose mattes tell which it was."""

    def __init__(self, machine: Machine, kind: Kind) -> None:
        self.machine, self.kind = machine, kind
        self.name = " ".join(map(str, kind))
        self.ran = 0

    def matte_batch(self, frames: list[Frame], size_px: tuple[int, int] | None = None) -> list[CoarseMatte]:
        if self.kind in self.machine.failing and self.ran:
            raise MatterError(f"{self.name} fails")
        self.ran += 1
        self.machine.busy -= 1
        (width, height), ms = size_px or SIZE_PX, self.machine.ms[self.kind]
        share = width * height / (SIZE_PX[0] * SIZE_PX[1])
        self.machine.now_s += len(frames) * share * ms / 1000 * (10 if self.machine.busy >= 0 else 1)
        return [CoarseMatte(alpha=np.full((height, width), ms, np.float32), frame=frame) for frame in frames]

    def close(self) -> None:
        self.machine.closed.append(self.kind)
