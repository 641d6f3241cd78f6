"""Lets one ``greenless app`` run at a time, and finds it for the next one."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from filelock import FileLock, Timeout

from realtime.errors import ControlError
from realtime.session import instances
from realtime.settings import paths
from realtime.tray.app import open_page

_KIND = "app"

_END_S = 20.0
"""How long the end may take; a run that finishes its recordings has most of it."""


@contextmanager
def only_one() -> Iterator[bool]:
    """Yield whether this is the only one; the next one finds it while the block runs.

    Raises:
        ControlError: the lock is not writable.
    """
    path = paths.app_lock()
    lock = FileLock(path, mode=0o600)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        yield False
        return
    except OSError as error:
        raise ControlError(f"cannot write {path}: {error.strerror}", cure=paths.CURE) from error
    with lock, instances.listed({_KIND: ["tray"]}):
        yield True


def first() -> int | None:
    """Return the process of the one that runs; None if there is none."""
    return next((process for process, holds in instances.others().items() if _KIND in holds), None)


async def raise_first(tell: Callable[[str], None]) -> None:
    """Do what a click on the icon of the first one does: open the page.

    Raises:
        ControlError: no run serves a page.
    """
    process = first()
    with suppress(ModuleNotFoundError):  # dbus-fast is on Linux only
        from realtime.tray.status_notifier import activate

        if process is not None and await activate(process):
            return
    await open_page(tell)


def quit_first() -> None:
    """End the one that runs, and its run; wait until another one can start.

    Raises:
        ControlError: there is none, or this is Windows.
    """
    if sys.platform == "win32":  # a signal would end it at once, and leave its run
        raise ControlError("Windows has no --quit", cure="Choose Quit in the menu of the icon")
    process = first()
    if process is None:
        raise ControlError("no greenless app is running", cure="Start it with: greenless app")
    with suppress(ProcessLookupError):  # it has just ended
        os.kill(process, signal.SIGTERM)
    with suppress(Timeout), FileLock(paths.app_lock(), mode=0o600).acquire(timeout=_END_S):
        pass
