"""A running greenless, asked from another process of the same user.

Goes in: a request of ``api``. Comes out: its answer, or the error as the server worded it. Straight to this machine: no
proxy of the environment is asked, which would learn the token.
"""

import http.client
import json
import os
import socket
from typing import Any
from urllib.parse import quote, urlsplit

from realtime.errors import ControlError
from realtime.settings.values import check_text
from realtime.web import access, shutter_socket
from realtime.web.access import Access

_TIMEOUT_S = 60.0
"""A new network may take a while to load."""

_KNOCK_S = 5.0

START = "Start it with: greenless run"


def running() -> Access:
    """The token, and the address of the newest server that runs.

    Raises:
        ControlError: none does.
    """
    found = access.running()
    for run in found:
        if _lives(run) and _listens(run):
            return run
    if found:
        raise _silent(found[0])
    raise ControlError("no greenless is running that serves its page", cure=START)


def ask(method: str, path: str, body: object = None) -> Any:
    """One request.

    Args:
        method: GET, POST, PUT, DELETE.
        path: as in ``api``, percent-encoded, see ``named``.
        body: what is sent as JSON.

    Returns:
        The answer.

    Raises:
        ControlError: nothing runs there, or what the server said.
    """
    there = running()
    address = urlsplit(there.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=_TIMEOUT_S)
    try:
        headers = {"Authorization": f"Bearer {there.token}"}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        said = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _silent(there) from error
    finally:
        connection.close()
    if answer.status >= 400:
        raise ControlError(str(said["error"]), cure=str(said["cure"]))
    return said


def shutter(closed: bool | None) -> bool:
    """Close, open or turn over the shutter, by its own socket if the run has one, which nothing holds up.

    Args:
        closed: None: the other way than it is.

    Returns:
        Whether it is closed now.

    Raises:
        ControlError: nothing runs, or it did not answer.
    """
    for run in access.running():
        try:
            if run.socket and (now := shutter_socket.ask(run.socket, closed)) is not None:
                return now
        except (OSError, ValueError) as error:  # once is enough: to ask twice could open it again
            raise _silent(run) from error
        if _lives(run) and _listens(run):
            break
    return bool(ask("POST", "/api/shutter", {"closed": closed})["shutter_closed"])


def named(text: str) -> str:
    """A name as one part of a path.

    Raises:
        SettingsError: it cannot be sent.
    """
    check_text(text, "a name")
    return quote(text, safe="")


def _lives(run: Access) -> bool:
    """Whether that process is there and this user's: at the address of one that was killed another user may listen."""
    if os.name != "posix":  # elsewhere to ask would end it
        return True
    try:
        os.kill(run.pid, 0)
    except OSError:
        return False
    return True


def _listens(run: Access) -> bool:
    address = urlsplit(run.url)
    try:
        socket.create_connection((address.hostname or "", address.port or 0), timeout=_KNOCK_S).close()
    except OSError:
        return False
    return True


def _silent(run: Access) -> ControlError:
    return ControlError(f"the greenless that was at {run.url} (process {run.pid}) does not answer", cure=START)
