"""``greenless devices``: lists cameras and virtual cameras by the names that the other commands accept."""

import json
import sys
import textwrap
from dataclasses import dataclass

from realtime.commands.common import Common
from realtime.commands.table import table

PIPEWIRE = "PipeWire, for --sink pipewire[:NAME]; greenless doctor shows how browsers find it"


@dataclass(frozen=True, kw_only=True)
class Options:
    """List the cameras (for --camera) and the virtual cameras (for --sink virtual-camera:DEVICE).

    On Linux it also lists the cameras of PipeWire, for --source pipewire:NODE.
    """

    json: bool = False
    """Print them as JSON."""

    common: Common = Common()


def main(options: Options) -> int:
    """List them."""
    from realtime.capture.cameras import cameras_without
    from realtime.sinks import virtual_camera

    outputs = virtual_camera.listed()
    cameras = {str(camera.handle): camera.name for camera in cameras_without(outputs)}
    pipewire = _pipewire()
    if options.json:
        found = {"cameras": cameras, "virtual_cameras": outputs, "pipewire": pipewire}
        print(json.dumps(found, indent=2))
        return 0
    print("cameras:")
    _print_rows(cameras, instead="none; greenless doctor shows the reason")
    print("virtual cameras:")
    _print_rows(
        dict.fromkeys(outputs, "v4l2loopback") | ({} if pipewire is None else {"pipewire": PIPEWIRE}),
        instead="none; greenless doctor shows how to add one"
        if sys.platform == "linux"
        else "this system cannot list them; greenless doctor tries to open one",
    )
    if pipewire:
        print("cameras of PipeWire:")
        _print_rows({f"pipewire:{name}": description for name, description in pipewire.items()}, instead="")
    return 0


def _pipewire() -> dict[str, str] | None:
    """Return the cameras of PipeWire, name and description; None if it does not run."""
    if sys.platform != "linux":
        return None
    from realtime.pipewire import registry
    from realtime.pipewire.connection import Connection

    try:
        return {node.name: node.description for node in registry.look(Connection()).cameras}
    except OSError:
        return None


def _print_rows(devices: dict[str, str], *, instead: str) -> None:
    print(textwrap.indent(table(devices.items()) if devices else instead, "  "))
