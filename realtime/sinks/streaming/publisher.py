"""``Publisher``: the protocol of a connection to a server, inside the process that sends."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from realtime.ending import Closing
from realtime.sinks.streaming.destination import Destination


@dataclass(frozen=True, kw_only=True)
class Format:
    """The frames of a stream."""

    width_px: int
    """Even."""

    height_px: int
    """Even."""

    fps: float
    """Nominal frame rate."""

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of a frame: Y, U and V, one below the other."""
        return self.height_px * 3 // 2, self.width_px


class Publisher(Closing, Protocol):
    """An open connection that encodes and sends frames."""

    def send(self, i420: npt.NDArray[np.uint8], time_s: float) -> None:
        """Send one frame, ``Format.shape uint8``, shown at ``time_s``.

        Raises:
            realtime.errors.SinkError: the server is gone.
        """
        ...


def open_publisher(destination: Destination, frames: Format) -> Publisher:
    """Connect to a server.

    Raises:
        realtime.errors.SinkError: it does not answer, or refuses the stream.
        realtime.errors.MissingExtra: WHIP needs aiortc, and it is not installed.
    """
    if destination.kind == "whip":
        from realtime.sinks.streaming.whip import WhipPublisher

        return WhipPublisher(destination, frames)
    from realtime.sinks.streaming.muxed import MuxedPublisher

    return MuxedPublisher(destination, frames)
