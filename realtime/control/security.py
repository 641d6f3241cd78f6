"""The guard before everything that the control server does.

Goes in: each request, before anything else has seen it. Comes out: a refusal, or the request passed on and the answer
with headers that keep browsers careful. What it is against:

- another web page that a browser on this machine shows: ``Origin`` and ``Sec-Fetch-Site`` must be our own;
- a name in the DNS that suddenly means 127.0.0.1 (rebinding): ``Host`` must be an address, or localhost;
- another user or program of this machine: the token, as a bearer token or as the cookie that it was exchanged for;
- a page that frames ours, sniffs types, or keeps pictures: the headers below.
"""

import hashlib
import hmac
import ipaddress
import json
import logging
from collections.abc import Iterable
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("greenless")

LOGIN = "/api/login"
"""The one part of the API that needs no token: it is what takes it."""

WHERE = "Open the address that greenless ctl page shows"

LARGEST_BODY_BYTES = 65536

_COOKIE_LASTS_S = 365 * 24 * 3600


class Guard:
    """ASGI middleware: lets through who may come in.

    Args:
        app: what it stands before.
        token: the secret.
        port: where the server listens; part of the names by which it may be called.
        host: the address or name it listens on. Only where that is no loopback may it be called by other addresses.
    """

    def __init__(self, app: ASGIApp, *, token: str, host: str, port: int) -> None:
        self._app = app
        self._token = token
        self._port = port
        self._name = host.lower() or "localhost"
        self._near = _is_loopback(host)
        self._cookie_name = f"greenless-{port}"
        self._cookie = hmac.new(token.encode(), b"cookie", hashlib.sha256).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if (refusal := self._refusal(scope, headers)) is None:
            send = _with_headers(send, headers.get("host", ""))
            app = self._login if scope["path"] == LOGIN and scope["type"] == "http" else self._app
            try:
                await app(scope, receive, send)
            except Exception as error:  # a request's is logged and answered where it failed
                if scope["type"] == "websocket":
                    log.error("%s failed", scope["path"], exc_info=error)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, _with_headers(send, ""))

    async def _login(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand out the cookie for the token."""
        request = Request(scope, receive)
        response = refuse(405, "expected POST", "")
        if request.method == "POST":
            asked = await body(request)
            token = asked.get("token") if isinstance(asked, dict) else None
            if isinstance(token, str) and _same(token, self._token):
                response = Response(status_code=204)
                response.set_cookie(
                    self._cookie_name, self._cookie, max_age=_COOKIE_LASTS_S, path="/", httponly=True, samesite="strict"
                )
            else:
                response = refuse(401, "the token is missing or wrong", WHERE)
        await response(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        host = headers.getlist("host")
        if len(host) != 1 or not self._is_ours(host[0]):
            return refuse(
                421, "this address is not greenless's own", "Call it by 127.0.0.1, or by the machine's address"
            )
        origins = headers.getlist("origin")
        if any(origin != f"http://{host[0]}" for origin in origins):
            return refuse(403, "another page asked", "")
        if not scope["path"].startswith("/api/"):
            return None  # the pages themselves hold nothing that is secret
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return refuse(403, "another page asked", "")
        if scope["path"] == LOGIN or self._may(headers):
            return None
        return refuse(401, "the token is missing or wrong", WHERE)

    def _may(self, headers: Headers) -> bool:
        kind, _, token = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and _same(token, self._token):
            return True
        return any(_same(value, self._cookie) for value in _cookies(headers, self._cookie_name))

    def _is_ours(self, host: str) -> bool:
        name, found, port = host.rpartition(":")
        if not found or port.endswith("]"):  # http's own port is left out
            name, port = host, "80"
        if port != str(self._port) or "%" in name:  # behind it an IPv6 address may hold anything
            return False
        if name.lower() in ("localhost", self._name) or _is_loopback(name.strip("[]")):
            return True
        return not self._near and _is_address(name.strip("[]"))


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


def refuse(status: int, error: str, cure: str) -> Response:
    """An answer that says what is wrong, and the cure, as every error of the API does."""
    return JSONResponse({"error": error, "cure": cure}, status_code=status)


def _with_headers(send: Send, host: str) -> Send:
    sockets = f" ws://{host}" if host and not host.startswith("[") else ""  # a policy cannot name an IPv6 address
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
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
        await send(message)

    return sent


def _cookies(headers: Headers, name: str) -> Iterable[str]:
    for header in headers.getlist("cookie"):
        for pair in header.split(";"):
            key, _, value = pair.strip().partition("=")
            if key == name:
                yield value


def _same(one: str, other: str) -> bool:
    """Compared in a time that does not tell how much of it was right."""
    return hmac.compare_digest(one.encode(errors="surrogatepass"), other.encode())


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
