"""``Server``: the control server, which serves page, overlay and API in its own thread.

It binds the socket at once, to know the address, and imports the web framework in the thread.
"""

import errno
import logging
import os
import socket
import threading
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from realtime.ending import Closing, closed_on_error
from realtime.errors import ControlError
from realtime.session.session import Session
from realtime.settings.addresses import bound
from realtime.settings.schema import ControlSettings
from realtime.sinks.broadcast import Broadcast
from realtime.web import access
from realtime.web.access import Access
from realtime.web.connection_limiter import ConnectionLimiter, Limits
from realtime.web.host_names import is_own, parted
from realtime.web.shutter_socket import ShutterSocket

if TYPE_CHECKING:
    import uvicorn

log = logging.getLogger("greenless")

_TRIES = 10
_JOIN_S = 5.0


class Server(Closing):
    """Serves one session until it is closed.

    Attributes:
        broadcast: the sink for the composites of the run.
        access: address and token, valid after ``serve``.

    Args:
        settings: address and port. If the port is in use, the server tries the next ones.

    Raises:
        ControlError: the address does not belong to this machine, or all these ports are in use.
    """

    def __init__(self, settings: ControlSettings) -> None:
        self.broadcast = Broadcast()
        self._settings = settings
        self._socket = _bound(settings.host, settings.port)
        self._port: int = self._socket.getsockname()[1]
        self.access = Access(token="")
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._served = ExitStack()
        self._closing = threading.Event()

    def serve(self, session: Session) -> None:
        """Start to serve, and list the server for other processes. Returns at once."""
        name = f"{os.getpid()}-{self._port}"
        shutter = self._served.enter_context(closing(ShutterSocket(session, f"{name}.sock")))
        url = f"http://{_name(self._settings.host)}:{self._port}"
        self.access = self._served.enter_context(access.served(name, url, shutter.path))
        self._thread = threading.Thread(target=self._run, args=[session], name="control", daemon=True)
        self._thread.start()

    @property
    def pages_elsewhere(self) -> list[str]:
        """Addresses of the page for other machines: by its own address if it serves them, and by its further names."""
        names = [":".join(parted(name, str(self._port))) for name in self._settings.also_at]
        if address := _outward(self._settings.host):
            names.insert(0, f"{_name(address)}:{self._port}")
        return [replace(self.access, url=f"http://{name}").page for name in names]

    def close(self) -> None:
        """Stop the server and release the port. May be called twice."""
        self._closing.set()
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(_JOIN_S)
        self._served.close()
        self._socket.close()

    def _run(self, session: Session) -> None:
        """Run the server in its thread."""
        try:
            server = self._made(session)
            self._server = server
            if not self._closing.is_set():
                server.run(sockets=[self._socket])
        except Exception:  # the run continues without a page
            log.exception("the control server failed")

    def _made(self, session: Session) -> "uvicorn.Server":
        import uvicorn

        from realtime.web.api import Api
        from realtime.web.connections import limited_by
        from realtime.web.security import Guard

        limits = Limits.of_this_process()
        limiter = ConnectionLimiter(limits)
        http, websocket = limited_by(limiter)
        app: Any = Api(session, self.broadcast, overlay=self.access.overlay).application()
        is_name = partial(is_own, host=self._settings.host, port=self._port, also_at=self._settings.also_at)
        guard = Guard(app, token=self.access.token, is_name=is_name, port=self._port, admit=limiter.admit)
        config = uvicorn.Config(
            guard,
            access_log=False,
            backlog=limits.at_once,
            callback_notify=limiter.end_expired,
            h11_max_incomplete_event_size=16384,
            http=http,
            lifespan="off",
            log_config=None,
            log_level="critical",  # greenless logs failures itself
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=1,
            timeout_notify=1,
            ws=websocket,
            ws_max_size=65536,
            ws_per_message_deflate=False,
        )
        return uvicorn.Server(config)


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the port, or on the next free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    tries = range(port, min(port + _TRIES, 65536)) if port else range(1)
    for candidate in tries:
        try:
            listening = bound(family, (host, candidate))
            with closed_on_error(listening):
                listening.listen(64)
            return listening
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):  # EACCES: Windows reserves ranges of ports
                why = error.strerror or error
                raise ControlError(f"cannot serve at {host}: {why}", cure="Use --host 127.0.0.1") from error
    raise ControlError(f"ports {tries[0]}-{tries[-1]} are all in use", cure="Choose another port: --port 9000")


def _outward(host: str) -> str:
    """Return this machine's address in its network if the server listens on every address. It sends nothing."""
    far = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}  # addresses for documentation
    families = {"": [socket.AF_INET], "0.0.0.0": [socket.AF_INET], "::": list(far)}
    for family in families.get(host, []):
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((far[family], 9))
            return str(probe.getsockname()[0])
    return ""


def _name(host: str) -> str:
    """Return the host for the address bar of a browser on this machine."""
    host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{host}]" if ":" in host else host
