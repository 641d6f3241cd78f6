"""What OBS Studio can show of greenless: the overlay, the virtual camera, a clip."""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.shown import shown
from realtime.errors import ControlError, SinkError

OVERLAY = "overlay"
VIRTUAL_CAMERA = "virtual-camera"
BROWSER_KIND = "browser_source"

OFFERS = {
    "v4l2_input": f"--sink {VIRTUAL_CAMERA} (live, with a background)",
    "pipewire-camera-source": "its source Video Capture Device (PipeWire), by hand (live, with a background)",
    "ffmpeg_source": "--sink CLIP.webm (a clip that greenless video wrote; it can be transparent)",
}
"""Kind of OBS -> how to use it in an OBS without a browser source."""


@dataclass(frozen=True, kw_only=True)
class ObsSource:
    """A source of OBS."""

    kind: str
    """What OBS calls its kind: ``browser_source``."""

    settings: dict[str, Any]
    """Its settings, as obs-websocket takes them. OBS keeps the others."""

    summary: str
    """What it shows, in a word or two: ``1280x720``."""

    menu: str
    """Its entry in the menu of OBS: ``Browser``."""

    entries: dict[str, str]
    """What a user enters by hand: label in OBS -> value."""

    hints: tuple[str, ...] = field(default=())
    """What else a user should know, one sentence each."""


def overlay(url: str, *, width_px: int, height_px: int) -> ObsSource:
    """Return a browser source: transparent and live. It keeps running while OBS shows another scene."""
    settings = {
        "url": url,
        "width": width_px,
        "height": height_px,
        "css": "",
        "reroute_audio": False,
        "restart_when_active": False,
        "shutdown": False,
    }
    return ObsSource(
        kind=BROWSER_KIND,
        settings=settings,
        summary=f"{width_px}x{height_px}",
        menu="Browser",
        entries={"URL": url, "Width": str(width_px), "Height": str(height_px), "Custom CSS": "(empty)"},
        hints=(
            "The address stays the same in later runs. It contains your token: keep it secret.",
            "If OBS started before greenless, the source is empty: click Refresh in its properties.",
            f"If OBS lists no Browser, as in Debian, use greenless obs --sink {VIRTUAL_CAMERA}.",
        ),
    )


def virtual_camera(device: str = "") -> ObsSource:
    """Return a source that reads the virtual camera of greenless: live, with a background. Linux only.

    Args:
        device: ``/dev/videoN``; empty for the first virtual camera.

    Raises:
        SinkError: there is no such virtual camera.
        ControlError: no greenless writes to it, or the system is not Linux.
    """
    if sys.platform != "linux":
        what = f"--sink {VIRTUAL_CAMERA} adds a source to OBS on Linux only"
        raise ControlError(what, cure=f"Use --sink {OVERLAY}: OBS has a browser source on this system")
    from realtime.sinks import v4l2

    found = v4l2.loopbacks()
    if not found:
        from realtime.sinks.virtual_camera import INSTALL

        raise SinkError("there is no virtual camera on this machine", cure=INSTALL["linux"])
    device = device or found[0]
    if device not in found:
        raise SinkError(f"{shown(device)} is no virtual camera", cure=f"Choose one of: {', '.join(found)}")
    if not v4l2.can_capture(device):
        what = f"no greenless writes to {device}, so OBS cannot open it"
        raise ControlError(what, cure=f"Start it with: greenless run --sink {VIRTUAL_CAMERA}:{device}")
    return ObsSource(
        kind="v4l2_input",
        settings={"device_id": device, "buffering": False},
        summary=device,
        menu="Video Capture Device (V4L2)",
        entries={"Device": device, "Use buffering": "off"},
        hints=("For a transparent person: greenless --background '#00ff00', and OBS's filter Chroma Key.",),
    )


def clip(path: Path) -> ObsSource:
    """Return a media source that repeats a video file. OBS shows its alpha.

    Raises:
        ControlError: there is no such file.
    """
    if not path.is_file():
        what = f"expected {OVERLAY}, {VIRTUAL_CAMERA}[:DEVICE] or a video file, got {shown(str(path))}"
        raise ControlError(what, cure="Correct --sink. To make a clip: greenless video IN -o OUT.webm --alpha webm")
    path = path.absolute()
    return ObsSource(
        kind="ffmpeg_source",
        settings={"is_local_file": True, "local_file": str(path), "looping": True},
        summary=path.name,
        menu="Media Source",
        entries={"Local File": str(path), "Loop": "on"},
    )
