"""``SenderProcess``: starts the process that sends a stream, feeds it, and ends it."""

import json
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from realtime.ending import Closing
from realtime.errors import SinkError
from realtime.sinks.streaming.destination import Destination
from realtime.sinks.streaming.publisher import Format
from realtime.sinks.streaming.sender import TIME

SENDER = "stream-sender"
"""The word that makes greenless the sending process, if greenless is one program without a Python beside it."""

_END_S = 3.0
"""How long the end of a stream may take: the server learns that it is over."""


class SenderProcess(Closing):
    """A running process that sends one stream. One thread feeds it; any may close it.

    The URL goes through a pipe, so that no list of processes shows its key.

    Args:
        destination: the server.
        frames: the frames that ``send`` gets.

    Raises:
        SinkError: the process cannot be started.
    """

    def __init__(self, destination: Destination, frames: Format) -> None:
        self._destination = destination
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        pipes["creationflags"] = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # of Windows
        try:
            self._process = subprocess.Popen(_command(), start_new_session=True, **pipes)  # Ctrl-C is for the parent
        except OSError as error:
            what = f"cannot start the process that streams to {destination.label}: {error.strerror}"
            raise SinkError(what, cure="Close some programs") from error
        threading.Thread(target=self._listen, name="stream answers", daemon=True).start()
        self._write(json.dumps({**asdict(destination), **asdict(frames)}).encode() + b"\n")

    def ready(self, timeout_s: float) -> None:
        """Wait until it is connected and takes a frame.

        Raises:
            SinkError: the server refused the stream, is gone, or does not answer within ``timeout_s``.
        """
        try:
            answer = self._answers.get(timeout=timeout_s)
        except queue.Empty:
            self.kill()
            why = f"the server does not answer within {timeout_s:g} s"
            raise self._destination.failed(why, cure="Check host, port and firewall") from None
        if "ready" not in answer:
            raise SinkError(answer["what"], cure=answer["cure"])

    def send(self, i420: npt.NDArray[np.uint8], time_s: float) -> None:
        """Hand over one frame, ``Format.shape uint8``, once it is ready. The next call of ``ready`` reports errors."""
        self._write(TIME.pack(time_s), i420.data)

    def kill(self) -> None:
        """End the process at once. Any thread may call it; it wakes one that waits for it."""
        self._process.kill()

    def close(self) -> None:
        """End the stream and the process. May be called twice."""
        with suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _write(self, *parts: bytes | memoryview) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # it ended; its answer says why
            for part in parts:
                self._process.stdin.write(part)
            self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._answers.put(json.loads(line))
        what = f"the process that streams to {self._destination.label} ended"
        self._answers.put({"what": what, "cure": "See greenless doctor"})


def _command() -> list[str]:
    if getattr(sys, "frozen", False):  # one program, without a Python that takes code
        return [sys.executable, SENDER]
    code = f"import sys; sys.path[:] = {sys.path!r}; from realtime.sinks.streaming.sender import serve; serve()"
    return [sys.executable, "-c", code]
