"""``greenless obs``: the person with the alpha as a source in OBS Studio."""

import os
from dataclasses import dataclass

from realtime.commands.common import Common
from realtime.settings.schema import Settings
from realtime.web import client

PASSWORD = "OBS_WEBSOCKET_PASSWORD"


@dataclass(frozen=True, kw_only=True)
class Options:
    """Add the person, cut out, as a source to OBS Studio: show how, or with --make do it.

    A greenless must be running: greenless run --sink overlay. OBS takes the overlay as a browser source, with its true
    transparency, so that no green and no chroma key is needed.
    """

    make: bool = False
    """Make the source through obs-websocket, or set the one of that name anew (extra greenless[obs])."""

    url: str = "ws://127.0.0.1:4455"
    """Where obs-websocket listens."""

    password: str = ""
    """Its password; better in the environment, as OBS_WEBSOCKET_PASSWORD: other users can see a command line."""

    name: str = "greenless"
    """What OBS calls the source."""

    scene: str = ""
    """In which scene of OBS; empty is the one on air."""

    width: int = 0
    """Width of the source in px; 0 is that of greenless's pictures."""

    height: int = 0
    """Height of the source in px; 0 is that of greenless's pictures."""

    common: Common = Common()


def main(options: Options) -> int:
    """Show or make.

    Raises:
        realtime.errors.GreenlessError: nothing runs, OBS does not answer, or it refuses.
    """
    granted_px = _size_px()
    width_px, height_px = options.width or granted_px[0], options.height or granted_px[1]
    overlay = client.running().overlay
    if not options.make:
        print(_steps(overlay, width_px, height_px))
        return 0
    from realtime.web.obs import BrowserSource, make

    source = BrowserSource(name=options.name, url=overlay, width_px=width_px, height_px=height_px)
    password = options.password or os.environ.get(PASSWORD, "")
    done = make(source, url=options.url, password=password, scene=options.scene)
    print(f"{done}: the source {options.name}, {width_px}x{height_px}")
    return 0


def _size_px() -> tuple[int, int]:
    """Width and height of what flows, which the camera may have granted otherwise than asked; before it, as asked."""
    if picture := client.ask("GET", "/api/stats").get("picture"):
        return picture["width_px"], picture["height_px"]
    camera = client.ask("GET", "/api/state")["settings"].get("camera", vars(Settings().camera))
    return camera["width"], camera["height"]


def _steps(overlay: str, width_px: int, height_px: int) -> str:
    return "\n".join(
        [
            "In OBS Studio, under Sources: +, Browser, Create new, then",
            "",
            f"  URL         {overlay}",
            f"  Width       {width_px}",
            f"  Height      {height_px}",
            "  Custom CSS  (empty)",
            "",
            "The address stays the same from run to run. It holds your token: show it to nobody.",
            "Where OBS was started before greenless the source is empty: Refresh, in its properties, loads it.",
            "greenless obs --make does all this through obs-websocket.",
        ]
    )
