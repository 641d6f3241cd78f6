"""``ScreenCast``: asks the portal of the desktop for the screen, as Wayland requires.

The portal shows a dialog in which the user chooses a screen or a window, or refuses. D-Bus and the order of the calls
are those of ``org.freedesktop.portal.ScreenCast``. Only this module imports jeepney.
"""

import itertools
import logging
from typing import Any, ClassVar

from realtime.ending import Closing
from realtime.errors import MissingExtra, SourceError

log = logging.getLogger("greenless")

PORTAL = "org.freedesktop.portal"
DESKTOP = "/org/freedesktop/portal/desktop"

_ANSWER_S = 25.0
"""How long the portal may take for an answer without a dialog."""

_DIALOG_S = 300.0
"""How long the user may take in a dialog."""

_SCREENS_AND_WINDOWS = 1 | 2
_CURSOR_EMBEDDED = 2
_UNTIL_THE_PROGRAM_ENDS = 1
_INSTALL = (
    "Install the portal of your desktop (Debian, Ubuntu: sudo apt install xdg-desktop-portal-gnome, -kde or -wlr), "
    "or start greenless in an X11 session"
)


class ScreenCast(Closing):
    """Permission to read one screen or window, for as long as this is open.

    The portal asks the user once: opening it again in this process restores the choice. A user who refused, or who
    ended the sharing, is not asked again.

    Attributes:
        descriptor: a socket of PipeWire; the caller owns it.
        node: number of the node to read.

    Raises:
        SourceError: there is no portal that can do it, or the user refused.
        MissingExtra: jeepney is not installed.
    """

    _choice: ClassVar[str] = ""
    """The portal's token for what the user chose."""

    _refused: ClassVar[bool] = False

    def __init__(self) -> None:
        if ScreenCast._refused:
            raise _refusal()
        try:
            import jeepney
            import jeepney.io.blocking as blocking
        except ModuleNotFoundError as error:
            raise MissingExtra(str(error.name), "screen") from error
        self._jeepney = jeepney
        self._tokens = (f"greenless{number}" for number in itertools.count())
        try:
            self._bus = blocking.open_dbus_connection(bus="SESSION", enable_fds=True)
        except (OSError, KeyError, ValueError) as error:  # KeyError, ValueError: no or a strange address
            raise SourceError("this session has no D-Bus, so there is no portal", cure=_INSTALL) from error
        try:
            session = self._request("CreateSession", "", (), session_handle_token=("s", next(self._tokens)))
            handle = session["session_handle"][1]
            options = {"types": ("u", self._kinds()), "cursor_mode": ("u", _CURSOR_EMBEDDED)}
            options["persist_mode"] = ("u", _UNTIL_THE_PROGRAM_ENDS)
            if ScreenCast._choice:
                options["restore_token"] = ("s", ScreenCast._choice)
            self._request("SelectSources", "o", (handle,), **options)
            started = self._request("Start", "os", (handle, ""))
            ScreenCast._choice = started.get("restore_token", ("s", ""))[1]
            self.node: int = started["streams"][1][0][0]
            (remote,) = self._call("OpenPipeWireRemote", "oa{sv}", (handle, {}), _ANSWER_S)
            self.descriptor: int = remote.to_raw_fd()
        except BaseException:
            self.close()
            raise

    def refuse(self) -> None:
        """Remember that the user ended the sharing."""
        ScreenCast._refused = True

    def close(self) -> None:
        """Return the permission. May be called twice."""
        self._bus.close()

    def _kinds(self) -> int:
        """Ask which kinds of sources the portal offers, screens or windows; leave out the rest."""
        address = self._jeepney.DBusAddress(DESKTOP, f"{PORTAL}.Desktop", f"{PORTAL}.ScreenCast")
        offered = self._sent(self._jeepney.Properties(address).get("AvailableSourceTypes"), _ANSWER_S)[0][1]
        return int(offered) & _SCREENS_AND_WINDOWS or 1

    def _request(self, method: str, signature: str, arguments: tuple[Any, ...], **options: Any) -> dict[str, Any]:
        """Call a method that answers with a signal, after a dialog perhaps; return the results."""
        token = next(self._tokens)
        sender = self._bus.unique_name[1:].replace(".", "_")
        rule = self._jeepney.MatchRule(
            type="signal", interface=f"{PORTAL}.Request", path=f"{DESKTOP}/request/{sender}/{token}"
        )
        options["handle_token"] = ("s", token)
        self._sent(self._jeepney.message_bus.AddMatch(rule), _ANSWER_S)
        with self._bus.filter(rule) as answers:
            self._call(method, f"{signature}a{{sv}}", (*arguments, options), _ANSWER_S)
            try:
                code, results = self._bus.recv_until_filtered(answers, timeout=_DIALOG_S).body
            except TimeoutError as error:
                raise SourceError("nobody answered the desktop's question for the screen", cure="Try again") from error
        if code:
            self.refuse()
            raise _refusal()
        return dict(results)

    def _call(self, method: str, signature: str, arguments: tuple[Any, ...], timeout_s: float) -> tuple[Any, ...]:
        address = self._jeepney.DBusAddress(DESKTOP, f"{PORTAL}.Desktop", f"{PORTAL}.ScreenCast")
        return self._sent(self._jeepney.new_method_call(address, method, signature, arguments), timeout_s)

    def _sent(self, message: Any, timeout_s: float) -> tuple[Any, ...]:
        """Send a call and return the body of its answer."""
        try:
            answer = self._bus.send_and_get_reply(message, timeout=timeout_s)
        except (TimeoutError, OSError, EOFError) as error:
            raise SourceError("the portal of the desktop does not answer", cure=_INSTALL) from error
        if answer.header.message_type is self._jeepney.MessageType.error:
            log.debug("the portal: %s", answer.body)
            raise SourceError("this desktop has no portal that offers the screen", cure=_INSTALL)
        return tuple(answer.body)


def _refusal() -> SourceError:
    cure = "Start greenless again, and choose a screen or a window in the desktop's dialog"
    return SourceError("you did not allow greenless to read the screen", cure=cure)
