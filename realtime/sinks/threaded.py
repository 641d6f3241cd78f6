"""``Threaded``: a slow sink in a thread of its own, so that encoding never holds the loop.

Goes in: composites, the newest of which wins while the sink is at work. Comes out: what the sink makes of those it got.
"""

import logging
import threading
from typing import Self

from realtime.errors import SinkError
from realtime.frame import Composite
from realtime.mailbox import Mailbox, MailboxClosed
from realtime.sinks.base import Sink

log = logging.getLogger("greenless")

_CLOSING_S = 20.0
"""How long ``close`` waits for the last composite: a disk may wake up meanwhile, but a run must come to its end."""


class Threaded:
    """Runs a sink beside the live loop; this one owns and closes it.

    Composites that come while the sink is at work give way to the newest; how many did is said at the end. An error of
    the sink is raised by the next ``send``, or by ``close``.

    Args:
        sink: an open sink; from now on only its own thread and ``close`` use it.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._mailbox: Mailbox[Composite] = Mailbox()
        self._error: Exception | None = None
        self._hangs = False
        self._thread = threading.Thread(target=self._run, name=f"sink {sink.name}", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        """The sink's own."""
        return self._sink.name

    def send(self, composite: Composite) -> None:
        """Leave the composite for the sink and return at once.

        Raises:
            Exception: what ended the sink's thread.
        """
        if self._error is not None:
            raise self._error
        self._mailbox.put(composite)

    def close(self) -> None:
        """Let the sink write the last composite, then close it. May be called twice.

        Raises:
            SinkError: the sink hangs; what it has written stays as it is.
            Exception: what ended the sink's thread, or what its close raised.
        """
        self._mailbox.close()
        self._thread.join(0 if self._hangs else _CLOSING_S)
        if self._thread.is_alive():
            if self._hangs:  # told already
                return
            self._hangs = True
            raise SinkError(f"{self.name} hangs and is not finished", cure="Look at the disk or device it writes to")
        if lacks := self._mailbox.dropped:
            log.warning("%s: too slow, %d picture%s left out", self.name, lacks, "s" * (lacks != 1))
            self._mailbox.dropped = 0
        self._sink.close()
        error, self._error = self._error, None
        if error is not None:
            raise error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _run(self) -> None:
        try:
            while True:
                self._sink.send(self._mailbox.take())
        except MailboxClosed:
            return
        except Exception as error:  # raised where the caller can see it
            self._error = error
