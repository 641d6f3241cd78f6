"""``ShutterSocket``: the shutter's own way in for programs of the same user, which the web server cannot hold up.

In: a session. Out: a Unix socket that only its owner may open, in the folder of the running instances, and a thread
that serves it. Neither too many connections, nor a change that waits, nor a lack of descriptors stops this way: one
client at a time, for a short time, goes straight to ``ControlledSession.shutter``, and one descriptor is kept for it.

    {"closed": true}            close, open (false), or the other way than it is (null); one line of JSON
    {"shutter_closed": true}    the answer, or {"error", "cure"} as in ``api``

Systems without Unix sockets have none of this; ``ctl`` asks the web server there.
"""

import json
import logging
import os
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from realtime.errors import ControlError, GreenlessError
from realtime.settings import paths

if TYPE_CHECKING:  # it brings numpy, and greenless ctl answers at once
    from realtime.web.session_protocol import ControlledSession

log = logging.getLogger("greenless")

_LOOK_S = 0.5
_CLIENT_S = 2.0
_ANSWER_S = 15.0
_WAITING = 16
_LONGEST_BYTES = 4096


class ShutterSocket:
    """Serves one session until it is closed.

    Attributes:
        path: of the socket; empty if there is none.

    Args:
        session: whose shutter.
        name: of the socket in its folder.
    """

    def __init__(self, session: "ControlledSession", name: str) -> None:
        self.path = ""
        self._session = session
        self._closing = threading.Event()
        self._spare: int | None = None
        self._own_folder: Path | None = None
        if (listening := self._bound(name)) is not None:
            self._keep_spare()
            self._thread = threading.Thread(target=self._run, args=[listening], name="shutter socket", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Serve no more and remove the socket. May be called twice."""
        self._closing.set()
        if self.path:
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as waking:
                waking.settimeout(_LOOK_S)
                waking.connect(self.path)
            self._thread.join(2 * (_LOOK_S + _CLIENT_S))
            with suppress(OSError):
                os.unlink(self.path)
        if self._own_folder:
            shutil.rmtree(self._own_folder, ignore_errors=True)

    def _bound(self, name: str) -> socket.socket | None:
        """The listening socket, in a folder of its own if the usual one is read-only or its path is too long."""
        if not hasattr(socket, "AF_UNIX"):
            return None
        folders: tuple[Callable[[], Path], ...] = (paths.instances_folder, self._made_folder)
        for folder in folders:
            listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                path = folder() / name
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                path.unlink(missing_ok=True)  # of a killed process that had this number
                listening.bind(str(path))
                path.chmod(0o600)  # before anybody can connect
                listening.listen(_WAITING)
            except OSError as error:
                listening.close()
                log.debug("no shutter socket there: %s", error)
                continue
            listening.settimeout(_LOOK_S)
            self.path = str(path)
            return listening
        return None

    def _made_folder(self) -> Path:
        self._own_folder = Path(tempfile.mkdtemp(prefix="greenless-"))
        return self._own_folder

    def _run(self, listening: socket.socket) -> None:
        with listening:
            while not self._closing.is_set():
                self._keep_spare()
                if (client := self._accepted(listening)) is not None:
                    with client:
                        self._serve(client)
            self._drop_spare()

    def _accepted(self, listening: socket.socket) -> socket.socket | None:
        """The next client; None if none comes for a while. If descriptors ran out it gets the one that was kept."""
        try:
            return listening.accept()[0]
        except TimeoutError:
            return None
        except OSError:
            self._drop_spare()
        with suppress(OSError):  # another thread was quicker
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
        except (OSError, ValueError, RecursionError) as error:  # it has gone, or sent something else
            log.debug("a client of the shutter socket: %s", error)

    def _answer(self, asked: object) -> dict[str, object]:
        closed = asked.get("closed", 0) if isinstance(asked, dict) else 0
        if closed is not None and not isinstance(closed, bool):
            return {"error": "expected closed to be true, false or null", "cure": 'Send {"closed": true}'}
        try:
            self._session.shutter(closed)
            return {"shutter_closed": self._session.shutter_closed}
        except GreenlessError as error:
            return {"error": error.what, "cure": error.cure}
        except Exception:  # the next client is served all the same
            log.exception("the shutter failed")
            return {"error": "greenless could not do that", "cure": "Its log says why"}


def ask(path: str, closed: bool | None) -> bool | None:
    """Close, open or turn over the shutter of another process.

    Args:
        path: of its socket.
        closed: as in ``ControlledSession.shutter``.

    Returns:
        Whether the shutter is closed now; None if nobody listens there, so that nothing was done.

    Raises:
        ControlError: what the process said.
        OSError: it took the wish and gave no answer.
        ValueError: it answered something else.
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
        except BlockingIOError:  # others wait before us
            if time.monotonic() > end_s:
                return False
            time.sleep(0.05)
        except OSError:
            return False


def _line(connection: socket.socket, end_s: float) -> bytes:
    """What comes up to the end of the line, in bytes and time that are bounded.

    Raises:
        OSError: it does not come in time.
    """
    line = b""
    while not line.endswith(b"\n") and len(line) < _LONGEST_BYTES:
        connection.settimeout(max(0.01, end_s - time.monotonic()))
        if not (part := connection.recv(_LONGEST_BYTES)):
            raise ConnectionResetError("the other end has gone")
        line += part
        if time.monotonic() > end_s:
            raise TimeoutError("it took too long")
    return line
