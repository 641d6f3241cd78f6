"""Says what takes long: at once, and again every few seconds for as long as it takes.

In: words. Out: lines in the log ``greenless`` at the level ``NOTICE``, which the command line shows.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger("greenless")

NOTICE = 25
"""Between INFO and WARNING: nothing is wrong, but somebody waits."""

EVERY_S = 5.0

logging.addLevelName(NOTICE, "NOTICE")


@contextmanager
def waiting(what: str, every_s: float = EVERY_S) -> Iterator[None]:
    """Log ``what``, and until the block ends how many seconds have gone by.

    Args:
        what: what is done, as a sentence without its full stop.
        every_s: seconds between two lines.
    """
    log.log(NOTICE, "%s", what)
    start_s, over = time.monotonic(), threading.Event()

    def go_on() -> None:
        while not over.wait(every_s):
            log.log(NOTICE, "%s: %.0f s so far", what, time.monotonic() - start_s)

    thread = threading.Thread(target=go_on, name="waiting", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
