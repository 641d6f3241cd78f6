"""Connection classes for uvicorn (HTTP and WebSocket) that report to a ``ConnectionLimiter``: opened, data, closed."""

import asyncio
from asyncio.transports import BaseTransport
from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from realtime.web.connection_limiter import ConnectionLimiter


class _Http(H11Protocol):
    limiter: ClassVar[ConnectionLimiter]

    @property
    def is_served(self) -> bool:
        """See ``connection_limiter``. The server does not wait for a client that does not read its answer."""
        cycle = self.cycle
        asked = cycle is not None and not cycle.response_complete and not cycle.more_body
        return asked and self.transport.get_write_buffer_size() == 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.limiter.opened(self.client, self)

    def data_received(self, data: bytes) -> None:
        self.limiter.received(self.client)
        super().data_received(data)

    def on_response_complete(self) -> None:
        self.limiter.answered(self.client)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self.limiter.closed(self.client)
        super().connection_lost(exc)


class _WebSocket(WebSocketsSansIOProtocol):
    limiter: ClassVar[ConnectionLimiter]

    is_served = False

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.limiter.opened(self.client, self)

    def data_received(self, data: bytes) -> None:
        self.limiter.received(self.client)
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.limiter.closed(self.client)
        super().connection_lost(exc)


def limited_by(limiter: ConnectionLimiter) -> tuple[type[H11Protocol], type[WebSocketsSansIOProtocol]]:
    """Return the HTTP and WebSocket connection classes that report to ``limiter``."""
    return type("Http", (_Http,), {"limiter": limiter}), type("WebSocket", (_WebSocket,), {"limiter": limiter})
