"""Sends requests to OBS through obs-websocket, which OBS includes since version 28.

The protocol, version 5: https://github.com/obsproject/obs-websocket/blob/master/docs/generated/protocol.md
"""

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidURI, WebSocketException
from websockets.sync.client import ClientConnection, connect

from models.shown import clipped, printable, shown
from realtime.errors import ControlError

ENABLE = "In OBS: Tools, WebSocket Server Settings, Enable WebSocket server"
PASSWORD = "Set it in OBS_WEBSOCKET_PASSWORD. OBS shows it under Tools, WebSocket Server Settings, Show Connect Info"

_GREETING_S = 5.0
"""How long OBS may take to accept the connection and the password."""

_ANSWER_S = 10.0
"""How long OBS may take to answer a request. OBS starts a browser for a browser source."""

_CLOSING_S = 1.0
"""How long OBS may take to confirm the end of the connection."""

_HELLO, _IDENTIFY, _IDENTIFIED, _REQUEST, _ANSWER = 0, 1, 2, 6, 7
"""Operations of the protocol."""

_WRONG_PASSWORD = 4009
"""Status with which OBS closes the connection."""

_LARGEST_BYTES = 1 << 24


Ask = Callable[..., dict[str, Any]]
"""Sends a request to OBS, such as ``GetInputKindList``, with its fields as keywords, and returns the answer."""


@contextmanager
def opened(url: str, password: str) -> Iterator[Ask]:
    """Connect to OBS while the block runs, and yield what sends requests.

    Args:
        url: the address of obs-websocket: ``ws://127.0.0.1:4455``.
        password: its password; empty if it needs none.

    Raises:
        ControlError: OBS is not there, does not answer, refuses the password, or closes the connection.
    """
    with _connected(url) as connection:
        try:
            _identify(connection, password)
            yield partial(_ask, connection)
        except TimeoutError as error:
            raise _silent(url) from error
        except ConnectionClosed as error:
            raise _closed(error) from error


def _connected(url: str) -> ClientConnection:
    """Connect without the proxies of the environment, because a proxy would learn the overlay's address."""
    try:
        return connect(
            url,
            proxy=None,
            compression=None,
            open_timeout=_GREETING_S,
            close_timeout=_CLOSING_S,
            max_size=_LARGEST_BYTES,
        )
    except TimeoutError as error:
        raise _silent(url) from error
    except OSError as error:
        what = f"cannot reach OBS at {printable(url)}: {error.strerror or error}"
        raise ControlError(what, cure=f"Start OBS. {ENABLE}") from error
    except (InvalidURI, ValueError, OverflowError) as error:  # OverflowError: a port over 65535
        what = f"expected an address of obs-websocket like ws://127.0.0.1:4455, got {shown(url)}"
        raise ControlError(what, cure="Correct --url") from error
    except WebSocketException as error:
        raise _stranger(error) from error


def _identify(connection: ClientConnection, password: str) -> None:
    """Prove the password without sending it."""
    end_s = time.monotonic() + _GREETING_S
    needed = _receive(connection, _HELLO, end_s).get("authentication")
    identity: dict[str, Any] = {"rpcVersion": 1, "eventSubscriptions": 0}
    if needed and not password:
        raise ControlError("OBS requires a password", cure=PASSWORD)
    if needed:
        identity["authentication"] = _digest(_digest(f"{password}{needed['salt']}") + f"{needed['challenge']}")
    _send(connection, _IDENTIFY, identity)
    _receive(connection, _IDENTIFIED, end_s)


def _ask(connection: ClientConnection, request: str, **data: object) -> dict[str, Any]:
    number = str(uuid.uuid4())
    _send(connection, _REQUEST, {"requestType": request, "requestId": number, "requestData": data})
    end_s = time.monotonic() + _ANSWER_S
    while (answer := _receive(connection, _ANSWER, end_s)).get("requestId") != number:
        pass
    status = answer["requestStatus"]
    if not status["result"]:
        why = status.get("comment") or f"status {status['code']}"
        raise ControlError(f"OBS refuses {request}: {clipped(printable(str(why)))}")
    return dict(answer.get("responseData") or {})


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _send(connection: ClientConnection, operation: int, data: dict[str, Any]) -> None:
    connection.send(json.dumps({"op": operation, "d": data}))


def _receive(connection: ClientConnection, operation: int, end_s: float) -> dict[str, Any]:
    """Return the next message of this operation; others are skipped."""
    while True:
        text = connection.recv(timeout=max(0.0, end_s - time.monotonic()))
        try:
            message = json.loads(text)
            found, data = message["op"], dict(message["d"])
        except (LookupError, TypeError, ValueError) as error:
            raise _stranger(error) from error
        if found == operation:
            return data


def _silent(url: str) -> ControlError:
    return ControlError(f"OBS does not answer at {printable(url)}", cure="Close the dialogs of OBS, or restart OBS")


def _stranger(error: Exception) -> ControlError:
    what = f"the program that answers is not OBS: {clipped(printable(str(error)))}"
    return ControlError(what, cure=f"Set --url to the port that OBS shows. {ENABLE}")


def _closed(error: ConnectionClosed) -> ControlError:
    code, why = (error.rcvd.code, error.rcvd.reason) if error.rcvd else (0, "it ended")
    if code == _WRONG_PASSWORD:
        return ControlError("OBS refuses the password", cure=PASSWORD)
    return ControlError(f"OBS closed the connection: {clipped(printable(why)) or f'status {code}'}", cure=ENABLE)
