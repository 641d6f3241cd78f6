"""``Stream``: the sink that sends composites to a server, and reconnects by itself."""

import logging
import math
import threading
import time
from collections.abc import Callable

import av
import numpy as np
import numpy.typing as npt

from realtime.errors import SinkError
from realtime.frame import Pixels
from realtime.media.fit import even, fit
from realtime.media.video_pixels import as_bt709
from realtime.sinks.streaming.destination import Destination
from realtime.sinks.streaming.process import SenderProcess
from realtime.sinks.streaming.publisher import Format
from realtime.sinks.threaded import Newest

log = logging.getLogger("greenless")

ANSWER_S = 15.0
"""How long a server may take to connect, or to take a frame. A name server that is silent takes ten seconds."""

STEADY_S = 10.0
"""A connection that lasted this long was good: the next pause is short again. A server may accept a wrong key, and end
the stream after a few seconds."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
"""Pauses between attempts to reconnect. They double, because servers block clients that call all the time."""

_END_S = 5.0
"""How long ``close`` waits for a polite end of the stream."""

Pause = Callable[[float], bool]
"""Waits for some seconds; returns True at once if the stream was closed meanwhile."""


def pause_after(lasted_s: float, pause_s: float) -> float:
    """Return how long to wait after a connection that lasted ``lasted_s``; the pause before it was ``pause_s``."""
    if lasted_s >= STEADY_S or not pause_s:
        return FIRST_PAUSE_S
    return min(2 * pause_s, LONGEST_PAUSE_S)


class Stream(Newest):
    """A stream to a server. Its thread converts and hands over the newest composite; another process encodes and sends.

    Attributes:
        trouble: why the server gets nothing now; empty if it does.
        sent: number of composites that the sending process has taken so far.

    Args:
        destination: the server.
        width_px: width of the frames; rounded down to an even number. A composite of another size is fitted into it.
        height_px: height of the frames; rounded likewise.
        fps: nominal frame rate.
        pause: waits between attempts; None for a wait that ``close`` ends.

    Raises:
        SinkError: the server does not answer, or refuses the stream.
    """

    def __init__(
        self, destination: Destination, *, width_px: int, height_px: int, fps: float, pause: Pause | None = None
    ) -> None:
        self._destination = destination
        self._format = Format(width_px=max(width_px & ~1, 16), height_px=max(height_px & ~1, 16), fps=fps)
        super().__init__(f"stream {destination.label}, {self._format.width_px}x{self._format.height_px}")
        self._closed = threading.Event()
        self._pause: Pause = pause or self._closed.wait
        self.trouble, self.sent = "", 0
        self._connect()
        self._thread.start()

    def close(self) -> None:
        """End the stream. May be called twice."""
        self._closed.set()
        self._mailbox.close()
        self._thread.join(0 if self.trouble else _END_S)  # without a connection there is no end to be polite about
        if self._thread.is_alive():  # a server that does not answer
            self._sender.kill()
            self._thread.join(_END_S)
        if not self.trouble:
            self._say_dropped()

    def _work(self) -> None:
        """Stream and connect, again and again, until it is closed. Without a connection, composites are dropped."""
        pause_s = 0.0
        while True:
            since_s = math.inf
            try:
                if self.trouble:
                    self._connect()
                since_s = time.monotonic()
                with self._sender:
                    self._feed(self._sender)
            except SinkError as error:
                lasted_s = time.monotonic() - since_s
                pause_s = pause_after(lasted_s, pause_s)
                self._lost(error, lasted_s, pause_s)
            if self._closed.is_set() or self._pause(pause_s):
                return

    def _feed(self, sender: SenderProcess) -> None:
        """Hand over the newest composite whenever the process is ready.

        Raises:
            SinkError: the server is gone, or does not answer.
            MailboxClosed: the stream was closed.
        """
        start_s: float | None = None
        while True:
            composite = self._mailbox.take()
            captured_s = composite.frame.captured_s
            start_s = captured_s if start_s is None else start_s
            sender.send(self._converted(composite.pixels), max(captured_s - start_s, 0.0))
            sender.ready(ANSWER_S)
            self.sent += 1

    def _converted(self, pixels: Pixels) -> npt.NDArray[np.uint8]:
        """Return ``Format.shape uint8``."""
        fitted = fit(even(pixels), width_px=self._format.width_px, height_px=self._format.height_px, how="contain")
        frame = as_bt709(av.VideoFrame.from_ndarray(fitted, "bgr24"), "yuv420p")
        return np.asarray(frame.to_ndarray(), np.uint8)

    def _connect(self) -> None:
        """Start the process that sends, and wait until the server accepts the stream.

        Raises:
            SinkError: the server does not answer, or refuses the stream.
        """
        self._sender = SenderProcess(self._destination, self._format)
        try:
            if self._closed.is_set():  # before ``close`` could see the process
                self._sender.kill()
            self._sender.ready(ANSWER_S)
        except BaseException:  # Ctrl-C, perhaps: the process, which may hang, must not outlive this one
            self._sender.kill()
            self._sender.close()
            raise
        if self.trouble:
            log.warning("%s: connected again", self.name)
        self.trouble, self._mailbox.dropped = "", 0

    def _lost(self, error: SinkError, lasted_s: float, pause_s: float) -> None:
        """Report the first failure after a connection; later attempts are for those who debug."""
        self._mailbox.dropped = 0
        first, self.trouble = not self.trouble, f"not connected: {error.what}"
        if self._closed.is_set() or not first:
            log.debug("still not connected: %s", error)
            return
        cure = f". {error.cure}" if lasted_s < STEADY_S and error.cure else ""  # a wrong key, perhaps
        log.warning("%s, after %.0f s. Next attempt in %g s%s", error.what, lasted_s, pause_s, cure)
