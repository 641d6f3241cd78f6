"""A thread that hangs, seen from another one; for processes that tests start."""

import sys
import threading
import time

LOOKS = 20


def say_when_still(word: str) -> None:
    """Print ``word`` when the thread that calls this does not move any more."""
    threading.Thread(target=_look, args=[word, threading.get_ident()], daemon=True).start()


def _look(word: str, thread: int) -> None:
    seen: list[object] = []
    while len(seen) < LOOKS or len(set(seen[-LOOKS:])) > 1:
        time.sleep(0.02)
        frame = sys._current_frames()[thread]
        seen.append((frame.f_code, frame.f_lasti))
    print(word, flush=True)
