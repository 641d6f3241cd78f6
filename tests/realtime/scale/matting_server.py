"""A matting server without Ray: the real front, before a function that answers as a replica does."""

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from realtime.frame import Frame, Pixels
from realtime.matting.runtimes import remote_wire
from realtime.scale.serve_front import Front, bind
from realtime.scale.serve_limits import Limits

TOKEN = "a-token-for-tests-0123456789"
REFERENCE_PX = 96
LIMITS = Limits()
WIDTH_PX, HEIGHT_PX = 160, 96
"""A frame of this size is at once one for the network."""


def stamped(number: int) -> Pixels:
    """A frame in one grey, by which its matte is known."""
    return np.full((HEIGHT_PX, WIDTH_PX, 3), number % 256, np.uint8)


def frame(number: int) -> Frame:
    return Frame(pixels=stamped(number), index=number, captured_s=number / 30)


class Replica:
    """Answers with the green channel, as soon as it may.

    Attributes:
        free: clear it, and the answers wait.
        seen: the number of requests.
        fail: a text that replaces every matte.
    """

    def __init__(self) -> None:
        self.free = threading.Event()
        self.free.set()
        self.seen = 0
        self.fail = ""
        self.delay_s = 0.0

    async def matte(self, request: bytes) -> bytes:
        self.seen += 1
        number, _ = remote_wire.head_of(request)
        await asyncio.sleep(self.delay_s)
        while not self.free.is_set():
            await asyncio.sleep(0.002)
        if self.fail:
            return remote_wire.failure(number, self.fail)
        try:
            pixels = remote_wire.pixels_of(request, 640 * 1024)
        except remote_wire.WireError as error:
            return remote_wire.failure(number, str(error), invalid=True)
        return remote_wire.answer(number, pixels[..., 1] * np.float32(1 / 255))


@contextmanager
def front(
    matte: Callable[[bytes], Awaitable[bytes]],
    *,
    port: int = 0,
    limits: Limits = LIMITS,
    reference_px: int = REFERENCE_PX,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Front]:
    with Front(
        matte,
        network="stand-in",
        reference_px=reference_px,
        token=TOKEN,
        bound=bind("127.0.0.1", port),
        limits=limits,
        tls=tls,
    ) as there:
        yield there


@pytest.fixture
def replica() -> Replica:
    return Replica()


@pytest.fixture
def served(replica: Replica) -> Iterator[Front]:
    with front(replica.matte) as there:
        yield there


def token_file(folder: Path, token: str = TOKEN) -> Path:
    path = folder / "token"
    path.write_text(token + "\n", encoding="ascii")
    path.chmod(0o600)
    return path
