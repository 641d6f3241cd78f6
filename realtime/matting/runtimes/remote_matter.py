"""``RemoteMatter``: the network of another machine, with the one on this machine as a reserve.

A frame is reduced to the size of the network, and only that leaves this machine. It comes back as a matte in 8 bits.
The server keeps nothing of a stream; refining the matte, and its memory, stay here.

Usually one frame is under way: the loop waits for its matte. If an answer takes longer than the loop can wait at the
frame rate, two frames are under way, and each call returns the matte of the frame before, with that frame. Newest wins:
if both are there, the older one is dropped.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlsplit

from realtime.ending import Closing
from realtime.errors import MatterError
from realtime.frame import Alpha, CoarseMatte, Frame
from realtime.matting.matter import Matter, Observing
from realtime.matting.remote_report import RemoteReport
from realtime.matting.resize import network_size
from realtime.matting.runtimes.remote_link import Link
from realtime.matting.runtimes.remote_losses import LinkLost, Refused
from realtime.matting.runtimes.remote_wire import USUAL_PX, Size, Welcome
from realtime.media.shrink import shrink
from realtime.settings import token_file
from realtime.settings.addresses import is_loopback
from realtime.settings.paths import server_token_file
from realtime.settings.schema import MattingSettings

log = logging.getLogger("greenless")

LIVE_PATIENCE_S = 0.2
"""In a live run, a frame without an answer for this long counts as lost. The local network needs up to 0.1 s more."""

PATIENCE_S = 10.0
"""The same for files, and for a live run without a local network."""

TOO_BUSY, IDLE = 0.95, 0.75
"""Shares of a frame's period: above the first, two frames are under way; below the second, one again."""

_CONNECTS_S = 6.0


@dataclass(frozen=True, kw_only=True)
class _Flight:
    """A frame on its way to the server and back."""

    frame: Frame
    future: "Future[Alpha]"
    sent_s: float

    def matte(self, patience_s: float) -> CoarseMatte:
        """Wait for the matte.

        Raises:
            LinkLost: it does not come.
        """
        try:
            alpha = self.future.result(max(0.0, self.sent_s + patience_s - time.perf_counter()))
        except TimeoutError as error:
            raise LinkLost(f"no answer within {patience_s:g} s") from error
        return CoarseMatte(alpha=alpha, frame=self.frame)


class RemoteMatter(Closing):
    """The network of a server.

    Args:
        link: the connection; ``close`` closes it.
        local: takes over while the server is lost; None raises an error then. ``close`` closes it too.
        live: whether a call may return the matte of the frame before, or none yet.
        patience_s: how long to wait for an answer.
        reference_px: the reference size; 0 for that of the server.
    """

    whole = True
    """Skipping and cropping stay off: they would need another size at the server for each crop."""

    def __init__(
        self, link: Link, local: Matter | None, *, live: bool, patience_s: float, reference_px: int = 0
    ) -> None:
        self._link, self._local, self._live = link, local, live
        self._patience_s, self._reference_px = patience_s, reference_px
        self._before: _Flight | None = None
        self._two = False
        self._period_s = 0.0
        self._was_local = False
        self._waited_s = 0.0
        self._rests_s: deque[float] = deque(maxlen=15)
        self._lost = self._by_server = self._by_local = 0

    @property
    def name(self) -> str:
        """The network of the server, or the local one while the server is lost."""
        if self._link.ready and self._link.welcome is not None:
            return f"{self._link.welcome.network} at {self._link.address}"
        here = "nothing" if self._local is None else self._local.name
        return f"{here}, because {self._link.address} is lost"

    def matte_batch(self, frames: Sequence[Frame], size_px: Size | None = None) -> list[CoarseMatte]:
        """Return the mattes of ``frames``, see ``matter.Matter``. Live, it may be that of the frame before, or none.

        Raises:
            MatterError: the server is lost, and there is no local network.
        """
        return [matte for frame in frames for matte in self._next(frame, size_px, alone=len(frames) == 1)]

    def observe(self, busy_s: float, period_s: float) -> None:
        """Record how long the loop was busy with one frame, and choose how many frames are under way.

        Args:
            busy_s: from when the loop took the frame until the last sink had it.
            period_s: the time between two frames at the wanted rate.
        """
        if self._was_local:
            if isinstance(self._local, Observing):
                self._local.observe(busy_s, period_s)
            return
        self._period_s = period_s
        self._rests_s.append(max(0.0, busy_s - self._waited_s))
        alone = (self._link.figures.delay_s(0.5) + median(self._rests_s)) / period_s
        self._two = alone > (IDLE if self._two else TOO_BUSY)

    def report(self) -> RemoteReport:
        """Return the state of the connection. Thread-safe."""
        figures = self._link.figures
        sent, received = figures.rates_mbit_s()
        return RemoteReport(
            server=self._link.address,
            connected=self._link.ready,
            network=self._link.welcome.network if self._link.welcome else "",
            p50_ms=1000 * figures.delay_s(0.5),
            p95_ms=1000 * figures.delay_s(0.95),
            sent_mbit_s=sent,
            received_mbit_s=received,
            answered=self._by_server,
            lost=self._lost,
            local=self._by_local,
        )

    def close(self) -> None:
        """End the connection, and release the local network."""
        self._link.close()
        if self._local is not None:
            self._local.close()

    def _next(self, frame: Frame, size_px: Size | None, *, alone: bool) -> list[CoarseMatte]:
        """Return the newest mattes from the server, or the one of the local network."""
        if not self._link.ready:
            return self._instead(frame, size_px)
        start_s = time.perf_counter()
        try:
            if self._live and size_px is None and alone:
                mattes = self._newest(frame)
            else:
                mattes = [self._sent(frame, size_px).matte(self._patience_s)]
        except LinkLost as error:
            self._lose(error)
            return self._instead(frame, size_px)
        finally:
            self._waited_s = time.perf_counter() - start_s
        self._was_local = False
        self._by_server += len(mattes)
        return mattes

    def _newest(self, frame: Frame) -> list[CoarseMatte]:
        """Return the newest matte, in the order of the frames.

        Raises:
            LinkLost: it does not come.
        """
        before, self._before = self._before, None
        if before is not None and time.perf_counter() - before.sent_s > self._patience_s:
            before = None  # from before a pause of the source: nobody wants to see that frame now
        flight = self._sent(frame)
        if self._two:
            if before is None:  # the first of two, unless it comes soon
                wait([flight.future], self._period_s)
            mattes = [before.matte(self._patience_s)] if before is not None else []
            if not flight.future.done():
                self._before = flight
                return mattes
        return [flight.matte(self._patience_s)]

    def _sent(self, frame: Frame, size_px: Size | None = None) -> _Flight:
        welcome = self._link.welcome
        assert welcome is not None
        size = size_px or network_size(frame.width_px, frame.height_px, self._reference_px or welcome.reference_px)
        start_s = time.perf_counter()
        return _Flight(frame=frame, future=self._link.send(shrink(frame.pixels, size)), sent_s=start_s)

    def _lose(self, error: LinkLost) -> None:
        self._before = None
        self._lost += 1
        self._link.lose(str(error))
        instead = "a notice" if self._local is None else "the network on this machine"
        log.warning("the server %s is lost, %s takes over: %s", self._link.address, instead, error)

    def _instead(self, frame: Frame, size_px: Size | None = None) -> list[CoarseMatte]:
        """Return the matte of the local network.

        Raises:
            MatterError: there is none.
        """
        self._before, self._was_local = None, True
        if self._local is None:
            raise MatterError(
                f"the server {self._link.address} is lost: {self._link.why}",
                cure="Start it again, or use --fallback local",
            )
        self._by_local += 1
        return self._local.matte_batch([frame], size_px)


def open_remote(
    settings: MattingSettings, *, width_px: int, height_px: int, local: Callable[[], Matter], live: bool
) -> RemoteMatter:
    """Connect to the server of ``settings``.

    A server that does not answer is no error if there is a local network: it works until the server is there.

    Args:
        settings: the server, the token file, the fallback.
        width_px: width of the frames.
        height_px: their height.
        local: opens the network on this machine.
        live: as for ``RemoteMatter``.

    Raises:
        realtime.errors.SettingsError: there is no token.
        MatterError: the server refuses this client, or does not answer and ``fallback`` is ``none``.
    """
    path = token_file.path_of(settings.token_file) if settings.token_file else server_token_file()
    token = token_file.read(path)

    def size_of(welcome: Welcome) -> Size:
        size = network_size(width_px, height_px, settings.reference_size or welcome.reference_px)
        if size[0] * size[1] > welcome.largest_px:
            raise Refused(f"{size[0]}x{size[1]} is too large for the server: it takes {welcome.largest_px} pixels")
        if not settings.reference_size and size[0] * size[1] > USUAL_PX:
            asked = f"it asks for frames of {size[0]}x{size[1]}, which show more of your room than usual"
            raise Refused(f"{asked}; --reference-size {welcome.reference_px} here allows that")
        return size

    if settings.server.startswith("ws:") and not link_is_local(settings.server):
        log.warning("%s is not encrypted: others in this network can read the frames and the token", settings.server)
    has_local = settings.fallback == "local"
    patience_s = LIVE_PATIENCE_S if live and has_local else PATIENCE_S
    reserve = local() if has_local else None
    link = Link(settings.server, token, size_of=size_of, coding=settings.send, patience_s=patience_s)
    matter = RemoteMatter(link, reserve, live=live, patience_s=patience_s, reference_px=settings.reference_size)
    try:
        if link.wait(_CONNECTS_S):
            return matter
    except Refused as error:
        matter.close()
        raise MatterError(
            f"the server {link.address} refuses this machine: {error}",
            cure=f"Compare {path} with the token file of the server; --reference-size must suit the server",
        ) from error
    if reserve is None:
        matter.close()
        raise MatterError(
            f"cannot reach the server {link.address}: {link.why}",
            cure="Check the address and greenless serve there, or use --fallback local",
        )
    log.warning("cannot reach the server %s: %s. The network on this machine works meanwhile", link.address, link.why)
    return matter


def link_is_local(url: str) -> bool:
    """Whether a server is on this machine."""
    return is_loopback(urlsplit(url).hostname or "")
