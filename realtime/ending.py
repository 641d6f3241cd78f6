"""How a process is ended from outside: Ctrl-C, a request to terminate, a terminal that closes, Ctrl-\\.

Go in signals. The first one raises ``Asked`` in the main thread, and the command closes what it has open, as for
Ctrl-C. That thread may hang in native code, where Python runs no handler. So a thread of its own reads every signal as
it comes, and the second one ends the process at once; what ``at_end`` registered, the recordings, is finished first.
"""

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn

_PAIR_S = 0.5
"""A terminal that closes sends its signal twice, the system and the shell each. So "at once" leaves the end that has
begun this long after the first signal."""

_FINISH_S = 5.0
"""How long the end waits for recordings: a disk may hang, too."""

_finishes: dict[object, Callable[[], None]] = {}


def numbers(*names: str) -> tuple[int, ...]:
    """The numbers of these signals; those that this system does not have are left out."""
    return tuple(getattr(signal, name) for name in names if hasattr(signal, name))


ENDS = numbers("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK")
"""The signals that end a process."""


class Asked(KeyboardInterrupt):
    """A signal asked for the end.

    Args:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.status = status_of(number)


def status_of(number: int) -> int:
    """The exit status of a process that the signal ``number`` ended: 130 for Ctrl-C, 143 for SIGTERM."""
    return 128 + number


class Signals:
    """What came of the signals while ``signals`` runs.

    Attributes:
        first: the number of the one that came first; None before it.
    """

    def __init__(self) -> None:
        self.first: int | None = None
        self._held = 0
        self._late = False
        self._before: dict[int, Any] = {}

    def open(self) -> None:
        """Take the signals, from the main thread."""
        # What is ignored stays so: nohup, and what a script starts in the background.
        taken = [number for number in ENDS if signal.getsignal(number) not in (signal.SIG_IGN, None)]
        self._before = {number: signal.signal(number, self._handle) for number in taken}
        self._read, self._write = socket.socketpair()
        self._write.setblocking(False)
        self._wakeup = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=self._watch, name="signals", daemon=True).start()

    def close(self) -> None:
        """Give them back to who had them."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        self._write.close()  # ends the thread, which closes the other

    def hold(self) -> None:
        """Keep the first signal back, until as many calls of ``let_go``."""
        self._held += 1

    def let_go(self) -> None:
        """Raise the signal that was kept back.

        Raises:
            Asked: there is one.
        """
        self._held -= 1
        if self._late and not self._held and self.first is not None:
            self._late = False
            raise Asked(self.first)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        """In the main thread, between two steps of Python; a second one is the other thread's."""
        if self.first is not None:
            return
        self.first = number
        if self._held:
            self._late = True
        else:
            raise Asked(number)

    def _watch(self) -> None:
        """Read the numbers of signals, which C leaves here whatever the main thread does."""
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


@contextmanager
def signals() -> Iterator[Signals]:
    """Take the signals while the block runs, and finish at its end what is registered; only in the main thread.

    Raises:
        Asked: the first signal came; anywhere in the block, but in ``undisturbed``.
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
        with suppress(Asked), undisturbed():
            finish()
        _signals.close()
        _signals = before


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep the first signal back while the block runs; a second one ends the process all the same.

    Raises:
        Asked: at the end of the block, when a signal came.
    """
    taken = _signals if threading.current_thread() is threading.main_thread() else None
    if taken is None:
        yield
        return
    taken.hold()
    try:
        yield
    finally:
        taken.let_go()


def at_end(do: Callable[[], None]) -> Callable[[], None]:
    """Register what must be done before the process ends; it may come from any thread, and be done already.

    Returns:
        What takes it back. May be called twice.
    """
    key = object()
    _finishes[key] = do

    def take_back() -> None:
        _finishes.pop(key, None)

    return take_back


def finish() -> None:
    """Do all that is registered, each in a thread of its own, and wait for a few seconds at most."""
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
    except Exception as error:  # the others are finished all the same
        with suppress(OSError):
            print(f"greenless: error: {error}", file=sys.stderr, flush=True)


def _at_once(number: int) -> NoReturn:
    logging.disable()  # what threads say of a recording that was closed under them
    finish()
    os._exit(status_of(number))
