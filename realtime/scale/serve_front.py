"""``Front``: the WebSocket endpoint of a matting server. It knows tokens, limits and connections, and nothing of Ray.

It passes the bytes of a frame to ``matte`` and the bytes of the answer back, without looking into them: the replicas
decode. Nothing is kept between two frames, and an answer goes only to the connection that its frame came from.
"""

import asyncio
import contextlib
import http
import logging
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from realtime.ending import Closing
from realtime.errors import ControlError
from realtime.matting.runtimes.remote_wire import (
    PATH,
    SUBPROTOCOL,
    Kind,
    Welcome,
    WireError,
    answer_head,
    failure,
    head_of,
    largest_request,
)
from realtime.scale.serve_limits import Counts, Limits, Pace
from realtime.settings.addresses import bound
from realtime.settings.token_file import same

log = logging.getLogger("greenless")

IN_FLIGHT = 2
"""Frames of one client that are in work. The next one waits in the client's connection, so memory has a bound."""

SENDS_S = 5.0
"""A client that does not read an answer for this long is disconnected."""

DRAINS_S = 3.0
"""The end waits this long for the frames in work."""

HEALTH = "/health"

_CURE = "Choose another address: --host 127.0.0.1, or another port: --port 8481"

_QUIET = logging.getLogger("greenless.websockets")
_QUIET.setLevel(logging.CRITICAL + 1)  # a port scan is no news


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that has the address, and does not listen yet: clients are refused until a ``Front`` serves.

    Args:
        host: address to listen on; ``::`` means IPv4 addresses too.
        port: port to listen on; 0 takes any.

    Raises:
        ControlError: the address is not available.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return bound(found[0][0], found[0][4])
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise ControlError(f"cannot serve at {host}:{port}: {why}", cure=_CURE) from error


class Front(Closing):
    """Serves clients in its own thread until it is closed.

    Args:
        matte: takes the bytes of a request, and returns those of the answer.
        network: the network, for people.
        reference_px: its reference size.
        token: what clients must show.
        bound: a socket, as ``bind`` returns it.
        limits: of each client.
        tls: for ``wss``; None for ``ws``.

    Attributes:
        port: the port in use.
        counts: what happened so far.

    Raises:
        ControlError: another process has the port.
    """

    def __init__(
        self,
        matte: Callable[[bytes], Awaitable[bytes]],
        *,
        network: str,
        reference_px: int,
        token: str,
        bound: socket.socket,
        limits: Limits,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._matte, self._token, self._limits = matte, token, limits
        self._welcome = Welcome(network=network, reference_px=reference_px, largest_px=limits.largest_px)
        self._bound, self._tls = bound, tls
        self.port: int = bound.getsockname()[1]
        self.counts = Counts()
        self._error: OSError | None = None
        self._draining = False
        self._started, self._over = threading.Event(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="front", daemon=True)
        self._thread.start()
        self._started.wait()
        if self._error is not None:
            raise ControlError(f"cannot serve at port {self.port}: {self._error.strerror}", cure=_CURE)

    def close(self) -> None:
        """Refuse new frames, finish those in work, and close all connections."""
        with contextlib.suppress(RuntimeError):  # closed already
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(2 * DRAINS_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._error = error
        finally:
            self._started.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        serving = serve(
            self._client,
            compression=None,
            logger=_QUIET,
            max_queue=IN_FLIGHT,
            max_size=largest_request(self._limits.largest_px),
            open_timeout=5,
            ping_interval=5,
            ping_timeout=10,
            close_timeout=1,
            process_request=self._refusal,
            server_header=None,
            sock=self._bound,
            ssl=self._tls,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
        )
        async with serving as server:
            self._started.set()
            await self._over.wait()
            self._draining = True
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=DRAINS_S)
            server.close(code=1001, reason="the server ends")
            await server.wait_closed()

    def _refusal(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse a connection, or return None. The token is checked first, so that strangers learn nothing."""
        if request.path == HEALTH:
            status = http.HTTPStatus.SERVICE_UNAVAILABLE if self._draining else http.HTTPStatus.OK
            return connection.respond(status, "the server ends\n" if self._draining else "ok\n")
        kind, _, shown = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not same(shown.strip(), self._token):
            return self._refused(connection, http.HTTPStatus.UNAUTHORIZED, "the token is missing or wrong")
        if request.path != PATH:
            return self._refused(connection, http.HTTPStatus.NOT_FOUND, f"expected the path {PATH}")
        if self._draining or self.counts.clients >= self._limits.clients:
            what = "the server ends" if self._draining else f"the server has {self._limits.clients} clients already"
            return self._refused(connection, http.HTTPStatus.SERVICE_UNAVAILABLE, what)
        return None

    def _refused(self, connection: ServerConnection, status: http.HTTPStatus, why: str) -> Response:
        self.counts.refused += 1
        log.info("refused %s: %s", _who(connection), why)
        return connection.respond(status, why + "\n")

    async def _client(self, connection: ServerConnection) -> None:
        """Serve one client to its end."""
        self.counts.clients += 1
        log.info("%s connected, %d clients", _who(connection), self.counts.clients)
        room, pace = asyncio.Semaphore(IN_FLIGHT), Pace(self._limits.fps)
        own: set[asyncio.Task[None]] = set()
        try:
            await connection.send(self._welcome.text())
            async for message in connection:
                if self._draining:
                    continue  # leaving would close the connection before the frames in work are answered
                if isinstance(message, str):
                    raise WireError("expected a frame, got text")
                number, _ = head_of(message)
                await asyncio.sleep(pace.delay_s(time.monotonic()))
                await room.acquire()
                task = asyncio.ensure_future(self._answer(connection, number, message, room))
                for tasks in (own, self._tasks):
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
        except WireError as error:
            await self._end(connection, str(error))
        except ConnectionClosed:
            pass
        finally:
            for task in () if self._draining else own:
                task.cancel()
            self.counts.clients -= 1
            log.info("%s left, %d clients", _who(connection), self.counts.clients)

    async def _answer(self, connection: ServerConnection, number: int, message: bytes, room: asyncio.Semaphore) -> None:
        try:
            try:
                answer = await self._matte(message)
            except Exception as error:  # whatever happened, the client must not wait for this frame
                log.debug("a frame of %s failed: %s", _who(connection), error)
                answer = failure(number, "no matte: the network is not available")
            _, kind, _ = answer_head(answer)
            self.counts.frames += kind is Kind.MATTE
            self.counts.failed += kind is not Kind.MATTE
            if kind is Kind.INVALID:
                await self._end(connection, "a frame is invalid: expected a JPEG or PNG of the size in its header")
                return
            async with asyncio.timeout(SENDS_S):
                await connection.send(answer)
        except TimeoutError:
            self.counts.refused += 1
            log.info("%s does not read its answers", _who(connection))
            connection.transport.abort()
        except ConnectionClosed:
            pass
        finally:
            room.release()

    async def _end(self, connection: ServerConnection, why: str) -> None:
        """Close the connection of a client that breaks the protocol."""
        self.counts.refused += 1
        log.info("%s: %s", _who(connection), why)
        await connection.close(1008, why[:120])


def _who(connection: ServerConnection) -> str:
    address = connection.remote_address
    return f"{address[0]}:{address[1]}" if address else "a client"
