"""The seam of matting: what every way to a matte is."""

from collections.abc import Sequence
from typing import Protocol

from realtime.frame import CoarseMatte, Frame


class Matter(Protocol):
    """Frames in, coarse mattes out; stateless, so that one network can serve many streams."""

    @property
    def name(self) -> str:
        """For people: network, size, runtime, the provider REALLY in use: ``"greenless-lite 512x288, onnx, CPU"``."""
        ...

    def matte_batch(self, frames: Sequence[Frame], size_px: tuple[int, int] | None = None) -> list[CoarseMatte]:
        """The mattes of ``frames``, in their order, each at the network's size; ``finish`` brings them to the frame's.

        Args:
            frames: any number, of any sizes.
            size_px: the size ``(w, h)`` at which the network shall see them, multiples of 32; None for the one of the
                settings. A network that takes one size only keeps that.

        Raises:
            realtime.errors.MatterError: inference failed; the message names runtime and provider.
        """
        ...

    def close(self) -> None:
        """Let network and device go. May be called twice."""
        ...
