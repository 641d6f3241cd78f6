"""``greenless ctl``: change the run that goes on in another window, so that shortcuts can be bound to it."""

import json as json_text
from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from realtime.commands.common import Common
from realtime.settings.tree import whole
from realtime.web import client


@dataclass(frozen=True, kw_only=True)
class Set:
    """Change settings while it runs: background=blur, scene.fit=contain, width=1920."""

    changes: tyro.conf.Positional[tuple[str, ...]]
    """KEY=VALUE, as in the settings file."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Take on the look of a preset."""

    name: tyro.conf.Positional[str]
    """Its name; --save keeps the look that is in effect under it, --delete forgets it."""

    save: bool = False
    """Keep what is in effect under this name."""

    delete: bool = False
    """Forget it."""


@dataclass(frozen=True, kw_only=True)
class Next:
    """The next background."""


@dataclass(frozen=True, kw_only=True)
class Shutter:
    """Close the privacy shutter, or open it."""

    to: tyro.conf.Positional[Literal["toggle", "close", "open"]] = "toggle"
    """toggle turns it over."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """Go on after stop."""


@dataclass(frozen=True, kw_only=True)
class Stop:
    """Pause: the camera is closed and the outputs show a notice, until start."""


@dataclass(frozen=True, kw_only=True)
class Stats:
    """How fast it is."""

    json: bool = False
    """Everything, as JSON."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """Show the address of the control page, with the token: open it in a browser."""

    overlay: bool = False
    """The overlay's address instead."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Control the greenless that runs: from a shell, a desktop's shortcut or a macro key."""

    action: (
        Annotated[Set, tyro.conf.subcommand("set")]
        | Annotated[Preset, tyro.conf.subcommand("preset")]
        | Annotated[Next, tyro.conf.subcommand("next")]
        | Annotated[Shutter, tyro.conf.subcommand("shutter")]
        | Annotated[Start, tyro.conf.subcommand("start")]
        | Annotated[Stop, tyro.conf.subcommand("stop")]
        | Annotated[Stats, tyro.conf.subcommand("stats")]
        | Annotated[Page, tyro.conf.subcommand("page")]
    )

    common: Common = Common()


def main(options: Options) -> int:
    """Do it.

    Raises:
        realtime.errors.GreenlessError: nothing runs, or it cannot be done.
    """
    match options.action:
        case Set(changes=changes):
            from realtime.settings.key_value import tables

            client.ask("POST", "/api/settings", tables(map(_found_from_there, changes)))
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


def _found_from_there(change: str) -> str:
    """A file by its whole path: the run that is asked may stand in another folder."""
    key, equals, value = change.partition("=")
    return key + equals + whole(value)


def _line(stats: dict[str, dict[str, dict[str, dict[str, float]]]]) -> str:
    recent = stats["recent"]
    stages = ", ".join(f"{name} {spread['p50_ms']:.0f}" for name, spread in recent["stages"].items())
    return f"{recent['fps']:.1f} fps, age {recent['age']['p50_ms']:.0f} ms ({stages})"
