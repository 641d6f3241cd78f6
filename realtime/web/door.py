"""``Door``: how many connections the control server keeps, for how long, and which of them must go.

In: connections as they come and end, and which of them showed the token or the page's key. Those are friends, the
others strangers. Strangers are few: one too many ends another, and each must have sent a whole request in time. So no
number of silent or slow connections keeps a friend out, and the process keeps its descriptors for camera and files.

Every call comes from the server's event loop.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from typing import Protocol, Self

Client = tuple[str, int]
"""The other end of a connection: address and port."""

STRANGER_S = 30.0
"""How long a stranger may take for a request, or to read its answer."""

FRIEND_S = 90.0
"""How long a friend may send nothing while the server waits for it; a WebSocket answers a ping every 20 s."""

_USUAL_DESCRIPTORS = 1024


class Guest(Protocol):
    """One connection."""

    transport: asyncio.Transport

    @property
    def is_served(self) -> bool:
        """Whether it waits for the server, and not the server for it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How many connections are kept at once."""

    friends: int
    """That showed the token or the page's key."""

    strangers: int
    """That did not."""

    strangers_each: int
    """Of them those that come from one address."""

    at_once: int
    """How many are accepted before the first of them is heard: so few that none ends another that has asked already."""

    @classmethod
    def of_this_process(cls) -> Self:
        """A share of the descriptors that the system lets this process have; the others are for camera and files."""
        kept = min(160, _descriptors() // 3)
        strangers = kept // 3
        return cls(
            friends=kept - strangers, strangers=strangers, strangers_each=strangers * 3 // 4, at_once=strangers // 4
        )


@dataclass(kw_only=True)
class _Visit:
    """A guest, and since when the server waits for it."""

    guest: Guest
    since_s: float
    friend: bool = False


class Door:
    """Knows every connection of one server.

    Args:
        limits: how many there may be.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._visits: dict[Client, _Visit] = {}

    def __len__(self) -> int:
        """How many connections are kept."""
        return len(self._visits)

    def enter(self, client: Client | None, guest: Guest) -> None:
        """A connection has come, or ``guest`` takes it over from the one before; too many strangers end one of them."""
        if client is None:  # it has gone already
            guest.transport.abort()
        elif visit := self._visits.get(client):
            visit.guest = guest
        else:
            self._make_room(client[0])
            self._visits[client] = _Visit(guest=guest, since_s=time.monotonic())

    def admit(self, client: Client) -> bool:
        """It showed the token or the key: from now on it is a friend; False if there are too many."""
        if (visit := self._visits.get(client)) is None or visit.friend:
            return visit is not None
        if sum(visit.friend for visit in self._visits.values()) >= self._limits.friends:
            return False
        visit.friend = True
        return True

    def heard(self, client: Client | None) -> None:
        """Something came from it. From a stranger that does not count, because bytes can be dribbled."""
        if client and (visit := self._visits.get(client)) and visit.friend:
            visit.since_s = time.monotonic()

    def answered(self, client: Client | None) -> None:
        """A request of its was answered."""
        if client and (visit := self._visits.get(client)):
            visit.since_s = time.monotonic()

    def leave(self, client: Client | None) -> None:
        """It has ended."""
        if client:
            self._visits.pop(client, None)

    async def sweep(self) -> None:
        """End the connections that the server has waited for too long; to be called every second or so."""
        now_s = time.monotonic()
        for client, visit in list(self._visits.items()):
            patience_s = FRIEND_S if visit.friend else STRANGER_S
            if now_s - visit.since_s > patience_s and not visit.guest.is_served:
                self._end(client)

    def _make_room(self, address: str) -> None:
        """End a stranger if one more would be too many: of those that are not being served, the oldest."""
        strangers = {client: visit for client, visit in self._visits.items() if not visit.friend}
        counts = Counter(address for address, _ in strangers)
        if counts[address] < self._limits.strangers_each:
            if len(strangers) < self._limits.strangers:
                return
            address = counts.most_common(1)[0][0]
        theirs = [client for client in strangers if client[0] == address]
        self._end(min(theirs, key=lambda client: (strangers[client].guest.is_served, strangers[client].since_s)))

    def _end(self, client: Client) -> None:
        self._visits.pop(client).guest.transport.abort()


def _descriptors() -> int:
    """How many descriptors this process may have open."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows counts handles, of which there are many
        return _USUAL_DESCRIPTORS
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _USUAL_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft
