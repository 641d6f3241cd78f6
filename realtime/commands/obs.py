"""``greenless obs``: adds the person as a source to OBS Studio."""

import os
import shlex
from dataclasses import dataclass

from models.files import named
from realtime.commands.common import Common
from realtime.errors import SettingsError
from realtime.web import client, obs_sources

EVERYDAY = ("make", "sink", "url", "password", "name", "scene")
"""What ``--help`` shows."""

PASSWORD = "OBS_WEBSOCKET_PASSWORD"


@dataclass(frozen=True, kw_only=True)
class Options:
    """Add the person, cut out, as a source to OBS Studio. Prints the steps; --make does them for you.

    greenless must be running: greenless run --sink overlay. OBS shows the overlay as a browser source with real
    transparency, so it needs no green screen and no chroma key. Some builds of OBS, like Debian's, have no browser
    source. They can show the virtual camera or a clip: see --sink.
    """

    make: bool = False
    """Create the source through obs-websocket, or update the source called --name."""

    sink: str = obs_sources.OVERLAY
    """What OBS shows: overlay (live, transparent), virtual-camera[:DEVICE] (live, with a background; Linux), or a
    video file."""

    url: str = "ws://127.0.0.1:4455"
    """Address of obs-websocket."""

    password: str = ""
    """Password of obs-websocket. The environment variable OBS_WEBSOCKET_PASSWORD is safer, because other users can
    see a command line."""

    name: str = "greenless"
    """Name of the source in OBS."""

    scene: str = ""
    """Scene of OBS that shows the source. If empty, a new source goes into the current scene, and an existing one
    stays where it is."""

    width: int = 0
    """Width of the overlay in px; 0 uses the frame width."""

    height: int = 0
    """Height of the overlay in px; 0 uses the frame height."""

    common: Common = Common()


def main(options: Options) -> int:
    """Print the steps, or create the source.

    Raises:
        realtime.errors.GreenlessError: greenless does not run, OBS does not answer, or OBS refuses.
    """
    source = _source(options)
    if not options.make:
        print(_steps(source))
        return 0
    from realtime.web.obs import make

    password = options.password or os.environ.get(PASSWORD, "")
    made = make(source, name=options.name, url=options.url, password=password, scene=options.scene)
    where = f", in the scene {made.scene}" if made.there else ""
    print(f"{made.done}: the source {options.name}, {source.summary}{where}")
    if not made.there:
        print(f"The current scene, {made.scene}, does not show it; --scene {shlex.quote(made.scene)} adds it.")
    return 0


def _source(options: Options) -> obs_sources.ObsSource:
    if options.sink == obs_sources.OVERLAY:
        width_px, height_px = _size_px()
        return obs_sources.overlay(
            client.running().overlay,
            width_px=options.width or width_px,
            height_px=options.height or height_px,
        )
    if options.width or options.height:
        raise SettingsError(
            "--width and --height are for the overlay", cure="Remove them: OBS takes the size of the source"
        )
    kind, _, device = options.sink.partition(":")
    if kind == obs_sources.VIRTUAL_CAMERA:
        return obs_sources.virtual_camera(device)
    return obs_sources.clip(named(options.sink))


def _size_px() -> tuple[int, int]:
    """Return width and height of the frames, which may differ from the request; before the first frame, the request."""
    if picture := client.ask("GET", "/api/stats").get("picture"):
        return picture["width_px"], picture["height_px"]
    camera = client.ask("GET", "/api/state")["settings"]["camera"]
    return camera["width"], camera["height"]


def _steps(source: obs_sources.ObsSource) -> str:
    widest = max(map(len, source.entries))
    return "\n".join(
        [
            f"In OBS Studio, under Sources, click +, {source.menu}, Create new. Then enter:",
            "",
            *(f"  {label:{widest}}  {value}" for label, value in source.entries.items()),
            "",
            *source.hints,
            "With --make, greenless does all this through obs-websocket.",
        ]
    )
