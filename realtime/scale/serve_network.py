"""``Network``: what a replica of the matting server runs: decodes frames, mattes them in batches, encodes the mattes.

Ray Serve makes the replicas and calls them. Requests and answers are bytes, see ``matting.runtimes.remote_wire``.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np

from models import weights
from realtime.errors import GreenlessError
from realtime.frame import Alpha, CoarseMatte, Frame
from realtime.matting import open_matter
from realtime.matting.matter import Matter
from realtime.matting.resize import network_size
from realtime.matting.runtimes.remote_wire import Size, WireError, answer, failure, head_of, pixels_of
from realtime.settings.schema import MattingSettings

log = logging.getLogger("greenless")

WAIT_S = 0.002
"""How long a batch waits for a second frame, if the network gains from batches. Frames that come while the network
works form the next batch without waiting."""

HANGS_AFTER_S = 20.0
"""A batch that takes this long makes the replica unhealthy, and Ray Serve replaces it."""

FAILS = 10
"""So do this many failed batches, one after another."""

_WARM = ((640, 480), (1280, 720))
"""The shapes of most cameras, the usual one last: their sizes are ready before the first client comes."""


@dataclass(frozen=True, kw_only=True)
class NetworkOptions:
    """What a replica runs."""

    matting: MattingSettings
    """The network."""

    largest_px: int
    """Pixels of the largest frame."""

    batch: int = 1
    """Frames in one run of the network: more than one pays on a GPU, not on a CPU."""

    stand_in_ms: float = 0.0
    """For benchmarks: a run that sleeps this long replaces the network; 0 runs the network."""


class StandIn:
    """A matter for benchmarks and tests: each run sleeps, and the matte is the green channel of the frame, coarsely.

    Args:
        milliseconds: the time of a run, for any number of frames.
    """

    name = "stand-in"

    def __init__(self, milliseconds: float) -> None:
        self._seconds = milliseconds / 1000

    def matte_batch(self, frames: Sequence[Frame], size_px: Size | None = None) -> list[CoarseMatte]:
        """Return the mattes at the size of the frames."""
        time.sleep(self._seconds)
        return [CoarseMatte(alpha=_patches(frame), frame=frame) for frame in frames]

    def close(self) -> None:
        """Do nothing."""


def _patches(frame: Frame) -> Alpha:
    """Return the green channel in patches of 8 px: it compresses as a matte does, and a flat frame keeps its grey."""
    size = frame.width_px, frame.height_px
    small = cv2.resize(frame.pixels[..., 1], (max(1, size[0] // 8), max(1, size[1] // 8)), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, size, interpolation=cv2.INTER_NEAREST) * np.float32(1 / 255)


class Network:
    """A replica. Its methods run in the event loop of Ray Serve, the network in a thread of its own.

    Args:
        options: what it runs.

    Raises:
        realtime.errors.GreenlessError: the network cannot be opened.
    """

    def __init__(self, options: NetworkOptions) -> None:
        from ray import serve

        self._options = options
        self._reference_px = options.matting.reference_size or weights.reference_size(options.matting.weights)
        self._thread = ThreadPoolExecutor(1, "network")  # one, because a CUDA graph belongs to its thread
        self._busy_since_s: float | None = None
        self._failures = 0
        usual = network_size(*_WARM[-1], self._reference_px)
        self._batched_size = usual if options.batch > 1 else None
        self._matter = self._thread.submit(self._opened).result()
        wait_s = WAIT_S if options.batch > 1 else 0.0
        self._in_batches = serve.batch(max_batch_size=options.batch, batch_wait_timeout_s=wait_s)(self._batch)

    async def mattes(self, requests: list[bytes]) -> list[bytes]:
        """Return the answer to each request. Frames of other calls may share their batch."""
        answers: list[bytes] = await asyncio.gather(*map(self._in_batches, requests))
        return answers

    async def describe(self) -> tuple[str, int]:
        """Return the name of the network, and its reference size in px."""
        return self._matter.name, self._reference_px

    def check_health(self) -> None:
        """Tell Ray Serve whether this replica works.

        Raises:
            RuntimeError: the network hangs, or fails again and again.
        """
        since_s = self._busy_since_s
        if since_s is not None and time.monotonic() - since_s > HANGS_AFTER_S:
            raise RuntimeError(f"the network has worked on one batch for more than {HANGS_AFTER_S:g} s")
        if self._failures >= FAILS:
            raise RuntimeError(f"{self._failures} batches failed, one after another")

    async def _batch(self, requests: list[bytes]) -> list[bytes]:
        self._busy_since_s = time.monotonic()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self.answers, requests)
        finally:
            self._busy_since_s = None

    def answers(self, requests: Sequence[bytes]) -> list[bytes]:
        """Return the answer to each request, in order. An invalid frame spoils only its own answer."""
        found: dict[int, bytes] = {}
        by_size: dict[Size, dict[int, Frame]] = {}
        for place, request in enumerate(requests):
            number = head_of(request)[0]
            try:
                pixels = pixels_of(request, self._options.largest_px)
            except WireError as error:
                found[place] = failure(number, str(error), invalid=True)
                continue
            frame = Frame(pixels=pixels, index=number, captured_s=0.0)
            by_size.setdefault((frame.width_px, frame.height_px), {})[place] = frame
        for size, frames in by_size.items():
            try:
                for some in self._runs(size, [*frames]):
                    for place, matte in zip(some, self._mattes([frames[place] for place in some], size), strict=False):
                        found[place] = answer(frames[place].index, matte.alpha)
                self._failures = 0
            except GreenlessError as error:
                self._failures += 1
                log.error("%s", error)
                found |= {place: failure(frame.index, str(error)) for place, frame in frames.items()} | found
        return [found[place] for place in range(len(requests))]

    def _runs(self, size: Size, places: list[int]) -> list[list[int]]:
        """Divide frames of one size into runs. Only the usual size runs in batches: each size and number of frames has
        an open session, and a matter keeps few of them."""
        return [places] if size == self._batched_size else [[place] for place in places]

    def _mattes(self, frames: list[Frame], size: Size) -> list[CoarseMatte]:
        """Run the network for one frame or, with copies of the last frame, for a whole batch."""
        missing = self._options.batch - len(frames) if len(frames) > 1 else 0
        return self._matter.matte_batch([*frames, *[frames[-1]] * missing], size)

    def _opened(self) -> Matter:
        if self._options.stand_in_ms:
            return StandIn(self._options.stand_in_ms)
        matter = open_matter(self._options.matting)
        for width, height in _WARM:
            size = network_size(width, height, self._reference_px)
            blank = Frame(pixels=np.zeros((size[1], size[0], 3), np.uint8), index=0, captured_s=0.0)
            for count in {1, self._options.batch if size == self._batched_size else 1}:
                matter.matte_batch([blank] * count, size)
        return matter
