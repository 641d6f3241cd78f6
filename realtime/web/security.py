"""The guard before everything that the control server does.

In: each request, before anything else has seen it. Out: a refusal, or the request passed on and the answer with headers
that keep browsers careful. What it is against:

- another web page that a browser on this machine shows: ``Origin`` and ``Sec-Fetch-Site`` must be our own;
- a name in the DNS that suddenly means 127.0.0.1 (rebinding): ``Host`` must be one of our names, see ``names``;
- another user or program of this machine: the token, or the key that the page gets for it. The page keeps its key in
  the storage of its origin. It is no cookie, because browsers send a cookie to every port of 127.0.0.1;
- connections that never ask, and so many that nobody else gets in: ``admit``, see ``door``;
- a page that frames ours, sniffs types, or keeps pictures: the headers below.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from realtime.web.host_names import Names
from realtime.web.refusal import STYLE_SOURCE, WHERE, Refusal, refuse, unknown_name

log = logging.getLogger("greenless")

LOGIN = "/api/login"
"""The one part of the API that needs no token: it is what takes it."""

SUBPROTOCOL = "greenless"
"""What a page names first when it opens a WebSocket, and its key second: a WebSocket's request has no other header."""

LARGEST_BODY_BYTES = 65536

Client = tuple[str, int]
"""The other end of a connection: address and port."""


class Guard:
    """ASGI middleware: lets through who may come in.

    Args:
        app: what it stands before.
        token: the secret.
        names: by which the server may be called.
        port: where it listens; a key is good for a page of this port alone.
        admit: takes the other end of a connection that showed the secret; False if there is no room for it.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: str,
        names: Names,
        port: int,
        admit: Callable[[Client], bool] = lambda client: True,
    ) -> None:
        self._app = app
        self._token = token
        self._names = names
        self._admit = admit
        self._key = hmac.new(token.encode(), f"page of port {port}".encode(), hashlib.sha256).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if (refusal := self._refusal(scope, headers)) is None:
            send = _with_headers(send, headers)
            app = self._login if scope["path"] == LOGIN and scope["type"] == "http" else self._app
            try:
                await app(scope, receive, send)
            except Exception as error:  # a request's is logged and answered where it failed
                if scope["type"] == "websocket":
                    log.error("%s failed", scope["path"], exc_info=error)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal.answer(headers)(scope, receive, _with_headers(send, None))

    async def _login(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand out the page's key for the token."""
        request = Request(scope, receive)
        response = refuse(405, "expected POST", "")
        if request.method == "POST":
            asked = await body(request)
            token = asked.get("token") if isinstance(asked, dict) else None
            if isinstance(token, str) and _same(token, self._token):
                response = JSONResponse({"key": self._key})
            else:
                response = refuse(401, "the token is missing or wrong", WHERE)
        await response(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> Refusal | None:
        host = headers.getlist("host")
        if len(host) != 1 or not self._names.hold(host[0]):
            return unknown_name(host[0] if len(host) == 1 else "")
        origins = headers.getlist("origin")
        if any(origin != f"http://{host[0]}" for origin in origins):
            return Refusal(status=403, error="another page asked", cure=WHERE)
        if not scope["path"].startswith("/api/"):
            return None  # the pages themselves hold nothing that is secret
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return Refusal(status=403, error="another page asked", cure=WHERE)
        if scope["path"] == LOGIN:
            return None
        if not self._knows(headers):
            return Refusal(status=401, error="the token is missing or wrong", cure=WHERE)
        if scope.get("client") and not self._admit(tuple(scope["client"])):
            return Refusal(status=503, error="too many connections are open", cure="Close pages that show greenless")
        return None

    def _knows(self, headers: Headers) -> bool:
        """Whether the request shows the token, or the page's key."""
        kind, _, secret = headers.get("authorization", "").partition(" ")
        shown = [secret] if kind.lower() == "bearer" else []
        shown += _subprotocols(headers)[1:]
        return any(_same(secret, known) for secret in shown for known in (self._token, self._key))


async def body(request: Request) -> Any:
    """The JSON that came with a request; None where it is none, or too long."""
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
    """``send`` with the headers that keep browsers careful; ``asked`` is the request's own, unless it is refused."""
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
            message["subprotocol"] = SUBPROTOCOL  # or the browser takes it for refused
        await send(message)

    return sent


def _subprotocols(headers: Headers) -> list[str]:
    """What a page named as it opened a WebSocket; nothing unless it begins with ours."""
    named = [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")]
    return named if named[0] == SUBPROTOCOL else []


def _same(one: str, other: str) -> bool:
    """Compared in a time that does not tell how much of it was right."""
    return hmac.compare_digest(one.encode(errors="surrogatepass"), other.encode())
