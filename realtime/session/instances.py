"""The registry of this user's greenless processes: each lists its devices, so that others can name it as the holder.

Each process locks its own file. The system releases the lock when the process ends, even after a crash.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from models.files import replacing
from models.home import entries
from models.shown import masked
from realtime.errors import GreenlessError
from realtime.settings import paths


@dataclass(frozen=True, kw_only=True)
class Instance:
    """Another greenless process that runs now."""

    process: int
    """Its process id."""

    holds: Mapping[str, Sequence[str]]
    """Its ``source`` and ``sinks``, as the settings name them."""

    def __str__(self) -> str:
        held = ", ".join(name for names in self.holds.values() for name in names)
        return f"process {self.process} ({held})"


@contextmanager
def listed(holds: Mapping[str, Sequence[str]]) -> Iterator[None]:
    """List what this process holds while the block runs. Without a writable folder, other processes do not see it."""
    folder, process = paths.instances_folder(), os.getpid()
    lock = FileLock(folder / f"{process}.lock", mode=0o600)
    locked = False
    with suppress(OSError, Timeout, NotImplementedError):  # NotImplementedError: a file system without locks
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        lock.acquire(timeout=0)
        locked = True
        update(holds)
    try:
        yield
    finally:
        with suppress(OSError):
            _notes(process).unlink(missing_ok=True)
            if locked:
                lock.release()
                os.unlink(lock.lock_file)


def update(holds: Mapping[str, Sequence[str]]) -> None:
    """Update the list inside ``listed``; passwords are masked."""
    shown = {kind: [masked(name) for name in names] for kind, names in holds.items()}
    with (
        suppress(GreenlessError),
        replacing(_notes(os.getpid()), private=True, keep_mode=False, make_folder=False) as part,
    ):
        part.write_text(json.dumps(shown), encoding="utf-8")


def others() -> list[Instance]:
    """Find the other processes that run now, and remove the files of those that ended."""
    found = []
    for path in (path for path in entries(paths.instances_folder()) if path.suffix == ".lock"):
        process = int(path.stem) if path.stem.isdecimal() else os.getpid()
        if process == os.getpid():
            continue
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            found.append(Instance(process=process, holds=_read(process)))
        except OSError:
            continue
        else:
            lock.release()
            for left in path.parent.glob(f"{process}[.-]*"):  # its list, and the socket of its shutter
                with suppress(OSError):
                    left.unlink()
    return found


def _notes(process: int) -> Path:
    return paths.instances_folder() / f"{process}.json"


def _read(process: int) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        read = json.loads(_notes(process).read_text(encoding="utf-8"))
        if isinstance(read, dict):
            return read
    return {}
