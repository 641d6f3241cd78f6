"""``Link``: the connection to a matting server, in its own thread, which connects again when it is lost.

A connection counts as ready only after a blank frame came back as a matte. After a loss, blank frames must come back
for ``STEADY_S`` seconds first, so that a server that comes and goes does not make the matte jump between two networks.
"""

import asyncio
import contextlib
import itertools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import numpy as np
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from models.waiting import NOTICE
from realtime.ending import Closing
from realtime.frame import Alpha, Pixels
from realtime.matting.runtimes.remote_figures import Figures
from realtime.matting.runtimes.remote_losses import LinkLost, Refused, reason, refusal
from realtime.matting.runtimes.remote_opening import HELLO_S, opening
from realtime.matting.runtimes.remote_wire import (
    PATH,
    Coding,
    Size,
    Welcome,
    WireError,
    answer_head,
    answer_of,
    request,
    welcome_of,
)

log = logging.getLogger("greenless")

STEADY_S = 3.0
"""How long a server must answer after a loss before frames go there again."""

PAUSE_S, LONGEST_PAUSE_S = 0.5, 8.0
"""Pauses between attempts to connect; they double."""

_PROBE_EVERY_S = 0.3
_FIRST_ANSWER_S = 15.0
"""A server that has never seen a size opens its network for it first."""

_JOIN_S = 5.0


@dataclass(frozen=True)
class _Flight:
    """A frame on its way."""

    future: "Future[Alpha]"
    size: Size
    sent_s: float = field(default_factory=time.perf_counter)

    def fail(self, why: str) -> None:
        if self.future.set_running_or_notify_cancel():
            self.future.set_exception(LinkLost(why))


class Link(Closing):
    """A connection to a server that takes frames and returns mattes. ``send`` may be called from any thread.

    Args:
        url: ``wss://HOST:PORT`` or ``ws://HOST:PORT``.
        token: proves that the client may use the server.
        size_of: returns the size of the frames for a server, or raises ``Refused``.
        coding: how frames travel.
        patience_s: a probe without an answer for this long ends the connection.

    Attributes:
        figures: what was measured.
        ready: whether frames may be sent.
        welcome: what the server last said of itself; None before the first connection.
    """

    def __init__(
        self, url: str, token: str, *, size_of: Callable[[Welcome], Size], coding: Coding, patience_s: float
    ) -> None:
        parts = urlsplit(url)
        self.address = f"{parts.scheme}://{parts.netloc}"
        self._url = url.rstrip("/") if len(parts.path) > 1 else f"{self.address}{PATH}"
        self._token, self._size_of, self._coding, self._patience_s = token, size_of, coding, patience_s
        self.figures = Figures()
        self.welcome: Welcome | None = None
        self.why = "not connected yet"
        self.ready = False
        self._refused = self._given_up = ""
        self._connection: ClientConnection | None = None
        self._flights: dict[int, _Flight] = {}
        self._numbers = itertools.count()
        self._loop = asyncio.new_event_loop()
        self._tried, self._over = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="remote", daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float) -> bool:
        """Wait until the first attempt to connect is over, and return whether it succeeded.

        Raises:
            Refused: the server refused this client.
        """
        self._tried.wait(timeout_s)
        if self._refused:
            raise Refused(self._refused)
        return self.ready

    def send(self, pixels: Pixels) -> "Future[Alpha]":
        """Send a frame at the size of the network, and return its future matte. It may fail with ``LinkLost``."""
        number = next(self._numbers)
        message = request(number, pixels, self._coding)
        future: Future[Alpha] = Future()
        size = pixels.shape[1], pixels.shape[0]
        self._call(lambda: self._post(number, message, _Flight(future, size)))
        return future

    def lose(self, why: str) -> None:
        """End the connection, and connect again later. ``ready`` is False at once."""
        self.ready, self.why, self._given_up = False, why, why

        def end() -> None:
            if (connection := self._connection) is not None:
                connection.transport.abort()  # a closing handshake may take seconds

        self._call(end)

    def close(self) -> None:
        """End the connection and the thread."""
        self.ready = False
        self._call(self._over.set)
        self._thread.join(_JOIN_S)

    def _call(self, what: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(what)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._until_closed())
        finally:
            self._tried.set()
            self._loop.close()

    async def _until_closed(self) -> None:
        self._connecting = asyncio.ensure_future(self._connect_again_and_again())
        await self._over.wait()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
            with contextlib.suppress(BaseException):
                await task
        self._fail_flights("the link is closed")
        for _ in range(3):  # sockets that were given up close in the next turns of the loop
            await asyncio.sleep(0)

    async def _connect_again_and_again(self) -> None:
        steady_s, pause_s = 0.0, PAUSE_S
        while True:
            began_s = time.monotonic()
            try:
                await self._connected(steady_s)
            except Exception as error:  # whatever it is, the next attempt may succeed
                why = reason(error)
                if isinstance(error, Refused):
                    self._refused = self._refused or why
            self.why, self._given_up = self._given_up or why, ""
            self.ready, self._connection = False, None
            self._fail_flights(self.why)
            self._tried.set()
            log.debug("no connection to %s: %s", self.address, why)
            pause_s = PAUSE_S if time.monotonic() - began_s > 10 * STEADY_S else min(2 * pause_s, LONGEST_PAUSE_S)
            steady_s = STEADY_S
            if self._over.is_set():  # before Python 3.13, a task group that fails as it is cancelled hides that
                return
            await asyncio.sleep(pause_s)

    async def _connected(self, steady_s: float) -> None:
        """Connect, probe, and stay until the connection is lost.

        Raises:
            Exception: always, with the reason.
        """
        try:
            async with opening(self._url, self._token) as connection:
                self.welcome = welcome_of(await asyncio.wait_for(connection.recv(), HELLO_S))
                self._connection = connection
                size = self._size_of(self.welcome)
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._read(connection))
                    await self._probe(size, steady_s)
                    if steady_s:
                        log.log(NOTICE, "the server %s is back: frames go there again", self.address)
                    self.ready = True
                    self._tried.set()
        except ExceptionGroup as lost:
            raise lost.exceptions[0] from lost
        except InvalidStatus as error:
            raise refusal(error) from error
        finally:
            if self._connection is not None:
                self._connection.transport.abort()  # the end may cancel the closing handshake

    async def _probe(self, size: Size, steady_s: float) -> None:
        """Send blank frames, and wait for their mattes, for ``steady_s`` seconds; at least one.

        Raises:
            LinkLost: one took too long.
        """
        blank = np.zeros((size[1], size[0], 3), np.uint8)
        end_s = time.monotonic() + steady_s
        patience_s = _FIRST_ANSWER_S
        while True:
            try:
                await asyncio.wait_for(asyncio.wrap_future(self.send(blank)), patience_s)
            except TimeoutError as error:
                raise LinkLost(f"no answer within {patience_s:g} s") from error
            if time.monotonic() >= end_s:
                return
            patience_s = self._patience_s
            await asyncio.sleep(_PROBE_EVERY_S)

    async def _read(self, connection: ClientConnection) -> None:
        """Read answers.

        Raises:
            Exception: always, with the reason.
        """
        while True:
            message = await connection.recv()
            if isinstance(message, str):
                raise WireError("expected an answer, got text")
            number, _, _ = answer_head(message)
            if (flight := self._flights.get(number)) is None:
                continue  # given up: the answer came too late
            _, alpha = answer_of(message, flight.size)
            del self._flights[number]
            self.figures.answered(time.perf_counter() - flight.sent_s, len(message))
            if isinstance(alpha, str):
                flight.fail(f"the server reports: {alpha}")
            elif flight.future.set_running_or_notify_cancel():
                flight.future.set_result(alpha)

    def _post(self, number: int, message: bytes, flight: "_Flight") -> None:
        connection = self._connection
        if connection is None:
            flight.fail(self.why)
            return
        self._flights = {key: other for key, other in self._flights.items() if not other.future.cancelled()}
        self._flights[number] = flight
        self.figures.sent(len(message))
        self._sending = asyncio.ensure_future(_sent(connection, message))  # kept, or it may be collected

    def _fail_flights(self, why: str) -> None:
        flights, self._flights = self._flights, {}
        for flight in flights.values():
            flight.fail(why)


async def _sent(connection: ClientConnection, message: bytes) -> None:
    with contextlib.suppress(ConnectionClosed):  # the reader reports it
        await connection.send(message)
