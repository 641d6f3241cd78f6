"""What the portal of the desktop permits: ``ScreenCast`` for a screen on Wayland, ``CameraAccess`` in a sandbox."""

import os
from typing import ClassVar

from realtime.ending import closed_on_error
from realtime.pipewire.portal import Portal, Refused

_SCREENS_AND_WINDOWS = 1 | 2
_CURSOR_EMBEDDED = 2
_UNTIL_THE_PROGRAM_ENDS = 1

SANDBOX = "/.flatpak-info"
"""A file that is there in a sandbox of Flatpak."""


class ScreenCast(Portal):
    """Permission to read one screen or window.

    The portal asks the user once: opening it again in this process restores the choice. A user who refused, or who
    ended the sharing, is not asked again.

    Attributes:
        descriptor: a socket of PipeWire; the caller owns it.
        node: number of the node to read.

    Raises:
        Refused: the user said no.
        SourceError: this desktop cannot share its screen.
        MissingExtra: jeepney is not installed.
    """

    _choice: ClassVar[str] = ""
    """The portal's token for what the user chose."""

    _refused: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__("ScreenCast", "the screen")
        with closed_on_error(self):
            if ScreenCast._refused:
                raise self.refusal()
            try:
                self._ask()
            except Refused:
                self.refuse()
                raise

    def refuse(self) -> None:
        """Remember that the user ended the sharing."""
        ScreenCast._refused = True

    def _ask(self) -> None:
        kinds = int(self.property("AvailableSourceTypes")) & _SCREENS_AND_WINDOWS or 1
        session = self.request("CreateSession", session_handle_token=("s", next(self.tokens)))["session_handle"][1]
        options = {
            "types": ("u", kinds),
            "cursor_mode": ("u", _CURSOR_EMBEDDED),
            "persist_mode": ("u", _UNTIL_THE_PROGRAM_ENDS),
        }
        restored = {"restore_token": ("s", ScreenCast._choice)} if ScreenCast._choice else {}
        self.request("SelectSources", "o", session, **options, **restored)
        started = self.request("Start", "os", session, "")
        ScreenCast._choice = started.get("restore_token", ("s", ""))[1]
        self.node: int = started["streams"][1][0][0]
        self.descriptor: int = self.call("OpenPipeWireRemote", "oa{sv}", session, {})[0].to_raw_fd()


class CameraAccess(Portal):
    """Permission to read cameras. Outside of a sandbox a program needs none.

    Raises:
        Refused: the user said no.
        SourceError: this desktop does not give cameras to programs in a sandbox.
        MissingExtra: jeepney is not installed.
    """

    def __init__(self) -> None:
        super().__init__("Camera", "cameras")
        with closed_on_error(self):
            self.request("AccessCamera")

    def remote(self) -> int:
        """Return a socket of PipeWire; the caller owns it."""
        return int(self.call("OpenPipeWireRemote", "a{sv}", {})[0].to_raw_fd())


def is_sandboxed() -> bool:
    """Return whether this process reaches cameras only through the portal."""
    return os.path.exists(SANDBOX)
