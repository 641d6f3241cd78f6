"""``Door``: limits the number and the duration of connections to the control server.

A connection that has shown the token or the key of a page is a friend; any other is a stranger. There are few places
for strangers: a new one may end an older one, and each must send a complete request in time. So silent or slow
connections cannot keep a friend out, and the process keeps file descriptors for the camera and for files.

Every call comes from the server's event loop.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from typing import Protocol, Self

Client = tuple[str, int]
"""Address and port of the client."""

STRANGER_S = 30.0
"""Time limit for a stranger to send a request or read its answer."""

FRIEND_S = 90.0
"""Time limit for a silent friend while the server waits for it; a WebSocket answers a ping every 20 s."""

_USUAL_DESCRIPTORS = 1024


class Guest(Protocol):
    """One connection."""

    transport: asyncio.Transport

    @property
    def is_served(self) -> bool:
        """Whether the client waits for the server, not the server for the client."""
        ...


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The largest numbers of open connections."""

    friends: int
    """Connections that have shown the token or the key of a page."""

    strangers: int
    """All other connections."""

    strangers_each: int
    """Strangers from one address."""

    at_once: int
    """Connections accepted at once before the server reads the first: small, so that none ends one with a request."""

    @classmethod
    def of_this_process(cls) -> Self:
        """Use a third of the process's file descriptors; the others are for the camera and for files."""
        total = min(160, _descriptors() // 3)
        strangers = total // 3
        return cls(
            friends=total - strangers, strangers=strangers, strangers_each=strangers * 3 // 4, at_once=strangers // 4
        )


@dataclass(kw_only=True)
class _Visit:
    """A connection, and the time since which the server waits for it."""

    guest: Guest
    since_s: float
    friend: bool = False


class Door:
    """Tracks the connections of one server.

    Args:
        limits: their largest numbers.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._visits: dict[Client, _Visit] = {}

    def __len__(self) -> int:
        """Return the number of open connections."""
        return len(self._visits)

    def enter(self, client: Client | None, guest: Guest) -> None:
        """Add a connection, or let ``guest`` replace its protocol; end one of the strangers if there are too many."""
        if client is None:  # already disconnected
            guest.transport.abort()
        elif visit := self._visits.get(client):
            visit.guest = guest
        else:
            self._make_room(client[0])
            self._visits[client] = _Visit(guest=guest, since_s=time.monotonic())

    def admit(self, client: Client) -> bool:
        """Make a connection that showed the token or the key a friend; return False if there are too many."""
        if (visit := self._visits.get(client)) is None or visit.friend:
            return visit is not None
        if sum(visit.friend for visit in self._visits.values()) >= self._limits.friends:
            return False
        visit.friend = True
        return True

    def heard(self, client: Client | None) -> None:
        """Restart the time limit of a friend that sent data. A stranger could extend its time byte by byte."""
        if client and (visit := self._visits.get(client)) and visit.friend:
            visit.since_s = time.monotonic()

    def answered(self, client: Client | None) -> None:
        """Restart the time limit after an answer."""
        if client and (visit := self._visits.get(client)):
            visit.since_s = time.monotonic()

    def leave(self, client: Client | None) -> None:
        """Remove a connection that has closed."""
        if client:
            self._visits.pop(client, None)

    async def sweep(self) -> None:
        """End the connections that exceed their time limit. Call this about every second."""
        now_s = time.monotonic()
        for client, visit in list(self._visits.items()):
            patience_s = FRIEND_S if visit.friend else STRANGER_S
            if now_s - visit.since_s > patience_s and not visit.guest.is_served:
                self._end(client)

    def _make_room(self, address: str) -> None:
        """End a stranger if there is no place for another one: the oldest that is not being served."""
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
    """Return the limit of open file descriptors of this process."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows has no such small limit
        return _USUAL_DESCRIPTORS
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _USUAL_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft
