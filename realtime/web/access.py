"""The token and the addresses of the running servers, in one file that only its owner may read.

The token stays the same in later runs, so that a source in OBS continues to work. To get a new token, delete the file.
Several runs may serve at once: the file lists them all, and each run removes its entry when it ends.

    {"token": "...", "runs": [{"url": "http://127.0.0.1:8470", "pid": 4711, "socket": "/.../running/4711-8470.sock"}]}
"""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from models.files import replacing
from realtime.errors import ControlError
from realtime.settings import paths

_TOKEN_BYTES = 32
_LISTED_RUNS = 10
"""The file lists at most this many runs, because killed ones stay in it."""

_LOCK_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Access:
    """The data with which a program controls a run."""

    token: str
    """Proves that the sender may read the file."""

    url: str = ""
    """Address of the server, without a trailing slash; empty before the start."""

    pid: int = 0
    """ID of the server's process."""

    socket: str = ""
    """Path of its ``ShutterSocket``; empty if it has none."""

    @property
    def page(self) -> str:
        """The address of the control page. Browsers never send the part after the #, so the token is there."""
        return f"{self.url}/#token={self.token}"

    @property
    def overlay(self) -> str:
        """The address of the overlay."""
        return f"{self.url}/overlay#token={self.token}"


def running() -> list[Access]:
    """Return the servers that have not ended, the newest first. A killed one may still be among them.

    Raises:
        ControlError: the file is not readable.
    """
    known = _read()
    return known[1] if known else []


def started(url: str, socket: str = "") -> Access:
    """Add this process to the file, with its ``url`` and shutter ``socket``; create the token if there is none.

    Raises:
        ControlError: the file is not writable.
    """
    with _changing():
        token, runs = _read() or (secrets.token_urlsafe(_TOKEN_BYTES), [])
        access = Access(token=token, url=url, pid=os.getpid(), socket=socket)
        _write(token, [access, *(run for run in runs if run.url != url)][:_LISTED_RUNS])
    return access


def temporary(url: str) -> Access:
    """Return a token for this run only."""
    return Access(token=secrets.token_urlsafe(_TOKEN_BYTES), url=url, pid=os.getpid())


def ended(access: Access) -> None:
    """Remove this server from the file."""
    with suppress(ControlError), _changing():
        if (known := _read()) and access in known[1]:
            _write(known[0], [run for run in known[1] if run != access])


@contextmanager
def _changing() -> Iterator[None]:
    """Lock the file against changes by other processes."""
    from filelock import FileLock, Timeout

    path = paths.control_file()
    lock = FileLock(path.with_suffix(".lock"), mode=0o600)  # any reader of the lock file could hold the lock
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=_LOCK_S)
    except Timeout as error:
        raise ControlError(f"another process holds {lock.lock_file}", cure="End that process and try again") from error
    except OSError as error:
        raise ControlError(f"cannot write {path}: {error.strerror}", cure="Make its folder writable") from error
    try:
        yield
    finally:
        lock.release()


def _read() -> tuple[str, list[Access]] | None:
    """Return the token and the runs; None if there is no trustworthy file."""
    path = paths.control_file()
    try:
        with path.open(encoding="utf-8") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
                return None  # others can read the file, so the token is not secret
            values = json.load(file)
        if not (token := str(values["token"])):
            return None
        return token, [
            Access(token=token, url=str(run["url"]), pid=int(run["pid"]), socket=str(run.get("socket", "")))
            for run in values["runs"]
        ]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    except OSError as error:
        raise ControlError(f"cannot read {path}: {error.strerror}", cure=f"Delete {path}") from error


def _write(token: str, runs: list[Access]) -> None:
    path = paths.control_file()
    rows = [{"url": run.url, "pid": run.pid, "socket": run.socket} for run in runs]
    with replacing(path, private=True, keep_mode=False, failed=_cannot_write) as part:
        part.write_text(json.dumps({"token": token, "runs": rows}), encoding="utf-8")


def _cannot_write(path: Path, error: OSError) -> ControlError:
    return ControlError(f"cannot write {path}: {error.strerror or error}", cure="Make its folder writable")
