"""``PacketQueue``: gives out the packets of one track as the video that is being written advances."""

from collections.abc import Iterator
from typing import Generic, TypeVar

from av.packet import Packet
from av.stream import Stream

S = TypeVar("S", bound=Stream)


class PacketQueue(Generic[S]):
    """The packets of one track, in order.

    Args:
        packets: the packets, with their time base.
    """

    def __init__(self, packets: Iterator["Packet[S]"]) -> None:
        self._packets = packets
        self._waiting: Packet[S] | None = None

    def until(self, time_s: float) -> Iterator["Packet[S]"]:
        """Yield the next packets that start before ``time_s``, ready to be muxed."""
        while (packet := self._waiting or next(self._packets, None)) is not None:
            self._waiting = packet
            if (packet.pts or 0) * packet.time_base >= time_s:
                return
            self._waiting = None
            yield packet
