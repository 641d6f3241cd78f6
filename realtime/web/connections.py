"""Connection classes for uvicorn (HTTP and WebSocket) that report to a ``ConnectionLimiter``: opened, data, closed."""

import asyncio
from asyncio.transports import BaseTransport
from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from realtime.web.connection_limiter import Client, ConnectionLimiter


class _Reporting(asyncio.Protocol):
    """What both connections report."""

    limiter: ClassVar[ConnectionLimiter]
    client: Client | None
    transport: asyncio.Transport

    @property
    def is_served(self) -> bool:
        """See ``connection_limiter``."""
        return False

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.limiter.opened(self.client, self)

    def data_received(self, data: bytes) -> None:
        self.limiter.received(self.client)
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.limiter.closed(self.client)
        super().connection_lost(exc)


class _Http(_Reporting, H11Protocol):
    @property
    def is_served(self) -> bool:
        """Return whether it does. The server does not wait for a client that does not read its answer."""
        cycle = self.cycle
        asked = cycle is not None and not cycle.response_complete and not cycle.more_body
        return asked and self.transport.get_write_buffer_size() == 0

    def on_response_complete(self) -> None:
        self.limiter.answered(self.client)
        super().on_response_complete()


def limited_by(limiter: ConnectionLimiter) -> tuple[type[H11Protocol], type[WebSocketsSansIOProtocol]]:
    """Return the HTTP and WebSocket connection classes that report to ``limiter``."""
    http = type("Http", (_Http,), {"limiter": limiter})
    return http, type("WebSocket", (_Reporting, WebSocketsSansIOProtocol), {"limiter": limiter})
