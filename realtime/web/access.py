"""The token that controls this user's runs, and the addresses of the servers that run now.

The token is in a file that only its owner may read. It stays the same in later runs, so that a source in OBS continues
to work. To get a new token, delete the file. The servers are in the registry of the running processes.
"""

import json
import logging
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from models.files import replacing
from realtime.errors import ControlError
from realtime.session import instances
from realtime.settings import paths
from realtime.settings.text import one_at_a_time

log = logging.getLogger("greenless")


_cannot_write = paths.failed_write(ControlError, cure="Make its folder writable")

_NOTE = frozenset({"url", "socket", "since_s"})
"""What the registry contains of a server."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """The data with which a program controls a run."""

    token: str
    """Proves that the sender may read the file."""

    url: str = ""
    """Address of the server, without a trailing slash; empty before the start."""

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
    """Return the servers that run now, the newest first.

    Raises:
        ControlError: the token is not readable.
    """
    notes = [note for _, note in instances.running() if note.keys() >= _NOTE]
    notes.sort(key=lambda note: float(note["since_s"]), reverse=True)
    token = _read()
    return [Access(token=token, url=note["url"], socket=note["socket"]) for note in notes] if token else []


@contextmanager
def served(name: str, url: str, socket: str = "") -> Iterator[Access]:
    """List a server of this process while the block runs, so that ``running`` finds it.

    If that is not possible, only the printed address leads to the server. If the token cannot be kept, it is valid for
    this run only.

    Args:
        name: of its entry in the registry.
        url: its address.
        socket: the path of its ``ShutterSocket``.
    """
    try:
        token = _kept()
    except ControlError as error:
        log.warning("greenless ctl cannot find this run: %s", error)
        yield Access(token=secrets.token_urlsafe(), url=url)
        return
    with instances.entry(name, {"url": url, "socket": socket, "since_s": time.time()}) as is_listed:
        if not is_listed:
            log.warning(
                "greenless ctl cannot find this run: cannot write or lock a file in %s", paths.instances_folder()
            )
        yield Access(token=token, url=url, socket=socket)


def _kept() -> str:
    """Return the token in the file; make both if there is none that is trustworthy.

    Raises:
        ControlError: the file is not writable.
    """
    path = paths.control_file()
    with one_at_a_time():
        if not (token := _read()):
            token = secrets.token_urlsafe()
            with replacing(path, private=True, keep_mode=False, failed=_cannot_write) as part:
                part.write_text(json.dumps({"token": token}), encoding="utf-8")
        return token


def _read() -> str:
    """Return the token; empty if there is no trustworthy file."""
    path = paths.control_file()
    if not os.path.exists(path):
        return ""
    try:
        with path.open(encoding="utf-8") as file:
            is_secret = os.name != "posix" or not os.fstat(file.fileno()).st_mode & 0o077
            token = json.load(file)["token"]
            return token if is_secret and isinstance(token, str) else ""
    except (ValueError, TypeError, KeyError):
        return ""
    except OSError as error:
        raise ControlError(f"cannot read {path}: {error.strerror}", cure=f"Delete {path}") from error
