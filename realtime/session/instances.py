"""The greenless processes of this user: each tells what it holds, so that another can name it when that is taken.

Goes in: what this process holds, as lines for people. Comes out: the other processes that run now, with theirs. Each
holds a lock on a file of its own, which the system takes away when the process ends, however it ends.
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
    """Another process that runs now."""

    process: int
    """Its number."""

    holds: Mapping[str, Sequence[str]]
    """What it holds: ``source``, ``sinks`` as the settings name them."""

    def __str__(self) -> str:
        held = ", ".join(name for names in self.holds.values() for name in names)
        return f"process {self.process} ({held})"


@contextmanager
def told(holds: Mapping[str, Sequence[str]]) -> Iterator[None]:
    """Other processes can see what this one holds while the block runs; where no file can be written, they cannot."""
    folder, process = paths.instances_folder(), os.getpid()
    lock = FileLock(folder / f"{process}.lock", mode=0o600)
    locked = False
    with suppress(OSError, Timeout, NotImplementedError):  # the last one: a file system without locks
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        lock.acquire(timeout=0)
        locked = True
        tell(holds)
    try:
        yield
    finally:
        with suppress(OSError):
            _notes(process).unlink(missing_ok=True)
            if locked:
                lock.release()
                os.unlink(lock.lock_file)


def tell(holds: Mapping[str, Sequence[str]]) -> None:
    """Tell anew what this process holds, its passwords masked, inside ``told``."""
    shown = {kind: [masked(name) for name in names] for kind, names in holds.items()}
    with (
        suppress(GreenlessError),
        replacing(_notes(os.getpid()), private=True, keep_mode=False, make_folder=False) as part,
    ):
        part.write_text(json.dumps(shown), encoding="utf-8")


def others() -> list[Instance]:
    """The other processes that run now. What ended ones left is removed."""
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
            for left in path.parent.glob(f"{process}[.-]*"):  # its notes, and the socket of its shutter
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
