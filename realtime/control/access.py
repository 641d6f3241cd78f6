"""Who may control a run: the token, and where the running server is, in one file that only its owner may read.

Goes in: nothing, or the address of a server that has started. Comes out: ``Access``. The token stays the same from run
to run, so that a source made in OBS goes on working; deleting the file makes a new one.
"""

import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass

from realtime import paths
from realtime.errors import ControlError

_TOKEN_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Access:
    """What a program needs to control a run."""

    token: str
    """Proves that whoever sends it may read the file."""

    url: str = ""
    """Address of the server, without a slash at the end; empty while none runs."""

    pid: int = 0
    """Number of the process that runs it."""

    @property
    def page(self) -> str:
        """The address of the control page. The token stands behind the #, which a browser sends to nobody."""
        return f"{self.url}/#token={self.token}"

    @property
    def overlay(self) -> str:
        """The address of the overlay."""
        return f"{self.url}/overlay#token={self.token}"


def read() -> Access | None:
    """What the file says; None where there is none that can be trusted.

    Raises:
        ControlError: it may not be read.
    """
    path = paths.control_file()
    try:
        with path.open(encoding="utf-8") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & 0o077:
                return None  # others could read it: the token is no secret any more
            values = json.load(file)
        return Access(token=str(values["token"]), url=str(values["url"]), pid=int(values["pid"]))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):
        return None
    except OSError as error:
        raise ControlError(f"cannot read {path}: {error.strerror}", cure=f"Delete {path}") from error


def started(url: str) -> Access:
    """Write down that this process serves at ``url``; makes the token where there is none yet.

    Raises:
        ControlError: the file cannot be written.
    """
    known = read()
    access = Access(token=known.token if known else secrets.token_urlsafe(_TOKEN_BYTES), url=url, pid=os.getpid())
    _write(access)
    return access


def ended(access: Access) -> None:
    """Write down that nothing serves any more, unless another process has taken over meanwhile."""
    with suppress(ControlError):
        if read() == access:
            _write(Access(token=access.token))


def _write(access: Access) -> None:
    path = paths.control_file()
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    text = json.dumps({"token": access.token, "url": access.url, "pid": access.pid})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            part.unlink()
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(part, path)
    except OSError as error:
        raise ControlError(f"cannot write {path}: {error.strerror}", cure="Make its folder writable") from error
