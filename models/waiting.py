"""Reports a slow step: at once, and again every few seconds until it ends.

The lines go to the log ``greenless`` at the level ``NOTICE``, which the command line shows.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

log = logging.getLogger("greenless")

NOTICE = 25
"""Between INFO and WARNING: nothing is wrong, but the user waits."""

EVERY_S = 5.0
"""Seconds between two lines."""

logging.addLevelName(NOTICE, "NOTICE")


class Progress(Protocol):
    """Shows how far a long work is."""

    def __call__(self, done: int, total: int, name: str = "") -> None:
        """Take the steps done, their total (0: unknown), and the current item."""
        ...


@contextmanager
def waiting(what: str, every_s: float = EVERY_S) -> Iterator[None]:
    """Log ``what``, then the seconds passed, until the block ends.

    Args:
        what: the step, as a sentence without a full stop.
        every_s: seconds between two lines.
    """
    start_s = time.monotonic()
    log.log(NOTICE, "%s", what)
    with repeated(lambda: log.log(NOTICE, "%s: %.0f s so far", what, time.monotonic() - start_s), every_s):
        yield


@contextmanager
def repeated(call: Callable[[], None], every_s: float) -> Iterator[None]:
    """Call ``call`` every ``every_s`` seconds in a thread until the block ends."""
    over = threading.Event()

    def go_on() -> None:
        while not over.wait(every_s):
            call()

    thread = threading.Thread(target=go_on, name="repeated", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
