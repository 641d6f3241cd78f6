"""``greenless devices``: lists cameras and virtual cameras by the names that the other commands accept."""

import json
import sys
import textwrap
from dataclasses import dataclass

from realtime.commands.common import Common
from realtime.commands.table import table


@dataclass(frozen=True, kw_only=True)
class Options:
    """List the cameras (for --camera) and the virtual cameras (for --sink virtual-camera:DEVICE)."""

    json: bool = False
    """Print them as JSON."""

    common: Common = Common()


def main(options: Options) -> int:
    """List them."""
    from realtime.capture.cameras import cameras_without
    from realtime.sinks import virtual_camera

    outputs = virtual_camera.listed()
    cameras = {str(camera.handle): camera.name for camera in cameras_without(outputs)}
    if options.json:
        print(json.dumps({"cameras": cameras, "virtual_cameras": outputs}, indent=2))
        return 0
    print("cameras:")
    _print_rows(cameras, instead="none; greenless doctor shows the reason")
    print("virtual cameras:")
    _print_rows(
        dict.fromkeys(outputs, "v4l2loopback"),
        instead="none; greenless doctor shows how to add one"
        if sys.platform == "linux"
        else "this system cannot list them; greenless doctor tries to open one",
    )
    return 0


def _print_rows(devices: dict[str, str], *, instead: str) -> None:
    print(textwrap.indent(table(devices.items()) if devices else instead, "  "))
