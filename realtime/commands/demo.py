"""``greenless demo``: the live loop on the built-in sample, to try greenless before any setup."""

from dataclasses import dataclass, replace
from pathlib import Path

from realtime.commands.common import Common, say
from realtime.settings.schema import FinishSettings, MattingSettings, Quality, SceneSettings, Settings

VIDEO, SHEET = Path("demo.mp4"), Path("demo.png")

EVERYDAY = ("seconds", "background", "quality", "weights")
"""What ``--help`` shows."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Run the live loop on a built-in sample: no camera, no virtual camera, no download.

    Opens a window if there is a display (q ends the demo, b changes the background). Otherwise it writes demo.mp4 and a
    contact sheet, demo.png, to the current folder.
    """

    seconds: float = 10.0
    """Duration, in seconds."""

    quality: Quality = "balanced"
    """Trade-off between speed and quality. It decides enlarge, temporal and edge_colours if they are auto."""

    matting: MattingSettings = MattingSettings()

    finish: FinishSettings = FinishSettings()

    scene: SceneSettings = SceneSettings()

    common: Common = Common()


def defaults(settings: Settings) -> Options:
    """Return the options with the values of the settings file."""
    return Options(quality=settings.quality, matting=settings.matting, finish=settings.finish, scene=settings.scene)


def main(options: Options) -> int:
    """Run; return 1 if something failed during the run."""
    from realtime.commands.contact_sheet import ContactSheet
    from realtime.commands.live import play
    from realtime.session.open_parts import has_display

    settings = Settings(
        source="sample",
        quality=options.quality,
        matting=options.matting,
        finish=options.finish,
        scene=options.scene,
    )
    if has_display():
        _, summary = play(replace(settings, sink=("preview",)), seconds=options.seconds)
    else:
        say(f"no display found: writing {options.seconds:g} s to {VIDEO} and {SHEET}")
        sheet = ContactSheet(SHEET, [options.seconds * part for part in (0.1, 0.35, 0.6, 0.85)])
        _, summary = play(replace(settings, sink=(str(VIDEO),)), seconds=options.seconds, also=[sheet])
    print(summary.table(), flush=True)
    if not has_display() and not summary.errors:
        say(f"open {VIDEO} and {SHEET} (original | matte | composite)")
    return 1 if summary.errors else 0
