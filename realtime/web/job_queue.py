"""``JobQueue``: a queue that runs blocking jobs from the event loop one at a time, in order, in its own thread.

A job that hangs blocks only its queue: neither the server's thread pool nor the exit of the process waits for it.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from realtime.errors import ControlError

T = TypeVar("T")


class JobQueue:
    """A queue of jobs.

    Args:
        name: the jobs, in plural, for errors and for the thread, which lives as long as there are jobs.
        longest: the largest number of waiting jobs.
    """

    def __init__(self, name: str, *, longest: int) -> None:
        self._name = name
        self._longest = longest
        self._waiting: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._busy = False
        self._moving = threading.Lock()  # held briefly

    async def do(self, job: Callable[[], T]) -> T:
        """Run ``job`` after the earlier ones; skip it if the caller is cancelled before its turn.

        Raises:
            ControlError: the queue is full.
            Exception: whatever the job raises.
        """
        done: Future[T] = Future()
        with self._moving:
            if len(self._waiting) >= self._longest:
                raise ControlError(f"{len(self._waiting)} {self._name} are waiting", cure="Try again in a minute")
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
                except BaseException as error:  # the caller gets it
                    done.set_exception(error)
