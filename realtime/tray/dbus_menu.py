"""``DbusMenu``: the menu over D-Bus, by the interface ``com.canonical.dbusmenu``, which every Linux tray reads.

An entry keeps its number while it keeps its action, so that a click on a menu that has just changed does what its label
said.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from dbus_fast import Variant
from dbus_fast.annotations import (
    DBusBool,
    DBusInt32,
    DBusSignature,
    DBusStr,
    DBusUInt32,
    DBusVariant,
)
from dbus_fast.constants import PropertyAccess
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal

from realtime.tray.menu import Entry
from realtime.tray.tray import OnAction

PATH = "/MenuBar"
_ROOT = 0

Ids = Annotated[list[int], DBusSignature("ai")]
Names = Annotated[list[str], DBusSignature("as")]
Properties = Annotated[list[Any], DBusSignature("a(ia{sv})")]
Events = Annotated[list[Any], DBusSignature("a(isvu)")]


def constant(name: str, signature: str, value: object) -> Any:
    """Return a property that never changes."""

    def read(self: object) -> Annotated[Any, DBusSignature(signature)]:
        return value

    read.__name__ = name  # dbus-fast looks for the attribute of this name
    return dbus_property(access=PropertyAccess.READ)(read)


class DbusMenu(ServiceInterface):
    """Serves one menu, which may change.

    Args:
        on_action: called for each click.
    """

    Version = constant("Version", "u", 3)
    Status = constant("Status", "s", "normal")
    TextDirection = constant("TextDirection", "s", "ltr")
    IconThemePath = constant("IconThemePath", "as", [])

    def __init__(self, on_action: OnAction) -> None:
        super().__init__("com.canonical.dbusmenu")
        self._on_action = on_action
        self._numbers = itertools.count(1)
        self._known: dict[object, int] = {}
        self._revision = 0
        self._entries: dict[int, Entry] = {}
        self._children: dict[int, list[int]] = {}
        self.show(())

    def show(self, menu: Sequence[Entry]) -> None:
        """Show these entries from now on."""
        self._entries, self._children = {_ROOT: Entry(entries=tuple(menu))}, {}
        self._number(_ROOT, ())
        self._revision += 1
        self.LayoutUpdated()

    def _number(self, above: int, place: tuple[int, ...]) -> None:
        """Give a number to each entry of a submenu."""
        for index, entry in enumerate(self._entries[above].entries):
            here = (*place, index)
            key = entry.action or here
            if key not in self._known:
                self._known[key] = next(self._numbers)
            number = self._known[key]
            self._entries[number] = entry
            self._children.setdefault(above, []).append(number)
            self._number(number, here)

    def _layout(self, number: int, depth: int, names: Sequence[str]) -> list[Any]:
        """Return an entry and, down to ``depth`` (-1: all of them), those below it."""
        below = self._children.get(number, []) if depth else []
        children = [Variant("(ia{sv}av)", self._layout(child, depth - 1, names)) for child in below]
        return [number, self._properties(number, names), children]

    def _properties(self, number: int, names: Sequence[str]) -> dict[str, Variant]:
        every = dict(_properties(self._entries[number]))
        return {name: value for name, value in every.items() if not names or name in names}

    def _clicked(self, number: int, event: str) -> None:
        entry = self._entries.get(number)
        if event == "clicked" and entry and entry.action:
            self._on_action(entry.action)

    @dbus_method()
    def GetLayout(
        self, parent: DBusInt32, depth: DBusInt32, names: Names
    ) -> Annotated[tuple[int, list[Any]], DBusSignature("u(ia{sv}av)")]:
        """Return the entries below one of them, which is gone perhaps."""
        return self._revision, self._layout(parent, depth, names) if parent in self._entries else [parent, {}, []]

    @dbus_method()
    def GetGroupProperties(self, ids: Ids, names: Names) -> Properties:
        """Return the properties of some entries; without ids, of all."""
        return [[i, self._properties(i, names)] for i in ids or self._entries if i in self._entries]

    @dbus_method()
    def GetProperty(self, number: DBusInt32, name: DBusStr) -> DBusVariant:
        """Return one property."""
        return self._properties(number, [name])[name]

    @dbus_method()
    def Event(self, number: DBusInt32, event: DBusStr, data: DBusVariant, time: DBusUInt32) -> None:
        """Take a click."""
        self._clicked(number, event)

    @dbus_method()
    def EventGroup(self, events: Events) -> Ids:
        """Take several clicks; return the entries that are gone."""
        for number, event, _, _ in events:
            self._clicked(number, event)
        return [number for number, *_ in events if number not in self._entries]

    @dbus_method()
    def AboutToShow(self, number: DBusInt32) -> DBusBool:
        """Say that no entry waits for an update."""
        return False

    @dbus_method()
    def AboutToShowGroup(self, ids: Ids) -> Annotated[tuple[list[int], list[int]], DBusSignature("aiai")]:
        """Say that no entry waits for an update, and which ones are gone."""
        return [], [number for number in ids if number not in self._entries]

    @dbus_signal()
    def LayoutUpdated(self) -> Annotated[tuple[int, int], DBusSignature("ui")]:
        """Say that the whole menu changed."""
        return self._revision, _ROOT


def _properties(entry: Entry) -> Iterator[tuple[str, Variant]]:
    """Yield the properties that differ from the defaults of the interface."""
    if entry.label:
        yield "label", Variant("s", entry.label.replace("_", "__"))  # a single one marks a key
    elif not entry.entries:
        yield "type", Variant("s", "separator")
    if not entry.action and not entry.entries:
        yield "enabled", Variant("b", False)
    if entry.entries:
        yield "children-display", Variant("s", "submenu")
    if entry.ticked is not None:
        yield "toggle-type", Variant("s", "radio" if entry.one_of_many else "checkmark")
        yield "toggle-state", Variant("i", int(entry.ticked))
