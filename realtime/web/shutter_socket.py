"""``ShutterSocket``: a Unix socket for the shutter, so that a busy web server cannot delay it.

Only its owner may open the socket, which is in the folder of the running instances. It works despite many connections,
waiting changes or a lack of file descriptors: its thread serves one client at a time, for a short time, and reserves a
descriptor for it.

    {"closed": true}            close, open (false) or toggle (null); one line of JSON
    {"shutter_closed": true}    the answer, or {"error", "cure"} as in ``api``

On systems without Unix sockets, ``ctl`` uses the web server.
"""

import json
import logging
import os
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from models.home import scratch
from realtime.errors import ControlError, GreenlessError
from realtime.settings import paths

if TYPE_CHECKING:  # it imports numpy, which would delay greenless ctl
    from realtime.session.session import Session

log = logging.getLogger("greenless")

_LOOK_S = 0.5
_CLIENT_S = 2.0
_ANSWER_S = 15.0
_WAITING = 16
_LONGEST_BYTES = 4096


class ShutterSocket:
    """Serves one session until it is closed.

    Attributes:
        path: the path of the socket; empty if there is none.

    Args:
        session: the session with the shutter.
        name: the file name of the socket.
    """

    def __init__(self, session: "Session", name: str) -> None:
        self.path = ""
        self._session = session
        self._closing = threading.Event()
        self._spare: int | None = None
        if (listening := self._bound(name)) is not None:
            self._thread = threading.Thread(target=self._run, args=[listening], name="shutter socket", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop serving and remove the socket."""
        self._closing.set()
        if self.path:
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as waking:
                waking.settimeout(_LOOK_S)
                waking.connect(self.path)
            self._thread.join(2 * (_LOOK_S + _CLIENT_S))
            with suppress(OSError):
                os.unlink(self.path)

    def _bound(self, name: str) -> socket.socket | None:
        """Return the listening socket, in a temporary folder if the usual one is read-only or its path is too long."""
        if not hasattr(socket, "AF_UNIX"):
            return None
        for folder in (paths.instances_folder, scratch):
            listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                path = folder() / name
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                path.unlink(missing_ok=True)  # left by a killed process with this ID
                listening.bind(str(path))
                path.chmod(0o600)  # before a client can connect
                listening.listen(_WAITING)
            except OSError as error:
                listening.close()
                log.debug("cannot create a shutter socket: %s", error)
                continue
            listening.settimeout(_LOOK_S)
            self.path = str(path)
            return listening
        return None

    def _run(self, listening: socket.socket) -> None:
        with listening:
            while not self._closing.is_set():
                self._keep_spare()
                if (client := self._accepted(listening)) is not None:
                    with client:
                        self._serve(client)
            self._drop_spare()

    def _accepted(self, listening: socket.socket) -> socket.socket | None:
        """Return the next client, or None after a while. If descriptors run out, it uses the reserved one."""
        try:
            return listening.accept()[0]
        except TimeoutError:
            return None
        except OSError:
            self._drop_spare()
        with suppress(OSError):  # another thread took the descriptor
            return listening.accept()[0]
        self._closing.wait(_LOOK_S)
        return None

    def _keep_spare(self) -> None:
        if self._spare is None:
            with suppress(OSError):
                self._spare = os.open(os.devnull, os.O_RDONLY)

    def _drop_spare(self) -> None:
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None

    def _serve(self, client: socket.socket) -> None:
        try:
            asked = json.loads(_line(client, time.monotonic() + _CLIENT_S))
            client.sendall(json.dumps(self._answer(asked)).encode() + b"\n")
        except (OSError, ValueError, RecursionError) as error:  # it disconnected, or sent invalid JSON
            log.debug("shutter socket: %s", error)

    def _answer(self, asked: object) -> dict[str, object]:
        try:
            self._session.shutter(checked(asked.get("closed", 0) if isinstance(asked, dict) else 0))
            return {"shutter_closed": self._session.shutter_closed}
        except GreenlessError as error:
            return {"error": error.what, "cure": error.cure}
        except Exception:  # continue with the next client
            log.exception("the shutter failed")
            return {"error": "greenless failed to do that", "cure": "See its log"}


def checked(closed: object) -> bool | None:
    """Return what a request asks for: close, open (False) or toggle (None).

    Raises:
        ControlError: it asks for something else.
    """
    if closed is None or isinstance(closed, bool):
        return closed
    raise ControlError("expected closed to be true, false or null", cure='Send {"closed": true}')


def ask(path: str, closed: bool | None) -> bool | None:
    """Close, open or toggle the shutter of another process.

    Args:
        path: the path of its socket.
        closed: as in ``Session.shutter``.

    Returns:
        Whether the shutter is closed now; None if no process listens on the socket and nothing was done.

    Raises:
        ControlError: the process refused.
        OSError: the process accepted the request but did not answer.
        ValueError: the answer is invalid.
    """
    end_s = time.monotonic() + _ANSWER_S
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        if not _connected(server, path, end_s):
            return None
        server.sendall(json.dumps({"closed": closed}).encode() + b"\n")
        said = json.loads(_line(server, end_s))
    if "error" in said:
        raise ControlError(str(said["error"]), cure=str(said["cure"]))
    return bool(said["shutter_closed"])


def _connected(server: socket.socket, path: str, end_s: float) -> bool:
    while True:
        try:
            server.settimeout(max(0.01, end_s - time.monotonic()))
            server.connect(path)
            return True
        except BlockingIOError:  # the queue is full
            if time.monotonic() > end_s:
                return False
            time.sleep(0.05)
        except OSError:
            return False


def _line(connection: socket.socket, end_s: float) -> bytes:
    """Read one line of limited length in limited time.

    Raises:
        OSError: the line does not arrive in time.
    """
    line = b""
    while not line.endswith(b"\n") and len(line) < _LONGEST_BYTES:
        connection.settimeout(max(0.01, end_s - time.monotonic()))
        if not (part := connection.recv(_LONGEST_BYTES)):
            raise ConnectionResetError("the other end closed the connection")
        line += part
        if time.monotonic() > end_s:
            raise TimeoutError("it took too long")
    return line
