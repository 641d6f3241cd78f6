"""``greenless obs``: adds the person with alpha as a source to OBS Studio."""

import os
from dataclasses import dataclass

from realtime.commands.common import Common
from realtime.web import client

PASSWORD = "OBS_WEBSOCKET_PASSWORD"


@dataclass(frozen=True, kw_only=True)
class Options:
    """Add the person, cut out, as a source to OBS Studio. Prints the steps; --make does them for you.

    greenless must be running: greenless run --sink overlay. OBS shows the overlay as a browser source with real
    transparency, so it needs no green screen and no chroma key.
    """

    make: bool = False
    """Create the source through obs-websocket, or update the source called --name (extra greenless[obs])."""

    url: str = "ws://127.0.0.1:4455"
    """Address of obs-websocket."""

    password: str = ""
    """Password of obs-websocket. The environment variable OBS_WEBSOCKET_PASSWORD is safer, because other users can
    see a command line."""

    name: str = "greenless"
    """Name of the source in OBS."""

    scene: str = ""
    """OBS scene that gets a new source; empty for the current program scene."""

    width: int = 0
    """Width of the source in px; 0 uses the frame width."""

    height: int = 0
    """Height of the source in px; 0 uses the frame height."""

    common: Common = Common()


def main(options: Options) -> int:
    """Print the steps, or create the source.

    Raises:
        realtime.errors.GreenlessError: no greenless is running, OBS does not answer, or OBS refuses.
    """
    granted_px = _size_px()
    width_px, height_px = options.width or granted_px[0], options.height or granted_px[1]
    overlay = client.running().overlay
    if not options.make:
        print(_steps(overlay, width_px, height_px))
        return 0
    from realtime.web.obs import make

    page = {"url": overlay, "width": width_px, "height": height_px}
    password = options.password or os.environ.get(PASSWORD, "")
    done = make(options.name, page, url=options.url, password=password, scene=options.scene)
    print(f"{done}: the source {options.name}, {width_px}x{height_px}")
    return 0


def _size_px() -> tuple[int, int]:
    """Return width and height of the frames, which may differ from the request; before the first frame, the request."""
    if picture := client.ask("GET", "/api/stats").get("picture"):
        return picture["width_px"], picture["height_px"]
    camera = client.ask("GET", "/api/state")["settings"]["camera"]
    return camera["width"], camera["height"]


def _steps(overlay: str, width_px: int, height_px: int) -> str:
    return "\n".join(
        [
            "In OBS Studio, under Sources, click +, Browser, Create new. Then enter:",
            "",
            f"  URL         {overlay}",
            f"  Width       {width_px}",
            f"  Height      {height_px}",
            "  Custom CSS  (empty)",
            "",
            "The address stays the same in later runs. It contains your token: keep it secret.",
            "If OBS started before greenless, the source is empty: click Refresh in its properties.",
            "greenless obs --make does all this through obs-websocket.",
        ]
    )
