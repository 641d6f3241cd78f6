"""``greenless ctl``: controls the running greenless, so that keyboard shortcuts can use it."""

import json as json_text
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import tyro

from realtime.commands.common import Common
from realtime.matting.remote_report import RemoteReport
from realtime.settings.tree import whole
from realtime.web import client


@dataclass(frozen=True, kw_only=True)
class Set:
    """Change settings of the running greenless, for example: background=blur scene.fit=contain width=1920"""

    changes: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="KEY=VALUE...")]
    """Keys and values as in the settings file."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Apply, save or delete a preset."""

    name: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="NAME")]
    """Name of the preset."""

    save: bool = False
    """Save the current look under this name."""

    delete: bool = False
    """Delete the preset."""


@dataclass(frozen=True, kw_only=True)
class Next:
    """Change to the next background."""


@dataclass(frozen=True, kw_only=True)
class Shutter:
    """Close or open the privacy shutter."""

    to: tyro.conf.Positional[Literal["toggle", "close", "open"]] = "toggle"
    """close, open, or toggle to switch between the two."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """Continue after stop."""


@dataclass(frozen=True, kw_only=True)
class Stop:
    """Pause: close the camera and show a notice on the outputs, until start."""


@dataclass(frozen=True, kw_only=True)
class Stats:
    """Print frame rate, latency and stage times."""

    json: bool = False
    """Print all statistics as JSON."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """Print the address of the control page, with the token, to open in a browser."""

    overlay: bool = False
    """Print the address of the overlay instead."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Control the running greenless from a shell, a desktop shortcut or a macro key."""

    action: Set | Preset | Next | Shutter | Start | Stop | Stats | Page

    common: Common = Common()


def main(options: Options) -> int:
    """Send the request.

    Raises:
        realtime.errors.GreenlessError: no greenless is running, or it refuses the request.
    """
    match options.action:
        case Set(changes=changes):
            from realtime.settings.key_value import tables

            client.ask("POST", "/api/settings", tables(map(_absolute, changes)))
        case Preset(name=name, save=save, delete=delete):
            path = f"/api/presets/{client.named(name)}"
            if save or delete:
                client.ask("PUT" if save else "DELETE", path)
            else:
                client.ask("POST", f"{path}/apply")
        case Next():
            print(client.ask("POST", "/api/next")["settings"]["scene"]["background"])
        case Shutter(to=to):
            closed = {"toggle": None, "close": True, "open": False}[to]
            print("closed" if client.shutter(closed) else "open")
        case Start():
            client.ask("POST", "/api/start")
        case Stop():
            client.ask("POST", "/api/stop")
        case Stats(json=json):
            stats = client.ask("GET", "/api/stats")
            print(json_text.dumps(stats, indent=2) if json else _line(stats))
        case Page(overlay=overlay):
            there = client.running()
            print(there.overlay if overlay else there.page)
    return 0


def _absolute(change: str) -> str:
    """Make the path of a file absolute, because the run may have another working directory."""
    key, equals, value = change.partition("=")
    return key + equals + whole(value)


def _line(stats: dict[str, Any]) -> str:
    recent = stats["recent"]
    stages = ", ".join(f"{name} {spread['p50_ms']:.0f}" for name, spread in recent["stages"].items())
    line = f"{recent['fps']:.1f} fps, latency {recent['age']['p50_ms']:.0f} ms ({stages})"
    return f"{line}; {RemoteReport(**stats['remote'])}" if "remote" in stats else line
