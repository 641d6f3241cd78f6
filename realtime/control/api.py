"""What can be asked of a running greenless, by its page, by ``greenless ctl`` and by other programs.

Every request needs ``Authorization: Bearer TOKEN``. A page uses the key that ``POST /api/login`` gives for the token in
its place, and for a WebSocket names the subprotocols ``greenless`` and the key. No cookie lets anybody in.
Bodies and answers are JSON. What cannot be done is 400 with ``{"error": "what happened", "cure": "what to do"}``,
401 says that the token is wrong, 403 that another page asked, 404 and 405 that there is no such thing here, 421 that
the name is not greenless's own, 503 that too many connections are open. A browser that goes there gets them as a page.

    GET    /                                    the control page; /static/... its files
    GET    /overlay                             the overlay; ?stats shows rate and age, ?canvas=2d does without WebGL
    POST   /api/login {"token": T}              {"key"}, good for pages of this port
    GET    /api/state                           {"version", "running", "shutter_closed", "settings": {...},
                                                "presets": [names], "backgrounds": [rows]}, see backgrounds.rows
    GET    /api/fields                          [{"group", "help", "fields": [{"name", "type", "help", "default",
                                                "range": [low, high] or null, "unit", "choices": [...] or null}]}];
                                                group "" holds the fields outside every group;
                                                type: text, integer, number, switch, choice, list
    GET    /api/cameras                         [{"value", "label"}], for camera.camera
    GET    /api/networks                        [{"value", "label", "help", "present", "fetch"}], for matting.weights
    POST   /api/settings {"scene": {"background": "blur"}}      change what is named, all or nothing; the new state
    POST   /api/settings/save                   keep the settings in the settings file; the state
    POST   /api/next                            next background; the state
    POST   /api/shutter {"closed": true}        close, open (false) or turn over (null) the privacy shutter; the state
    POST   /api/start, /api/stop                go on, pause; the state
    POST   /api/presets/NAME/apply              the state
    PUT    /api/presets/NAME                    keep the look that is in effect under this name; the state
    DELETE /api/presets/NAME                    the state
    POST   /api/backgrounds?name=beach.jpg      the file itself as the body; 201 and its row
    DELETE /api/backgrounds/NAME                the state
    GET    /api/backgrounds/NAME/thumbnail      JPEG, 320x180
    GET    /api/overlay                         {"url"}: the overlay's address, with the token, for OBS
    GET    /api/stats                           as run --json, and "recent": {"fps", "stages", "age"}; and "overlay",
                                                "preview": {"watching", "age": {"p50_ms", "p95_ms"}} up to the screen;
                                                "at_next_start": [keys] that were edited and must wait for it;
                                                "picture": {"width_px", "height_px"} of the latest, null before it
    WS     /api/events                          {"event": "state", "state": {...}} at first and after each change,
                                                whoever made it; {"event": "stats", "stats": {...}} every second
    WS     /api/pictures/preview                pictures, see ``pictures``: the finished one, at most 960 px wide
    WS     /api/pictures/matte                  the same of the alpha
    WS     /api/pictures/overlay                the person with the alpha, at full size

NAME is percent-encoded. ``static/access.js`` and ``static/pictures.js`` are the browser's side of token and pictures.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from realtime import __version__, paths
from realtime.control import backgrounds, describe, uploads
from realtime.control.base import Session
from realtime.control.pictures import Viewer
from realtime.control.refusal import refuse
from realtime.control.security import body
from realtime.errors import ControlError, GreenlessError, SettingsError
from realtime.sinks.broadcast import VIEWS, Broadcast, View

log = logging.getLogger("greenless")

STATIC = Path(__file__).with_name("static")

_LOOK_S = 0.5
_STATS_S = 1.0


class Api:
    """The requests, each as a method.

    Args:
        session: the run.
        broadcast: its pictures.
        overlay: address of the overlay, with the token.
    """

    def __init__(self, session: Session, broadcast: Broadcast, *, overlay: str) -> None:
        self._session = session
        self._broadcast = broadcast
        self._overlay = overlay

    def application(self) -> Starlette:
        """The ASGI application, without the guard that must stand before it."""
        routes: list[BaseRoute] = [
            Route("/", self._file("index.html")),
            Route("/overlay", self._file("overlay.html")),
            Mount("/static", StaticFiles(directory=STATIC)),
            Route("/api/state", self._read(self.state)),
            Route("/api/fields", self._read(lambda: describe.fields_of(self._session.settings))),
            Route("/api/cameras", self._read(describe.cameras)),
            Route("/api/networks", self._read(describe.networks)),
            Route("/api/overlay", self._read(lambda: {"url": self._overlay})),
            Route("/api/stats", self._read(self.stats)),
            Route("/api/settings", self._change_settings, methods=["POST"]),
            Route("/api/settings/save", self._do(lambda _: self._session.save()), methods=["POST"]),
            Route("/api/next", self._do(lambda _: self._session.next_background()), methods=["POST"]),
            Route("/api/start", self._do(lambda _: self._session.start()), methods=["POST"]),
            Route("/api/stop", self._do(lambda _: self._session.stop()), methods=["POST"]),
            Route("/api/shutter", self._shutter, methods=["POST"]),
            Route("/api/presets/{name:path}/apply", self._do(self._session.preset), methods=["POST"]),
            Route("/api/presets/{name:path}", self._do(self._session.save_preset), methods=["PUT"]),
            Route("/api/presets/{name:path}", self._do(self._session.delete_preset), methods=["DELETE"]),
            Route("/api/backgrounds", self._upload, methods=["POST"]),
            Route("/api/backgrounds/{name}", self._do(self._delete_background), methods=["DELETE"]),
            Route("/api/backgrounds/{name}/thumbnail", self._thumbnail),
            WebSocketRoute("/api/events", self._events),
            WebSocketRoute("/api/pictures/{view}", self._pictures),
        ]
        handlers = {GreenlessError: _refused, HTTPException: _no_such, Exception: _broken}
        return Starlette(routes=routes, exception_handlers=cast(Any, handlers))

    def state(self) -> dict[str, Any]:
        """All that the page shows but the pictures and the figures."""
        settings = self._session.settings
        return {
            "version": __version__,
            "running": self._session.running,
            "shutter_closed": self._session.shutter_closed,
            "settings": describe.values(settings),
            "presets": self._session.presets(),
            "backgrounds": backgrounds.rows(paths.backgrounds_folder(), settings.scene.background),
        }

    def stats(self) -> dict[str, Any]:
        """What was measured."""
        latest = self._session.latest()
        size = latest and {"width_px": latest.frame.width_px, "height_px": latest.frame.height_px}
        return {
            **self._session.stats(),
            "picture": size,
            **{
                view: {"watching": self._broadcast.watching(view), "age": vars(self._broadcast.age(view))}
                for view in ("overlay", "preview")
            },
        }

    def _file(self, name: str) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            return FileResponse(STATIC / name)

        return answer

    def _read(self, what: Callable[[], Any]) -> Callable[[Request], Any]:
        """Answers with what the function returns."""

        async def answer(request: Request) -> Response:
            return JSONResponse(await run_in_threadpool(what))

        return answer

    def _do(self, verb: Callable[[str], object]) -> Callable[[Request], Any]:
        """Calls the verb with the name in the path, and answers with the new state."""

        async def answer(request: Request) -> Response:
            return await self._done(verb, request.path_params.get("name", ""))

        return answer

    async def _done(self, verb: Callable[..., object], *arguments: object) -> Response:
        await run_in_threadpool(verb, *arguments)
        return JSONResponse(await run_in_threadpool(self.state))

    async def _change_settings(self, request: Request) -> Response:
        tables = await body(request)
        if not isinstance(tables, dict):
            raise SettingsError("expected tables of settings as JSON", cure='Send {"scene": {"background": "blur"}}')
        if hidden := describe.HIDDEN & tables.keys():
            raise SettingsError(
                f"{', '.join(hidden)} cannot be changed from here", cure="Change the settings file, and start again"
            )
        return await self._done(self._session.change, tables)

    async def _shutter(self, request: Request) -> Response:
        asked = await body(request)
        closed = asked.get("closed") if isinstance(asked, Mapping) else 0
        if closed is not None and not isinstance(closed, bool):
            raise ControlError("expected closed to be true, false or null", cure='Send {"closed": true}')
        return await self._done(self._session.shutter, closed)

    async def _upload(self, request: Request) -> Response:
        path = await uploads.receive(paths.backgrounds_folder(), request.query_params.get("name", ""), request.stream())
        rows = await run_in_threadpool(backgrounds.rows, paths.backgrounds_folder(), "blur")
        return JSONResponse(next(row for row in rows if row["name"] == path.name), status_code=201)

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
        return Response(await run_in_threadpool(backgrounds.thumbnail, path), media_type="image/jpeg")

    async def _pictures(self, websocket: WebSocket) -> None:
        if (view := websocket.path_params["view"]) not in VIEWS:
            await websocket.close(1008)
            return
        await websocket.accept()
        await Viewer(websocket, self._broadcast, cast(View, view)).run()

    async def _events(self, websocket: WebSocket) -> None:
        await websocket.accept()
        telling = asyncio.create_task(self._tell(websocket))
        try:
            while True:
                await websocket.receive()
        except (WebSocketDisconnect, RuntimeError):
            return
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    async def _tell(self, websocket: WebSocket) -> None:
        """Send what changed until the client has gone."""
        told, looks = "", 0
        while True:
            try:
                state = await run_in_threadpool(self.state)
                if (text := json.dumps(state)) != told:
                    await websocket.send_json({"event": "state", "state": state})
                    told = text
                if looks % round(_STATS_S / _LOOK_S) == 0:
                    await websocket.send_json({"event": "stats", "stats": await run_in_threadpool(self.stats)})
            except (WebSocketDisconnect, RuntimeError):
                return
            except GreenlessError as error:  # a faulty settings file, say: it is told when something is asked
                log.debug("cannot tell the state: %s", error)
            looks += 1
            await asyncio.sleep(_LOOK_S)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, GreenlessError)
    return refuse(400, error.what, error.cure)


async def _no_such(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return refuse(error.status_code, str(error.detail).lower(), "")


async def _broken(request: Request, error: Exception) -> Response:
    """What happened stands in the log, and nowhere else."""
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return refuse(500, "greenless could not do that", "Its log says why")
