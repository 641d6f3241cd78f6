"""The registry of this user's greenless processes: what each one holds, and the server that each one runs.

Each entry is a file with a lock. The system releases the lock when the process ends, even after a crash.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from models.files import replacing
from models.home import entries
from models.shown import masked
from realtime.errors import GreenlessError
from realtime.settings import paths

_LOCK_S = 1.0
"""How long an entry waits for its lock: another process holds it for a moment, to see whether its owner has ended."""


Holds = Mapping[str, Sequence[str]]
"""What a process holds: its ``source`` and ``sinks``, as the settings name them."""


@contextmanager
def listed(holds: Holds) -> Iterator[None]:
    """List what this process holds while the block runs. Without a writable folder, other processes do not see it."""
    with entry(str(os.getpid()), _masked(holds)):
        yield


def update(holds: Holds) -> None:
    """Update the list inside ``listed``; passwords are masked."""
    _write(str(os.getpid()), _masked(holds))


def others() -> dict[int, Holds]:
    """Return what the other processes that run now hold, by their process IDs."""
    return {int(name): note for name, note in running() if name.isdecimal() and int(name) != os.getpid()}


@contextmanager
def entry(name: str, note: Mapping[str, object]) -> Iterator[bool]:
    """Keep an entry in the registry while the block runs.

    Args:
        name: begins with the ID of this process.
        note: what other processes read.

    Yields:
        Whether other processes can see it.
    """
    folder = paths.instances_folder()
    lock, is_listed = FileLock(folder / f"{name}.lock", mode=0o600, thread_local=False), False
    with suppress(OSError, Timeout, NotImplementedError):  # NotImplementedError: a file system without locks
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        lock.acquire(timeout=_LOCK_S)
        is_listed = _write(name, note)
    try:
        yield is_listed
    finally:
        if lock.is_locked:
            with suppress(OSError):
                _notes(name).unlink(missing_ok=True)
                lock.release()
                os.unlink(lock.lock_file)


def running() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield name and note of each entry of a running process, and remove the files of those that ended."""
    for path in (path for path in entries(paths.instances_folder()) if path.suffix == ".lock"):
        lock = FileLock(path, mode=0o600)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            yield path.stem, _read(path.stem)
        except OSError:
            continue
        else:  # a new process of this ID waits for the lock until its note, socket and lock are gone
            for left in path.parent.glob(f"{path.stem}.*"):
                with suppress(OSError):
                    left.unlink()
            lock.release()
            if os.name != "posix":  # Windows removes no open file
                with suppress(OSError):
                    path.unlink()


def _masked(holds: Holds) -> dict[str, list[str]]:
    return {kind: [masked(name) for name in names] for kind, names in holds.items()}


def _notes(name: str) -> Path:
    return paths.instances_folder() / f"{name}.json"


def _write(name: str, note: Mapping[str, object]) -> bool:
    """Write the note; return whether that succeeded."""
    try:
        with replacing(_notes(name), private=True, keep_mode=False, make_folder=False) as part:
            part.write_text(json.dumps(note), encoding="utf-8")
    except GreenlessError:
        return False
    return True


def _read(name: str) -> dict[str, Any]:
    """Return the note; empty if it is damaged, or from another user, who could lead a client anywhere."""
    with suppress(OSError, ValueError), _notes(name).open(encoding="utf-8") as file:
        own = os.name != "posix" or os.fstat(file.fileno()).st_uid == os.getuid()
        read = json.load(file)
        if own and isinstance(read, dict):
            return read
    return {}
