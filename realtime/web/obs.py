"""Adds the overlay as a source to OBS Studio through obs-websocket, which OBS includes since version 28."""

import asyncio
import importlib
import logging
from collections.abc import Mapping
from typing import Any, Literal

from realtime.errors import ControlError, MissingExtra

KIND = "browser_source"

_TIMEOUT_S = 10

_CURE = "In OBS: Tools, WebSocket Server Settings, Enable WebSocket server"


ALWAYS = {"css": "", "reroute_audio": False, "restart_when_active": False, "shutdown": False}
"""Settings of the source: no custom style, no sound, and it keeps running while another scene is shown."""


def make(name: str, page: Mapping[str, Any], *, url: str, password: str, scene: str = "") -> Literal["made", "changed"]:
    """Create a browser source in a scene, or update the source of that name.

    Args:
        name: the name of the source in OBS.
        page: the ``url`` of the page, its ``width`` and its ``height`` in px.
        url: the address of obs-websocket: ``ws://127.0.0.1:4455``.
        password: its password; empty if it needs none.
        scene: the scene for a new source; empty for the current program scene.

    Returns:
        Whether the source was made or changed.

    Raises:
        MissingExtra: simpleobsws is not installed.
        ControlError: OBS does not answer, the password is wrong, or OBS refuses.
    """
    try:
        simpleobsws = importlib.import_module("simpleobsws")
    except ModuleNotFoundError as error:
        raise MissingExtra("simpleobsws", "obs") from error
    return asyncio.run(_made(simpleobsws, name, {**ALWAYS, **page}, url, password, scene))


async def _made(
    simpleobsws: Any, name: str, settings: Mapping[str, Any], url: str, password: str, scene: str
) -> Literal["made", "changed"]:
    logging.getLogger("simpleobsws").setLevel(logging.CRITICAL)  # we report its errors
    client = simpleobsws.WebSocketClient(url=url, password=password)
    try:
        await asyncio.wait_for(client.connect(), _TIMEOUT_S)
    except (OSError, TimeoutError, ValueError, simpleobsws.websockets.WebSocketException) as error:
        raise ControlError(f"OBS does not answer at {url}", cure=_CURE) from error
    try:
        identified = asyncio.create_task(client.wait_until_identified(timeout=_TIMEOUT_S))
        ended = client.recv_task  # OBS closes the connection if the password is wrong
        await asyncio.wait({identified, ended}, return_when=asyncio.FIRST_COMPLETED)
        if not client.identified:
            identified.cancel()
            raise ControlError("OBS refuses the password", cure="Set it in OBS_WEBSOCKET_PASSWORD, or use --password")

        async def call(request: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
            answer = await client.call(simpleobsws.Request(request, data), timeout=_TIMEOUT_S)
            if not answer.ok():
                raise ControlError(
                    f"OBS refuses {request}: {answer.requestStatus.comment or answer.requestStatus.code}"
                )
            return dict(answer.responseData or {})

        there = {entry["inputName"]: entry["inputKind"] for entry in (await call("GetInputList"))["inputs"]}
        if name in there:
            if there[name] != KIND:
                what = f"OBS already has a source {name} of the kind {there[name]}"
                raise ControlError(what, cure="Choose another name with --name")
            await call("SetInputSettings", {"inputName": name, "inputSettings": settings})
            return "changed"
        scene = scene or (await call("GetCurrentProgramScene"))["currentProgramSceneName"]
        await call(
            "CreateInput",
            {
                "sceneName": scene,
                "inputName": name,
                "inputKind": KIND,
                "inputSettings": settings,
                "sceneItemEnabled": True,
            },
        )
        return "made"
    except (OSError, TimeoutError, simpleobsws.MessageTimeout, simpleobsws.websockets.WebSocketException) as error:
        raise ControlError(f"OBS closed the connection: {error}", cure=_CURE) from error
    finally:
        await client.disconnect()
