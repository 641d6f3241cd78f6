"""Ends the process on a signal: Ctrl-C, a request to terminate, a terminal that closes, Ctrl-\\.

The first signal raises ``Asked`` in the main thread, and the command closes everything, as for Ctrl-C. The main thread
may hang in native code, where Python runs no handler. So a separate thread reads every signal, and the second one ends
the process at once. Before that, it finishes what ``at_end`` registered: the recordings.

``Closing`` is the protocol of everything that a ``with`` statement closes.
"""

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from types import FrameType
from typing import Any, NoReturn, Protocol, Self

_PAIR_S = 0.5
"""A terminal that closes sends its signal twice: from the system and from the shell. So a second signal takes effect
only this long after the first one."""

_FINISH_S = 5.0
"""How long the end waits for recordings, because a disk may hang."""

_finishes: dict[object, Callable[[], None]] = {}


def numbers(*names: str) -> tuple[int, ...]:
    """Return the numbers of the signals that this system has."""
    return tuple(getattr(signal, name) for name in names if hasattr(signal, name))


ENDS = numbers("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK")
"""The signals that end a process."""


class Closing(Protocol):
    """Something that is open. A class that inherits from this one needs only ``close``."""

    def close(self) -> None:
        """Release what is open. May be called twice."""
        ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@contextmanager
def closed_on_error(opened: Closing) -> Iterator[None]:
    """Close what is half open if the block, the rest of its constructor, fails."""
    try:
        yield
    except BaseException:
        opened.close()
        raise


def close_all(*closes: Callable[[], object]) -> None:
    """Call every ``close``, the last one first. An error does not keep the others open; it is raised at the end."""
    with ExitStack() as closed:
        for close in closes:
            closed.callback(close)


@contextmanager
def held(lock: "threading.Lock | threading.RLock", timeout_s: float) -> Iterator[bool]:
    """Hold a lock while the block runs, if it becomes free in time; yield whether it did."""
    free = lock.acquire(timeout=timeout_s)
    try:
        yield free
    finally:
        if free:
            lock.release()


class Asked(KeyboardInterrupt):
    """A signal asked for the end of the process.

    Args:
        number: the number of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.status = status_of(number)


def status_of(number: int) -> int:
    """Return the exit status of a process that a signal ended: 130 for Ctrl-C, 143 for SIGTERM."""
    return 128 + number


class Signals:
    """Handles the signals during ``signals``.

    Attributes:
        first: the number of the first signal; None before it.
        held: while this is not 0, the first signal is delayed.
        late: the number of the signal that was delayed.
    """

    def __init__(self) -> None:
        self.first: int | None = None
        self.held = 0
        self.late: int | None = None
        self._before: dict[int, Any] = {}

    def open(self) -> None:
        """Install the handlers. Main thread only."""
        # Ignored signals stay ignored: under nohup, and for background jobs of a script.
        taken = [number for number in ENDS if signal.getsignal(number) not in (signal.SIG_IGN, None)]
        self._before = {number: signal.signal(number, self._handle) for number in taken}
        self._read, self._write = socket.socketpair()
        self._write.setblocking(False)
        self._wakeup = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._watch, name="signals", daemon=True).start()

    def close(self) -> None:
        """Restore the previous handlers."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        self._write.close()  # ends the thread, which closes the other end

    def _handle(self, number: int, frame: FrameType | None) -> None:
        """Handle the first signal, on the main thread; ``_watch`` handles the second one."""
        if self.first is not None:
            return
        self.first = number
        if not self.held:
            raise Asked(number)
        self.late = number

    def _watch(self) -> None:
        """Read the signals that Python's C handler writes to the socket, even while the main thread hangs."""
        first_s = None
        with self._read:
            while numbers := self._read.recv(64):
                for number in numbers:
                    if number not in self._before:
                        continue
                    if first_s is not None:
                        time.sleep(max(0.0, first_s + _PAIR_S - time.monotonic()))
                        _at_once(number)
                    first_s = time.monotonic()


_signals: Signals | None = None
_to_the_exit = False


def handle_to_the_exit() -> None:
    """Keep the handlers of the next ``signals`` after its block: the process then ends.

    Otherwise a second signal, between the block and the exit, would end the process with the wrong status.
    """
    global _to_the_exit
    _to_the_exit = True


@contextmanager
def signals() -> Iterator[Signals]:
    """Handle signals while the block runs, then do what ``at_end`` registered. Other threads: do nothing.

    Raises:
        Asked: the first signal came; anywhere in the block, except in ``undisturbed``.
    """
    global _signals
    if threading.current_thread() is not threading.main_thread():
        yield Signals()
        return
    before, _signals = _signals, Signals()
    _signals.open()
    try:
        yield _signals
    finally:
        _signals.held += 1  # from here on, the first signal changes nothing
        finish()
        if not _to_the_exit:
            _signals.close()
            _signals = before


@contextmanager
def undisturbed() -> Iterator[None]:
    """Delay the first signal while the block runs. A second one still ends the process.

    Raises:
        Asked: a signal came; raised at the end of the block.
    """
    taken = _signals if threading.current_thread() is threading.main_thread() else None
    if taken is None:
        yield
        return
    taken.held += 1
    try:
        yield
    finally:
        taken.held -= 1
        late = None if taken.held else taken.late
        if late is not None:
            taken.late = None
            raise Asked(late)


def at_end(do: Callable[[], None]) -> Callable[[], object]:
    """Register work to do before the process ends. Thread-safe.

    Returns:
        A function that cancels it. May be called twice.
    """
    key = object()
    _finishes[key] = do
    return partial(_finishes.pop, key, None)


@contextmanager
def at_last(do: Callable[[], None]) -> Iterator[None]:
    """Call ``do`` after the block, or before the process ends in it. It may be called twice."""
    cancel = at_end(do)
    try:
        yield
    finally:
        do()
        cancel()


def finish() -> None:
    """Do all registered work, each item in its own thread, and wait for a few seconds at most."""
    threads = [threading.Thread(target=_finished, args=[key], daemon=True) for key in tuple(_finishes)]
    for thread in threads:
        thread.start()
    until_s = time.monotonic() + _FINISH_S
    for thread in threads:
        thread.join(max(0.0, until_s - time.monotonic()))


def _finished(key: object) -> None:
    if (do := _finishes.pop(key, None)) is None:
        return
    try:
        do()
    except Exception as error:  # the others must still finish
        with suppress(OSError):
            print(f"greenless: error: {error}", file=sys.stderr, flush=True)


def _at_once(number: int) -> NoReturn:
    logging.disable()  # threads would log errors about closed recordings
    finish()
    os._exit(status_of(number))
