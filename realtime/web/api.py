"""The API of a running greenless for its page, ``greenless ctl`` and other programs.

Every request needs ``Authorization: Bearer TOKEN``. A page exchanges the token for a key with ``POST /api/login`` and
sends the key instead; for a WebSocket it names the subprotocols ``greenless`` and the key. The API accepts no cookies.
Bodies and answers are JSON. An error is ``{"error": "what happened", "cure": "what to do"}`` with one of these codes:
400 invalid request, 401 wrong token, 403 request from another site, 404 and 405 no such route or method, 421 wrong host
name, 503 too many connections. A browser gets 401, 403, 421 and 503 as a page.

    GET    /                                    the control page; /static/... its files
    GET    /overlay                             the overlay; ?stats shows rate and latency, ?canvas=2d avoids WebGL
    POST   /api/login {"token": T}              {"key"}, valid for pages of this port; T is the token or a ticket
    POST   /api/ticket                          {"ticket"}: valid for one login within a minute, so that the address
                                                on the command line of a browser does not contain the token
    GET    /api/state                           {"revision", "version", "running", "shutter_closed", "settings": {...},
                                                "presets": [names], "preset": the one in effect or "",
                                                "backgrounds": [rows]}, see backgrounds.rows; the
                                                revision grows with each change: drop a state with a smaller one
    GET    /api/fields                          [{"group", "help", "fields": [{"name", "type", "help", "default",
                                                "range": [low, high] or null, "unit", "choices": [...] or null}]}];
                                                group "" holds the fields outside every group;
                                                type: text, integer, number, switch, choice, list
    GET    /api/cameras                         [{"value", "label"}], for camera.camera
    GET    /api/networks                        [{"value", "label", "help", "present", "fetch"}], for matting.weights
    POST   /api/settings {"scene": {"background": "blur"}}      change these settings, all or none; the new state.
                                                A state shows *** instead of login and query of a URL; a URL
                                                sent back with *** keeps its value
    POST   /api/settings/save                   write the settings to the settings file; the state
    POST   /api/next                            next background; the state
    POST   /api/shutter {"closed": true}        close, open (false) or toggle (null) the privacy shutter; the state
    POST   /api/start, /api/stop                resume, pause; the state
    POST   /api/presets/NAME/apply              the state
    PUT    /api/presets/NAME                    save the current look under this name; the state
    DELETE /api/presets/NAME                    the state
    POST   /api/backgrounds?name=beach.jpg      the file itself as the body; 201 and its row
    DELETE /api/backgrounds/NAME                the state
    GET    /api/backgrounds/NAME/thumbnail      JPEG, 320x180
    GET    /api/overlay                         {"url"}: the overlay's address, with the token, for OBS
    GET    /api/stats                           as run --json, and "recent": {"fps", "stages", "age"}; and "overlay",
                                                "preview": {"watching", "age": {"p50_ms", "p95_ms"}} up to the screen;
                                                "at_next_start": [keys] edited in the file that need a restart;
                                                "picture": {"width_px", "height_px"} of the last frame; null before it
    WS     /api/events                          {"event": "state", "state": {...}} at first and after each change by
                                                any client; {"event": "stats", "stats": {...}} every second
    WS     /api/pictures/preview                composites, see ``view_stream``, at most 960 px wide
    WS     /api/pictures/matte                  mattes, at most 960 px wide
    WS     /api/pictures/overlay                the person with alpha, at full size

Changes take effect one at a time, in the order of their requests. Shutter, start and stop do not wait for them. NAME is
percent-encoded. ``static/access.js`` and ``static/pictures.js`` implement token and frames in the browser.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, cast

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from realtime.errors import ControlError, GreenlessError, SettingsError
from realtime.loop.stats import Timer
from realtime.session.session import Session
from realtime.settings import paths
from realtime.settings.tree import unmasked
from realtime.sinks.broadcast import VIEWS, Broadcast, View
from realtime.web import backgrounds, describe, uploads
from realtime.web.job_queue import JobQueue
from realtime.web.refusal import refuse
from realtime.web.security import body
from realtime.web.shutter_socket import checked
from realtime.web.states import States
from realtime.web.view_stream import GONE, Viewer, accepted, closed

log = logging.getLogger("greenless")

STATIC = Path(__file__).with_name("static")

_LONGEST_QUEUE = 64
"""Longest queue behind a request that hangs. Each request holds a connection, and other clients need connections."""

_LOOK_S = 0.5
_STATS_S = 1.0


class Api:
    """The request handlers.

    Args:
        session: the run.
        broadcast: its frames.
        overlay: address of the overlay, with the token.
    """

    def __init__(self, session: Session, broadcast: Broadcast, *, overlay: str) -> None:
        self._session = session
        self._broadcast = broadcast
        self._overlay = overlay
        self._ages = {view: Timer() for view in VIEWS}
        self._states = States(session)
        self._changes = JobQueue("changes", longest=_LONGEST_QUEUE)
        self._privacy = JobQueue("shutter requests", longest=_LONGEST_QUEUE)
        self._decodings = JobQueue("uploads", longest=_LONGEST_QUEUE)

    def application(self) -> Starlette:
        """Return the ASGI application, without the required ``Guard``."""
        routes: list[BaseRoute] = [
            Route("/", partial(_page, "index.html")),
            Route("/overlay", partial(_page, "overlay.html")),
            Mount("/static", StaticFiles(directory=STATIC)),
            Route("/api/state", partial(self._read, self._states.look)),
            Route("/api/fields", partial(self._read, lambda: describe.fields_of(self._session.settings))),
            Route("/api/cameras", partial(self._read, describe.cameras)),
            Route("/api/networks", partial(self._read, describe.networks)),
            Route("/api/overlay", partial(self._read, lambda: {"url": self._overlay})),
            Route("/api/stats", partial(self._read, self.stats)),
            Route("/api/settings", self._change_settings, methods=["POST"]),
            Route("/api/settings/save", partial(self._do, lambda _: self._session.save()), methods=["POST"]),
            Route("/api/next", partial(self._do, lambda _: self._session.next_background()), methods=["POST"]),
            Route("/api/start", partial(self._hide, lambda _: self._session.start()), methods=["POST"]),
            Route("/api/stop", partial(self._hide, lambda _: self._session.stop()), methods=["POST"]),
            Route("/api/shutter", partial(self._hide, self._shutter), methods=["POST"]),
            Route("/api/presets/{name:path}/apply", partial(self._do, self._session.preset), methods=["POST"]),
            Route("/api/presets/{name:path}", partial(self._do, self._session.save_preset), methods=["PUT"]),
            Route("/api/presets/{name:path}", partial(self._do, self._session.delete_preset), methods=["DELETE"]),
            Route("/api/backgrounds", self._upload, methods=["POST"]),
            Route("/api/backgrounds/{name}", partial(self._do, self._delete_background), methods=["DELETE"]),
            Route("/api/backgrounds/{name}/thumbnail", self._thumbnail),
            WebSocketRoute("/api/events", self._events),
            WebSocketRoute("/api/pictures/{view}", self._pictures),
        ]
        handlers = {GreenlessError: _refused, HTTPException: _no_such, ClientDisconnect: _gone, Exception: _broken}
        return Starlette(routes=routes, exception_handlers=cast(Any, handlers))

    def stats(self) -> dict[str, Any]:
        """Return the measurements."""
        latest = self._session.latest()
        size = latest and {"width_px": latest.frame.width_px, "height_px": latest.frame.height_px}
        return {
            **self._session.stats(),
            "picture": size,
            **{
                view: {"watching": self._broadcast.watching(view), "age": asdict(self._ages[view].recent())}
                for view in ("overlay", "preview")
            },
        }

    async def _read(self, what: Callable[[], Any], request: Request) -> Response:
        """Answer with the result of ``what``."""
        return JSONResponse(await run_in_threadpool(what))

    async def _do(self, verb: Callable[[str], object], request: Request) -> Response:
        """Queue ``verb`` with the name from the path, and answer with the new state."""
        return await self._done(partial(verb, request.path_params.get("name", "")))

    async def _hide(self, verb: Callable[[Any], object], request: Request) -> Response:
        """Hide or show the camera as the body asks, without waiting for changes, and answer with the state."""
        do = partial(verb, await body(request))
        return JSONResponse(await self._privacy.do(partial(_then, do, self._states.known)))

    async def _done(self, verb: Callable[[], object]) -> Response:
        return JSONResponse(await self._changes.do(partial(_then, verb, self._states.look)))

    async def _change_settings(self, request: Request) -> Response:
        tables = await body(request)
        if not isinstance(tables, dict):
            raise SettingsError("expected tables of settings as JSON", cure='Send {"scene": {"background": "blur"}}')
        if hidden := describe.HIDDEN & tables.keys():
            raise SettingsError(
                f"the API cannot change {', '.join(hidden)}", cure="Change the settings file, and restart greenless"
            )
        return await self._done(lambda: self._session.change(unmasked(self._session.settings, tables)))

    async def _upload(self, request: Request) -> Response:
        name, decode = request.query_params.get("name", ""), self._decodings.do
        path = await uploads.receive(paths.backgrounds_folder(), name, request.stream(), decode)
        return JSONResponse(backgrounds.row_of(path), status_code=201)

    def _shutter(self, asked: Any) -> None:
        self._session.shutter(checked(asked.get("closed") if isinstance(asked, dict) else 0))

    def _delete_background(self, name: str) -> None:
        path = backgrounds.find(paths.backgrounds_folder(), name)
        if self._session.settings.scene.background == str(path):
            raise ControlError(f"{name} is in use", cure="Choose another background first")
        try:
            path.unlink()
        except OSError as error:
            raise ControlError(f"cannot delete {name}: {error.strerror}") from error

    async def _thumbnail(self, request: Request) -> Response:
        path = backgrounds.find(paths.backgrounds_folder(), request.path_params["name"])
        small = await self._decodings.do(partial(backgrounds.thumbnail, path))
        return Response(small, media_type="image/jpeg")

    async def _pictures(self, websocket: WebSocket) -> None:
        if (view := websocket.path_params["view"]) not in VIEWS:
            await closed(websocket, 1008)
        elif await accepted(websocket):
            await Viewer(websocket, self._broadcast, cast(View, view), self._ages[view].add).run()

    async def _events(self, websocket: WebSocket) -> None:
        if not await accepted(websocket):
            return
        sending = asyncio.create_task(self._send_events(websocket))
        try:
            while True:
                await websocket.receive()
        except GONE:
            return
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _send_events(self, websocket: WebSocket) -> None:
        """Send changes and statistics until the client disconnects."""
        sent = looks = 0
        while True:
            try:
                state = await run_in_threadpool(self._states.look)
                if state["revision"] != sent:
                    await websocket.send_json({"event": "state", "state": state})
                    sent = state["revision"]
                if looks % round(_STATS_S / _LOOK_S) == 0:
                    await websocket.send_json({"event": "stats", "stats": await run_in_threadpool(self.stats)})
            except GONE:
                return
            except GreenlessError as error:  # for example an invalid settings file: the next request reports it
                log.debug("cannot send the state: %s", error)
            looks += 1
            await asyncio.sleep(_LOOK_S)


def _then(verb: Callable[[], object], look: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do ``verb``, and return the state that it leaves."""
    verb()
    return look()


async def _page(name: str, request: Request) -> Response:
    return FileResponse(STATIC / name)


async def _refused(request: Request, error: GreenlessError) -> Response:
    return refuse(400, error.what, error.cure)


async def _no_such(request: Request, error: HTTPException) -> Response:
    return refuse(error.status_code, str(error.detail).lower(), "")


async def _gone(request: Request, error: Exception) -> Response:
    """Answer a client that has disconnected."""
    return Response(status_code=400)


async def _broken(request: Request, error: Exception) -> Response:
    """Answer an unexpected exception; only the log gets its details."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return refuse(500, "greenless failed to do that", "See its log")
