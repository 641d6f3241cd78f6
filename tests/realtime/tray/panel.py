"""A panel of a desktop: watcher and host of StatusNotifierItem, and the notifications.

It speaks D-Bus by jeepney, which the application does not use for this.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jeepney
import jeepney.io.blocking as blocking
from jeepney import DBusAddress, HeaderFields, MessageType, Properties

from tests.realtime.stand_ins import PATIENCE_S, until

WATCHER = "org.kde.StatusNotifierWatcher"
NOTIFICATIONS = "org.freedesktop.Notifications"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"


@dataclass(frozen=True, kw_only=True)
class Row:
    """An entry of a menu, as it came over D-Bus."""

    number: int
    properties: dict[str, Any]
    rows: "list[Row]"

    @property
    def label(self) -> str:
        return str(self.properties.get("label", ""))

    @property
    def ticked(self) -> bool | None:
        state = self.properties.get("toggle-state")
        return None if state is None else state == 1


class Panel:
    """Owns the names of watcher and notifications until ``close``.

    Args:
        hosted: whether anything shows the icons.
    """

    def __init__(self, *, hosted: bool = True) -> None:
        self.items: list[str] = []
        self.notes: list[tuple[str, str]] = []
        self.replaced: list[int] = []
        self.updates = 0
        self._hosted = hosted
        self._over = threading.Event()
        self._bus = blocking.open_dbus_connection(bus="SESSION")
        rule = jeepney.MatchRule(type="signal", interface=MENU)
        self._bus.send_and_get_reply(jeepney.message_bus.AddMatch(rule))
        for name in (WATCHER, NOTIFICATIONS):
            self._bus.send(jeepney.message_bus.RequestName(name))  # whoever waits for answers drops calls
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        self._asking = blocking.open_dbus_connection(bus="SESSION")

    def close(self) -> None:
        """Leave the bus, as a panel that crashes."""
        self._over.set()
        self._thread.join(PATIENCE_S)
        self._bus.close()
        self._asking.close()

    def wait_for_icon(self) -> None:
        until(lambda: self.items)

    def icon(self, name: str) -> Any:
        """A property of the icon."""
        address = DBusAddress("/StatusNotifierItem", self.items[-1], ITEM)
        return self._ask(Properties(address).get(name))[0][1]

    def press(self, method: str = "Activate") -> None:
        """Click on the icon."""
        address = DBusAddress("/StatusNotifierItem", self.items[-1], ITEM)
        self._ask(jeepney.new_method_call(address, method, "ii", (10, 10)))

    def menu(self) -> list[Row]:
        """The whole menu."""
        return _row(self._menu("GetLayout", "iias", (0, -1, []))[1]).rows

    def labels(self, *path: str) -> list[str]:
        """The labels of the menu, or of the submenu at ``path``."""
        return [row.label for row in self._rows(path)]

    def ticked(self, *path: str) -> list[str]:
        """The labels with a tick."""
        return [row.label for row in self._rows(path) if row.ticked]

    def click(self, *path: str) -> None:
        """Click the entry at the end of ``path``."""
        *above, label = path
        [number] = [row.number for row in self._rows(above) if row.label == label]
        self.click_number(number)

    def click_number(self, number: int) -> None:
        self._menu("Event", "isvu", (number, "clicked", ("s", ""), 0))

    def properties_of(self, numbers: Sequence[int], names: Sequence[str]) -> dict[int, dict[str, Any]]:
        """What a panel asks for some entries."""
        [answers] = self._menu("GetGroupProperties", "aias", (list(numbers), list(names)))
        return {number: {name: value[1] for name, value in found.items()} for number, found in answers}

    def _rows(self, path: Sequence[str]) -> list[Row]:
        rows = self.menu()
        for label in path:
            [rows] = [row.rows for row in rows if row.label == label]
        return rows

    def _menu(self, method: str, signature: str, arguments: tuple[Any, ...]) -> Any:
        address = DBusAddress(self.icon("Menu"), self.items[-1], MENU)
        return self._ask(jeepney.new_method_call(address, method, signature, arguments))

    def _ask(self, message: Any) -> Any:
        answer = self._asking.send_and_get_reply(message, timeout=PATIENCE_S)
        assert answer.header.message_type is MessageType.method_return, answer.body
        return answer.body

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                message = self._bus.receive(timeout=0.05)
            except TimeoutError:
                continue
            except OSError:  # the bus is gone
                return
            member = message.header.fields.get(HeaderFields.member)
            if message.header.message_type is MessageType.signal:
                self.updates += member == "LayoutUpdated"
            elif message.header.message_type is MessageType.method_call:
                self._bus.send(self._answer(member, message))

    def _answer(self, member: str, message: Any) -> Any:
        match member:
            case "RegisterStatusNotifierItem":
                self.items.append(message.body[0])
                return jeepney.new_method_return(message)
            case "Get":
                return jeepney.new_method_return(message, "v", (("b", self._hosted),))
            case "Notify":
                self.notes.append((message.body[3], message.body[4]))
                self.replaced.append(message.body[1])
                return jeepney.new_method_return(message, "u", (7,))
        return jeepney.new_error(message, "org.freedesktop.DBus.Error.UnknownMethod")


def _row(layout: Any) -> Row:
    number, properties, rows = layout
    values = {name: value[1] for name, value in properties.items()}
    return Row(number=number, properties=values, rows=[_row(below[1]) for below in rows])
