"""The guard that checks every request to the control server first and adds security headers to every answer.

It protects against:

- another web page in a browser on this machine: ``Origin`` and ``Sec-Fetch-Site`` must be ours;
- DNS rebinding: ``Host`` must be one of our names, see ``host_names``;
- another user or program on this machine: a request needs the token, or the key that the page gets for it. The page
  stores its key per origin. A cookie would not do, because browsers send it to every port of 127.0.0.1;
- connections that send no request, or too many connections: ``admit``, see ``connection_limiter``;
- a page that embeds ours, guesses types, or caches frames: the headers below.
"""

import hashlib
import hmac
import json
import logging
import secrets
import time
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from realtime.settings.token_file import same
from realtime.web.connection_limiter import Client
from realtime.web.refusal import STYLE_SOURCE, WHERE, answer, refuse, unknown_name

log = logging.getLogger("greenless")

LOGIN = "/api/login"
"""The only part of the API without a token in the header: it takes the token in the body."""

TICKET = "/api/ticket"
"""Gives a ticket for one login. Other users can read the command line of a browser, so it gets no token."""

TICKET_S = 60.0
"""How long a ticket is valid: the start of a browser takes seconds."""

SUBPROTOCOL = "greenless"
"""The first subprotocol of a page's WebSocket. The key is the second, because browsers allow no other header there."""

LARGEST_BODY_BYTES = 65536


class Guard:
    """ASGI middleware that passes on only permitted requests.

    Args:
        app: the application to protect.
        token: the secret.
        is_name: returns whether a host name is one of the server's.
        port: the port of the server; a key is valid only for pages of this port.
        admit: called with the client of a connection that showed the secret; returns False if there are too many.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: str,
        is_name: Callable[[str], bool],
        port: int,
        admit: Callable[[Client], bool] = lambda client: True,
    ) -> None:
        self._app = app
        self._token = token
        self._is_name = is_name
        self._admit = admit
        self._tickets: dict[str, float] = {}  # each with the time at which it expires
        self._key = hmac.new(token.encode(), f"page of port {port}".encode(), hashlib.sha256).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        headers = Headers(scope=scope)
        if (refusal := self._refusal(scope, headers)) is None:
            send = _with_headers(send, headers)
            app = self._app
            try:
                if scope["type"] == "http" and scope["path"] in (LOGIN, TICKET):
                    app = await self._own(Request(scope, receive))
                await app(scope, receive, send)
            except Exception as error:  # the application itself handles an HTTP request that fails
                if scope["type"] == "websocket":
                    log.error("%s failed", scope["path"], exc_info=error)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, _with_headers(send, None))

    async def _own(self, request: Request) -> Response:
        """Answer a request for a ticket, or for the page's key in exchange for the token or a ticket."""
        if request.method != "POST":
            return refuse(405, "expected POST", "")
        if request["path"] == TICKET:
            return JSONResponse({"ticket": self._ticket()})
        asked = await body(request)
        token = asked.get("token") if isinstance(asked, dict) else None
        if isinstance(token, str) and (same(token, self._token) or self._redeems(token)):
            return JSONResponse({"key": self._key})
        return refuse(401, "the token is missing or wrong", WHERE)

    def _ticket(self) -> str:
        """Return a new ticket."""
        now_s, ticket = time.monotonic(), secrets.token_urlsafe()
        self._tickets = {old: until_s for old, until_s in self._tickets.items() if until_s > now_s}
        self._tickets[ticket] = now_s + TICKET_S
        return ticket

    def _redeems(self, ticket: str) -> bool:
        """Return whether the ticket is valid, and make it invalid."""
        return self._tickets.pop(ticket, 0.0) > time.monotonic()

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        host = headers.getlist("host")
        if len(host) != 1 or not self._is_name(host[0]):
            return unknown_name(headers, host[0] if len(host) == 1 else "")
        is_page = not scope["path"].startswith("/api/")  # the pages themselves contain no secret
        own = is_page or headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
        if not own or any(origin != f"http://{host[0]}" for origin in headers.getlist("origin")):
            return answer(headers, 403, "the request came from another page", WHERE)
        if is_page or scope["path"] == LOGIN:
            return None
        if not self._knows(headers):
            return answer(headers, 401, "the token is missing or wrong", WHERE)
        if scope.get("client") and not self._admit(tuple(scope["client"])):
            return answer(headers, 503, "too many connections are open", "Close pages that show greenless")
        return None

    def _knows(self, headers: Headers) -> bool:
        """Return whether the request contains the token or the page's key."""
        kind, _, secret = headers.get("authorization", "").partition(" ")
        shown = [secret] if kind.lower() == "bearer" else []
        shown += _subprotocols(headers)[1:]
        return any(same(secret, known) for secret in shown for known in (self._token, self._key))


async def body(request: Request) -> Any:
    """Return the JSON body of a request; None if it is invalid or too long."""
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST_BODY_BYTES:
            return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _with_headers(send: Send, asked: Headers | None) -> Send:
    """Return ``send`` with security headers; ``asked`` are the headers of the request, or None if it is refused."""
    host = asked.get("host", "") if asked else ""
    sockets = f" ws://{host}" if host and not host.startswith("[") else ""  # a policy cannot name an IPv6 address
    policy = (
        "default-src 'none'; script-src 'self'; "
        f"style-src 'self' {STYLE_SOURCE}; img-src 'self' blob: data:; "
        f"connect-src 'self'{sockets}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Content-Security-Policy"] = policy
            headers["Cache-Control"] = "no-store"
            headers["Cross-Origin-Opener-Policy"] = "same-origin"
            headers["Cross-Origin-Resource-Policy"] = "same-origin"
            headers["Referrer-Policy"] = "no-referrer"
            headers["X-Content-Type-Options"] = "nosniff"
            headers["X-Frame-Options"] = "DENY"
        elif message["type"] == "websocket.accept" and asked and _subprotocols(asked):
            message["subprotocol"] = SUBPROTOCOL  # otherwise the browser closes the connection
        await send(message)

    return sent


def _subprotocols(headers: Headers) -> list[str]:
    """Return the subprotocols of a WebSocket request; empty unless ours is the first."""
    named = [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")]
    return named if named[0] == SUBPROTOCOL else []
