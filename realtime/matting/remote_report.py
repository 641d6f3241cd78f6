"""``RemoteReport``: the state of remote matting."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class RemoteReport:
    """The state of remote matting, for the page, ``greenless ctl`` and the end of a run."""

    server: str
    """Its address."""

    connected: bool
    """Whether frames go to the server now."""

    network: str
    """The network of the server, as it names it."""

    p50_ms: float
    """Median of the last answers, from sending a frame until its matte is here, in ms."""

    p95_ms: float
    """95 of 100 answers came sooner, in ms."""

    sent_mbit_s: float
    """Rate of the last seconds to the server, in Mbit/s."""

    received_mbit_s: float
    """Rate of the last seconds from the server, in Mbit/s."""

    answered: int
    """Mattes from the server in the whole run."""

    lost: int
    """Frames that the server did not answer in time."""

    local: int
    """Mattes from the network on this machine instead."""

    def __str__(self) -> str:
        if not self.connected:
            state = f"server {self.server} lost"
        else:
            rate = f"{self.sent_mbit_s:.1f} + {self.received_mbit_s:.1f} Mbit/s"
            state = f"server {self.server}: {self.p50_ms:.0f} ms, 95 % within {self.p95_ms:.0f}, {rate}"
        return f"{state}, {self.answered} mattes from there, {self.local} from here, {self.lost} frames lost"
