"""``ConnectionLimiter``: limits the number and the duration of connections to the control server.

A connection that has shown the token or the key of a page is authenticated; any other is anonymous. There are few
places for anonymous connections: a new one may end an older one, and each must send a complete request in time. So
silent or slow connections cannot keep an authenticated client out, and the process keeps file descriptors for the
camera and for files.

Every call comes from the server's event loop.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from typing import Protocol, Self

Client = tuple[str, int]
"""Address and port of the client."""

ANONYMOUS_S = 30.0
"""Time limit for an anonymous connection to send a request or read its answer."""

AUTHENTICATED_S = 90.0
"""Time limit for a silent authenticated connection that the server waits for; a WebSocket answers a ping every 20 s."""

_USUAL_DESCRIPTORS = 1024


class Connection(Protocol):
    """One connection."""

    transport: asyncio.Transport

    @property
    def is_served(self) -> bool:
        """Whether the client waits for the server, not the server for the client."""
        ...


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The largest numbers of open connections."""

    authenticated: int
    """Connections that have shown the token or the key of a page."""

    anonymous: int
    """All other connections."""

    anonymous_each: int
    """Anonymous connections from one address."""

    at_once: int
    """Connections accepted at once before the server reads the first: small, so that none ends one with a request."""

    @classmethod
    def of_this_process(cls) -> Self:
        """Use a third of the process's file descriptors; the others are for the camera and for files."""
        total = min(160, _descriptors() // 3)
        anonymous = total // 3
        return cls(
            authenticated=total - anonymous,
            anonymous=anonymous,
            anonymous_each=anonymous * 3 // 4,
            at_once=anonymous // 4,
        )


@dataclass(kw_only=True)
class _Entry:
    """A connection, and the time since which the server waits for it."""

    connection: Connection
    since_s: float
    authenticated: bool = False


class ConnectionLimiter:
    """Tracks the connections of one server.

    Args:
        limits: their largest numbers.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._entries: dict[Client, _Entry] = {}

    def __len__(self) -> int:
        """Return the number of open connections."""
        return len(self._entries)

    def opened(self, client: Client | None, connection: Connection) -> None:
        """Add a connection, or let ``connection`` replace its protocol; end an anonymous one if there are too many."""
        if client is None:  # already disconnected
            connection.transport.abort()
        elif entry := self._entries.get(client):
            entry.connection = connection
        else:
            self._make_room(client[0])
            self._entries[client] = _Entry(connection=connection, since_s=time.monotonic())

    def admit(self, client: Client) -> bool:
        """Count a connection as authenticated, because it showed a secret; return False if there are too many."""
        if (entry := self._entries.get(client)) is None or entry.authenticated:
            return entry is not None
        if sum(entry.authenticated for entry in self._entries.values()) >= self._limits.authenticated:
            return False
        entry.authenticated = True
        return True

    def received(self, client: Client | None) -> None:
        """Restart the time limit if the connection is authenticated; another could extend its time byte by byte."""
        if client and (entry := self._entries.get(client)) and entry.authenticated:
            entry.since_s = time.monotonic()

    def answered(self, client: Client | None) -> None:
        """Restart the time limit after an answer."""
        if client and (entry := self._entries.get(client)):
            entry.since_s = time.monotonic()

    def closed(self, client: Client | None) -> None:
        """Remove a connection that has closed."""
        if client:
            self._entries.pop(client, None)

    async def end_expired(self) -> None:
        """End the connections that exceed their time limit. Call this about every second."""
        now_s = time.monotonic()
        for client, entry in list(self._entries.items()):
            patience_s = AUTHENTICATED_S if entry.authenticated else ANONYMOUS_S
            if now_s - entry.since_s > patience_s and not entry.connection.is_served:
                self._end(client)

    def _make_room(self, address: str) -> None:
        """End an anonymous connection if there is no place for another: the oldest that is not being served."""
        anonymous = {client: entry for client, entry in self._entries.items() if not entry.authenticated}
        counts = Counter(address for address, _ in anonymous)
        if counts[address] < self._limits.anonymous_each:
            if len(anonymous) < self._limits.anonymous:
                return
            address = counts.most_common(1)[0][0]
        theirs = [client for client in anonymous if client[0] == address]
        self._end(min(theirs, key=lambda client: (anonymous[client].connection.is_served, anonymous[client].since_s)))

    def _end(self, client: Client) -> None:
        self._entries.pop(client).connection.transport.abort()


def _descriptors() -> int:
    """Return the limit of open file descriptors of this process."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows has no such small limit
        return _USUAL_DESCRIPTORS
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _USUAL_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft
