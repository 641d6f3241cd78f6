"""The process that sends a stream: reads frames from standard input, and answers on standard output.

The first line is JSON: ``{"kind", "url", "width_px", "height_px", "fps"}``. Frames follow: a time as ``TIME``, then the
bytes of ``Format.shape``. The answers are lines of JSON: ``{"ready": true}`` when it is connected and after each frame,
or ``{"what", "cure"}`` of an error, which ends the process. The end of the input ends the stream.
"""

import json
import os
import signal
import struct
import sys
from typing import BinaryIO

import numpy as np

from realtime.ending import ENDS
from realtime.errors import GreenlessError
from realtime.sinks.streaming.destination import Destination
from realtime.sinks.streaming.publisher import Format, open_publisher

TIME = struct.Struct("<d")
"""The time of a frame in seconds, before its pixels."""

GIVES_UP_S = 60
"""A process whose parent is gone ends after this long, even if it hangs in FFmpeg."""


def serve() -> None:
    """Send one stream, until the input ends or the server is gone."""
    for number in ENDS:  # they are for the parent, which then ends the input
        signal.signal(number, signal.SIG_IGN)
    frames, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115  libraries may print
    asked = json.loads(frames.readline())
    destination = Destination(kind=asked.pop("kind"), url=asked.pop("url"))
    try:
        _send(destination, Format(**asked), frames, answers)
    except GreenlessError as error:
        _answer(answers, what=error.what, cure=error.cure)
    except Exception as error:  # a library's: this process has no other way to report it
        why = f"{type(error).__name__}: {destination.without_secrets(str(error))}"
        failed = destination.failed(why, cure="Report this error")
        _answer(answers, what=failed.what, cure=failed.cure)


def _send(destination: Destination, frames: Format, pipe: BinaryIO, answers: BinaryIO) -> None:
    _progress()
    size = TIME.size + frames.shape[0] * frames.shape[1]
    with open_publisher(destination, frames) as publisher:
        while True:
            _answer(answers, ready=True)
            _progress(0)  # waiting for a frame is no hang
            data = pipe.read(size)
            _progress()
            if len(data) < size:
                return
            (time_s,) = TIME.unpack_from(data)
            publisher.send(np.frombuffer(data, np.uint8, offset=TIME.size).reshape(frames.shape), time_s)


def _progress(seconds: int = GIVES_UP_S) -> None:
    """Let the system end this process in ``seconds``; 0: not."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def _answer(answers: BinaryIO, **what: object) -> None:
    answers.write(json.dumps(what).encode() + b"\n")
