"""The protocol of all matters."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from realtime.frame import CoarseMatte, Frame


class Matter(Protocol):
    """Makes coarse mattes of frames. Stateless, so that one network can serve many streams."""

    @property
    def name(self) -> str:
        """For people: network, size, runtime, and the provider in use: ``"greenless-lite 512x288, onnx, CPU"``."""
        ...

    def matte_batch(self, frames: Sequence[Frame], size_px: tuple[int, int] | None = None) -> list[CoarseMatte]:
        """Return the mattes of ``frames`` in order, each at the network's size; ``finish`` enlarges them.

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


@runtime_checkable
class _Picky(Protocol):
    @property
    def whole(self) -> bool: ...


def needs_whole_frames(matter: Matter) -> bool:
    """Whether ``matter`` has to see every frame, all of it, at one size: a chroma key, or a network with a memory."""
    return isinstance(matter, _Picky) and matter.whole
