"""``Portal``: asks the portal of the desktop for a permission, over D-Bus. Only this module imports jeepney.

The portal may show a dialog in which the user chooses or refuses. The order of the calls is that of
``org.freedesktop.portal.Request``.
"""

import itertools
import logging
from typing import Any

from realtime.ending import Closing
from realtime.errors import SourceError, from_extra

log = logging.getLogger("greenless")

PORTAL = "org.freedesktop.portal"
DESKTOP = "/org/freedesktop/portal/desktop"

_ANSWER_S = 25.0
"""How long the portal may take for an answer without a dialog."""

_DIALOG_S = 300.0
"""How long the user may take in a dialog."""

INSTALL = "Install the portal of your desktop (Debian, Ubuntu: sudo apt install xdg-desktop-portal-gnome, -kde or -wlr)"


class Refused(SourceError):
    """The user, or a rule of the desktop, said no."""


class Portal(Closing):
    """One interface of the portal. A permission lasts while this is open.

    Args:
        interface: name of the interface, as ``ScreenCast``.
        subject: what it gives access to, for errors: ``the screen``.

    Attributes:
        tokens: new names for sessions and requests.

    Raises:
        SourceError: there is no D-Bus.
        MissingExtra: jeepney is not installed.
    """

    def __init__(self, interface: str, subject: str) -> None:
        with from_extra("screen"):
            import jeepney
            import jeepney.io.blocking as blocking
        self._jeepney, self._subject = jeepney, subject
        self._address = jeepney.DBusAddress(DESKTOP, f"{PORTAL}.Desktop", f"{PORTAL}.{interface}")
        self.tokens = (f"greenless{number}" for number in itertools.count())
        try:
            self._bus = blocking.open_dbus_connection(bus="SESSION", enable_fds=True)
        except (OSError, KeyError, ValueError) as error:  # KeyError, ValueError: no or a strange address
            raise SourceError("this session has no D-Bus, so there is no portal", cure=INSTALL) from error

    def property(self, name: str) -> Any:
        """Return a property of the interface.

        Raises:
            SourceError: this desktop does not offer the interface.
        """
        return self._sent(self._jeepney.Properties(self._address).get(name))[0][1]

    def request(self, method: str, signature: str = "", *arguments: Any, **options: Any) -> dict[str, Any]:
        """Call a method that answers later, after a dialog perhaps; return the results.

        Args:
            method: its name.
            signature: the types of ``arguments``; the options follow them.
            *arguments: what the method takes.
            **options: each with its type.

        Raises:
            Refused: the user said no.
            SourceError: this desktop does not offer the interface, or nobody answered.
        """
        token = next(self.tokens)
        sender = self._bus.unique_name[1:].replace(".", "_")
        rule = self._jeepney.MatchRule(
            type="signal", interface=f"{PORTAL}.Request", path=f"{DESKTOP}/request/{sender}/{token}"
        )
        self._sent(self._jeepney.message_bus.AddMatch(rule))
        with self._bus.filter(rule) as answers:
            self.call(method, f"{signature}a{{sv}}", *arguments, options | {"handle_token": ("s", token)})
            try:
                code, results = self._bus.recv_until_filtered(answers, timeout=_DIALOG_S).body
            except TimeoutError as error:
                what = f"nobody answered the desktop's question for {self._subject}"
                raise SourceError(what, cure="Start greenless again") from error
        if code:
            raise self.refusal()
        return dict(results)

    def call(self, method: str, signature: str, *arguments: Any) -> tuple[Any, ...]:
        """Call a method and return its answer.

        Raises:
            Refused: the portal does not allow it.
            SourceError: this desktop does not offer the interface.
        """
        return self._sent(self._jeepney.new_method_call(self._address, method, signature, arguments))

    def refusal(self) -> Refused:
        """Make the error of a refusal."""
        cure = f"Start greenless again and allow {self._subject}; the desktop's settings for privacy may hold a refusal"
        return Refused(f"you did not allow greenless to use {self._subject}", cure=cure)

    def close(self) -> None:
        """Return the permission. May be called twice."""
        self._bus.close()

    def _sent(self, message: Any) -> tuple[Any, ...]:
        """Send a call and return the body of its answer."""
        try:
            answer = self._bus.send_and_get_reply(message, timeout=_ANSWER_S)
        except (TimeoutError, OSError, EOFError) as error:
            raise SourceError("the portal of the desktop does not answer", cure=INSTALL) from error
        if answer.header.message_type is not self._jeepney.MessageType.error:
            return tuple(answer.body)
        log.debug("the portal: %s", answer.body)
        if answer.header.fields.get(self._jeepney.HeaderFields.error_name, "").endswith(".NotAllowed"):
            raise self.refusal()
        raise SourceError(f"this desktop has no portal that offers {self._subject}", cure=INSTALL)
