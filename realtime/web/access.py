"""Who may control a run: the token, and where the running servers are, in one file that only its owner may read.

Goes in: nothing, or the address of a server that has started. Comes out: ``Access``. The token stays the same from run
to run, so that a source made in OBS goes on working; deleting the file makes a new one. Several runs may serve at once:
the file names them all, and each takes itself out of it when it ends.

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
_KEPT = 10
"""How many runs are named at most: those that were killed stay named."""

_LOCK_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Access:
    """What a program needs to control a run."""

    token: str
    """Proves that whoever sends it may read the file."""

    url: str = ""
    """Address of the server, without a slash at the end; empty before it has started."""

    pid: int = 0
    """Number of the process that runs it."""

    socket: str = ""
    """Path of its ``ShutterSocket``; empty if it has none."""

    @property
    def page(self) -> str:
        """The address of the control page. The token stands behind the #, which a browser sends to nobody."""
        return f"{self.url}/#token={self.token}"

    @property
    def overlay(self) -> str:
        """The address of the overlay."""
        return f"{self.url}/overlay#token={self.token}"


def running() -> list[Access]:
    """The servers that have started and not ended, the newest first. One that was killed is still among them.

    Raises:
        ControlError: the file may not be read.
    """
    known = _read()
    return known[1] if known else []


def started(url: str, socket: str = "") -> Access:
    """Write down that this process serves at ``url``, and its shutter at ``socket``; makes the token if there is none.

    Raises:
        ControlError: the file cannot be written.
    """
    with _changing():
        token, runs = _read() or (secrets.token_urlsafe(_TOKEN_BYTES), [])
        access = Access(token=token, url=url, pid=os.getpid(), socket=socket)
        _write(token, [access, *(run for run in runs if run.url != url)][:_KEPT])
    return access


def temporary(url: str) -> Access:
    """A token for this run alone."""
    return Access(token=secrets.token_urlsafe(_TOKEN_BYTES), url=url, pid=os.getpid())


def ended(access: Access) -> None:
    """Write down that this server serves no more."""
    with suppress(ControlError), _changing():
        if (known := _read()) and access in known[1]:
            _write(known[0], [run for run in known[1] if run != access])


@contextmanager
def _changing() -> Iterator[None]:
    """One process at a time changes the file."""
    from filelock import FileLock, Timeout

    path = paths.control_file()
    lock = FileLock(path.with_suffix(".lock"), mode=0o600)  # whoever may read it could hold it
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=_LOCK_S)
    except Timeout as error:
        raise ControlError(f"another process holds {lock.lock_file}", cure="End it, and start again") from error
    except OSError as error:
        raise ControlError(f"cannot write {path}: {error.strerror}", cure="Make its folder writable") from error
    try:
        yield
    finally:
        lock.release()


def _read() -> tuple[str, list[Access]] | None:
    """Token and runs; None where there is no file that can be trusted."""
    path = paths.control_file()
    try:
        with path.open(encoding="utf-8") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
                return None  # others could read it: the token is no secret any more
            values = json.load(file)
        token = str(values["token"])
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
