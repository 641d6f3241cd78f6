"""Says why PipeWire cannot be used, and what to do."""

import errno
import sys

START = "systemctl --user start pipewire wireplumber"
CURES = (
    "Install PipeWire (Debian, Ubuntu: sudo apt install pipewire wireplumber; Fedora and Arch have it), "
    f"then start it as the user of the desktop: {START}"
)

_NOT_THERE = (errno.EHOSTDOWN, errno.ECONNREFUSED, errno.ENOENT)


def reason(error: OSError) -> str:
    """Explain an ``OSError`` of this room in a few words."""
    if sys.platform != "linux":
        return "PipeWire is available only on Linux"
    if error.errno in _NOT_THERE:
        return "PipeWire does not run for this user"
    if "shared object file" in str(error):
        return "the library libpipewire-0.3 is not installed"
    return error.strerror or str(error)
