"""The protocol of all matters, and the position in a stream, by which a matter with a memory knows its next frame."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from realtime.frame import CoarseMatte, Frame
from realtime.matting.remote_report import RemoteReport


class Matter(Protocol):
    """Makes coarse mattes of frames. Stateless, so that one network can serve many streams."""

    @property
    def name(self) -> str:
        """For people: network, size, runtime, and the provider in use: ``"greenless-lite 512x288, onnx, CPU"``."""
        ...

    def matte_batch(self, frames: Sequence[Frame], size_px: tuple[int, int] | None = None) -> list[CoarseMatte]:
        """Return the mattes of ``frames`` in order, each at the network's size; ``finish`` enlarges them.

        In a live run, a matter of another machine may return the matte of the frame before, or none yet.

        Args:
            frames: any number, of any sizes.
            size_px: the size ``(w, h)`` at the network, multiples of 32; None for that of the settings. A network of a
                fixed size ignores it.

        Raises:
            realtime.errors.MatterError: inference failed; the message names runtime and provider.
        """
        ...

    def close(self) -> None:
        """Release network and device. May be called twice."""
        ...


def needs_whole_frames(matter: Matter) -> bool:
    """Whether ``matter`` has to see every frame, all of it, at one size: a chroma key, or a network with a memory."""
    return bool(getattr(matter, "whole", False))


@runtime_checkable
class Observing(Protocol):
    """A matter that adapts to how busy the live loop is."""

    def observe(self, busy_s: float, period_s: float) -> None:
        """Record how long the loop was busy with one frame, in a period of ``period_s``."""
        ...


@runtime_checkable
class Reporting(Protocol):
    """A matter of another machine, which reports its connection."""

    def report(self) -> RemoteReport:
        """Return the state of the connection."""
        ...


Size = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class StreamPosition:
    """The time and the size of a frame."""

    size: Size = (0, 0)
    """``(w, h)`` in px: of the frame, or of what a network sees of it."""

    captured_s: float = 0.0
    """As in the frame."""

    index: int = 0
    """As in the frame."""

    def follows(self, before: "StreamPosition", *, within_s: float = math.inf) -> bool:
        """Whether this is a later frame of the same stream. After a jump back or a change of size it is not.

        Args:
            before: the previous frame.
            within_s: the longest gap within one stream.
        """
        passed_s = self.captured_s - before.captured_s
        return self.size == before.size and self.index > before.index and 0 <= passed_s < within_s
