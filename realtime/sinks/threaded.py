"""``Threaded``: runs a slow sink in a separate thread, so that encoding never delays the live loop.

``Newest`` is what it has in common with a stream.
"""

import logging
import threading

from realtime.errors import SinkError
from realtime.frame import Composite
from realtime.sinks.base import Sink
from realtime.sinks.mailbox import Mailbox, MailboxClosed

log = logging.getLogger("greenless")

_CLOSING_S = 20.0
"""How long ``close`` waits for the last composite: long enough for a disk to spin up, but the run must end."""


class Newest(Sink):
    """A sink that works in its own thread, so that ``send`` returns at once.

    While the thread is busy, a newer composite replaces the waiting one. A class that inherits from this one starts
    the thread, ends it in ``close``, and does its work in ``_work``.

    Args:
        name: as for every sink.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._mailbox: Mailbox[Composite] = Mailbox()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def send(self, composite: Composite) -> None:
        """Store the composite for the thread and return at once.

        Raises:
            Exception: the error that ended the thread.
        """
        if self._error is not None:
            raise self._error
        self._mailbox.put(composite)

    def _run(self) -> None:
        try:
            self._work()
        except MailboxClosed:
            return
        except Exception as error:  # ``send`` raises it
            self._error = error

    def _work(self) -> None:
        """Take composites until the mailbox is closed."""
        raise NotImplementedError

    def _say_dropped(self) -> None:
        if dropped := self._mailbox.dropped:
            log.warning("%s: too slow, dropped %d frame%s", self.name, dropped, "s" * (dropped != 1))
            self._mailbox.dropped = 0


class Threaded(Newest):
    """Runs a sink in its thread, and owns it.

    ``close`` logs how many frames were dropped. The next ``send``, or ``close``, raises an error of the sink.

    Args:
        sink: an open sink; the caller must not use it any more.
    """

    def __init__(self, sink: Sink) -> None:
        super().__init__(sink.name)
        self._sink, self._hangs = sink, False
        self._thread.start()

    def close(self) -> None:
        """Let the sink write the last composite, then close it. May be called twice.

        Raises:
            SinkError: the sink hangs; its output stays unfinished.
            Exception: the error that ended the sink's thread, or that closing the sink raised.
        """
        self._mailbox.close()
        self._thread.join(0 if self._hangs else _CLOSING_S)
        if self._thread.is_alive():
            if self._hangs:  # already reported
                return
            self._hangs = True
            raise SinkError(f"{self.name} hangs and is not finished", cure="Check the disk or device that it writes to")
        self._say_dropped()
        self._sink.close()
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _work(self) -> None:
        while True:
            self._sink.send(self._mailbox.take())
