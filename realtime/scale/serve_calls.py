"""``Calls``: passes the frames of all clients to the replicas, in few calls.

A call through Ray costs some milliseconds of CPU time, whatever is in it. While all replicas are busy, frames wait here
and travel together in the next call. So a busy machine spends less on each frame, and an idle one delays none.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from realtime.matting.runtimes.remote_wire import failure, head_of

log = logging.getLogger("greenless")

ANSWERS_S = 5.0
"""A frame without a matte for this long is given up."""

LARGEST = 32
"""Frames in one call."""

Ask = Callable[[list[bytes]], Awaitable[list[bytes]]]
"""Returns the answer to each request, in order, from one replica."""


class Calls:
    """The calls of one event loop.

    Args:
        ask: makes one call.
        most: calls at a time; two for each replica: one in its network, and one on the way.
        lost: the errors of a replica that died.
    """

    def __init__(self, ask: Ask, *, most: int, lost: type[Exception]) -> None:
        self._ask, self._free, self._lost = ask, most, lost
        self._waiting: list[tuple[bytes, asyncio.Future[bytes]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def matte(self, request: bytes) -> bytes:
        """Return the answer to a request. It may be the text of an error."""
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        self._start()
        try:
            return await asyncio.wait_for(future, ANSWERS_S)
        except TimeoutError:
            return failure(head_of(request)[0], f"no matte within {ANSWERS_S:g} s: the server has too much to do")

    def _start(self) -> None:
        """Start a call with the frames that wait, if one is free."""
        self._waiting = [item for item in self._waiting if not item[1].done()]  # a client has left, or gave up
        if not self._free or not self._waiting:
            return
        some, self._waiting = self._waiting[:LARGEST], self._waiting[LARGEST:]
        self._free -= 1
        task = asyncio.ensure_future(self._call(some))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, some: list[tuple[bytes, "asyncio.Future[bytes]"]]) -> None:
        requests = [request for request, _ in some]
        try:
            answers = await self._asked(requests)
        except Exception as error:  # each client gets an answer, whatever happened
            log.debug("a call failed: %s", error)
            answers = [failure(head_of(request)[0], "no matte: the network failed") for request in requests]
        finally:
            self._free += 1
        for (_, future), answer in zip(some, answers, strict=True):
            if not future.done():
                future.set_result(answer)
        self._start()

    async def _asked(self, requests: list[bytes]) -> Sequence[bytes]:
        try:
            return await self._ask(requests)
        except self._lost as error:  # another replica has them within milliseconds
            log.debug("asking again: %s", error)
            return await self._ask(requests)
