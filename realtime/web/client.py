"""Sends requests of ``api`` from another process of the same user to a running greenless.

It ignores the proxies of the environment, because a proxy would learn the token.
"""

import http.client
import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

from realtime.errors import ControlError
from realtime.settings.values import check_text
from realtime.web import access, shutter_socket
from realtime.web.access import Access

_TIMEOUT_S = 60.0
"""Long, because a new network takes time to load."""

START = "Start it with: greenless run"


def running() -> Access:
    """Return the token and address of the newest running server.

    Raises:
        ControlError: no server is running.
    """
    for run in access.running():
        return run
    raise ControlError("no running greenless serves its page", cure=START)


def page() -> str:
    """Return the address of the control page for the command line of a browser: with a ticket instead of the token.

    Raises:
        ControlError: no server is running.
    """
    ticket = ask("POST", "/api/ticket")["ticket"]
    return replace(running(), token=str(ticket)).page


def ask(method: str, path: str, body: object = None) -> Any:
    """Send one request and return the answer.

    Args:
        method: GET, POST, PUT, DELETE.
        path: as in ``api``, percent-encoded, see ``named``.
        body: sent as JSON.

    Raises:
        ControlError: no server is running, or the server refuses the request.
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
    """Close, open or toggle the shutter, through its own socket if the run has one, because nothing blocks that.

    Args:
        closed: the wanted state; None toggles.

    Returns:
        Whether the shutter is closed now.

    Raises:
        ControlError: no greenless is running, or it does not answer.
    """
    run = running()
    try:
        if run.socket and (now := shutter_socket.ask(run.socket, closed)) is not None:
            return now
    except (OSError, ValueError) as error:  # do not retry: a second toggle could open it again
        raise _silent(run) from error
    return bool(ask("POST", "/api/shutter", {"closed": closed})["shutter_closed"])


def named(text: str) -> str:
    """Encode a name as one part of a path.

    Raises:
        SettingsError: the name is invalid.
    """
    check_text(text, "a name")
    return quote(text, safe="")


def _silent(run: Access) -> ControlError:
    return ControlError(f"greenless at {run.url} does not answer", cure=START)
