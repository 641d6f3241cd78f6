"""``Lane``: jobs one at a time, in the order in which they came, in a thread of their own.

Goes in: functions that may block, from the event loop. Comes out: what they return. A job that hangs holds up this lane
alone: neither the server's pool of threads nor the end of the process waits for it.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from realtime.errors import ControlError

T = TypeVar("T")


class Lane:
    """First come, first served.

    Args:
        name: of its thread, which lives as long as there are jobs.
        longest: how many jobs may wait.
    """

    def __init__(self, name: str, *, longest: int) -> None:
        self._name = name
        self._longest = longest
        self._waiting: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._busy = False
        self._moving = threading.Lock()  # held for a few steps only

    async def do(self, job: Callable[[], T]) -> T:
        """Do it after those that came before. It is left out if who asked is cancelled before its turn.

        Raises:
            ControlError: too many wait already.
            Exception: what the job raises.
        """
        done: Future[T] = Future()
        with self._moving:
            if len(self._waiting) >= self._longest:
                raise ControlError(f"{len(self._waiting)} {self._name} wait already", cure="Try again in a minute")
            if not self._busy:
                threading.Thread(target=self._work, name=self._name, daemon=True).start()
                self._busy = True
            self._waiting.append((job, done))
        return await asyncio.wrap_future(done)

    def _work(self) -> None:
        while True:
            with self._moving:
                if not self._waiting:
                    self._busy = False
                    return
                job, done = self._waiting.popleft()
            if done.set_running_or_notify_cancel():
                try:
                    done.set_result(job())
                except BaseException as error:  # handed to who asked
                    done.set_exception(error)
