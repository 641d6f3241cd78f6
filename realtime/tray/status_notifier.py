"""``StatusNotifier``: the tray of Linux desktops, over D-Bus.

KDE, Xfce, LXQt, Cinnamon, Budgie, MATE, Waybar, and GNOME with its extension show icons by StatusNotifierItem, on X11
and on Wayland, and draw the menu themselves. Of the libraries, dbus-fast (3 MB installed, a release a month) serves
objects with types that mypy checks. jeepney, which asks the portal, serves none; the last dbus-next is of 2021.
pystray needs GTK of the system, or has no menu on Linux. PySide6 would add some 250 MB for one icon.
"""

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from html import escape
from typing import Any

from dbus_fast import BusType, DBusError, Message, MessageType, Variant
from dbus_fast.aio.message_bus import MessageBus
from dbus_fast.errors import AuthError, InvalidAddressError

from realtime.tray import dbus_menu, icons, item
from realtime.tray.dbus_menu import DbusMenu
from realtime.tray.item import Item
from realtime.tray.menu import Entry, Icon
from realtime.tray.tray import NoTray, OnAction, later

WATCHER = "org.kde.StatusNotifierWatcher"
WATCHER_PATH = "/StatusNotifierWatcher"
NOTIFICATIONS = "org.freedesktop.Notifications"
BUS = "org.freedesktop.DBus"

PANEL_S = 5.0
"""How long a panel may take to appear at login."""

ANSWER_S = 10.0
"""How long another program may take for an answer."""

_RULES = (
    f"type='signal',sender='{BUS}',member='NameOwnerChanged',arg0='{WATCHER}'",
    f"type='signal',interface='{WATCHER}',member='StatusNotifierHostRegistered'",
    f"type='signal',interface='{WATCHER}',member='StatusNotifierHostUnregistered'",
)


def name_of(process: int) -> str:
    """Return the name on the bus of the icon of a process."""
    return f"{item.INTERFACE}-{process}-1"


class _Bus(MessageBus):
    """A connection that drops what it cannot send, because the session ends.

    The one of dbus-fast raises then, in the middle of the caller, and leaves a future whose error asyncio logs later.
    """

    def send(self, msg: Message) -> None:  # type: ignore[override]  # nobody waits until it is sent
        """Send a message soon."""
        msg.serial = msg.serial or self.next_serial()
        asyncio.get_running_loop().call_soon(self._write, msg)

    def _write(self, msg: Message) -> None:
        if self.connected and self._writer:
            with suppress(OSError):
                self._writer.schedule_write(msg)


class StatusNotifier:
    """The icon on the session bus. Make it with ``opened``.

    Args:
        bus: a connection.
        on_action: called for each click.
    """

    def __init__(self, bus: MessageBus, on_action: OnAction) -> None:
        self._bus = bus
        self._on_action = on_action
        self._item, self._menu = Item(on_action), DbusMenu(on_action)
        self._name = str(bus.unique_name)
        self._shown: tuple[object, ...] = ()
        self._hosted = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._note = 0

    async def visible(self) -> bool:
        """Return whether a panel shows the icon; wait a little, because both may have just started."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._hosted.wait(), PANEL_S)
        return self._hosted.is_set()

    def show(self, icon: Icon, title: str, menu: Sequence[Entry]) -> None:
        """Show this icon and menu from now on."""
        if not self._bus.connected:
            return
        self._item.show(icon, title)
        if self._shown != tuple(menu):
            self._shown = tuple(menu)
            self._menu.show(menu)

    async def notify(self, title: str, text: str) -> None:
        """Show a notification in place of the one before; do nothing on a desktop without notifications."""
        image = str(icons.path("greenless", 64))
        hints = {"desktop-entry": Variant("s", "greenless")}
        body = ["greenless", self._note, image, title, escape(text, quote=False), [], hints, -1]
        answer = await _call(
            self._bus, NOTIFICATIONS, "/org/freedesktop/Notifications", "Notify", "susssasa{sv}i", body
        )
        self._note = answer[0] if answer else 0

    def close(self) -> None:
        """Leave the bus, which removes the icon."""
        for task in self._tasks:
            task.cancel()
        self._bus.disconnect()

    async def open(self) -> None:
        """Export the icon and look for a panel, now and whenever one appears."""
        self._bus.export(item.PATH, self._item)
        self._bus.export(dbus_menu.PATH, self._menu)
        with suppress(DBusError):  # a sandbox may forbid it
            await self._bus.request_name(name_of(os.getpid()))
            self._name = name_of(os.getpid())
        self._bus.add_message_handler(self._hear)
        for rule in _RULES:
            await _call(self._bus, BUS, "/org/freedesktop/DBus", "AddMatch", "s", [rule])
        later(self._tasks, self._quit_with_the_session())
        await self._register()

    def _hear(self, message: Message) -> bool:
        """Take a signal of the watcher."""
        ours = message.interface == WATCHER or message.member == "NameOwnerChanged"
        if message.message_type is MessageType.SIGNAL and ours:
            later(self._tasks, self._register())
        return False

    async def _quit_with_the_session(self) -> None:
        with suppress(OSError, EOFError):
            await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
        self._on_action(("quit",))

    async def _register(self) -> None:
        """Tell the watcher of the icon, and ask whether any panel shows it. Registering twice does nothing."""
        hosted = False
        if await _call(self._bus, WATCHER, WATCHER_PATH, "RegisterStatusNotifierItem", "s", [self._name]) is not None:
            asked = [WATCHER, "IsStatusNotifierHostRegistered"]
            answer = await _call(self._bus, WATCHER, WATCHER_PATH, f"{BUS}.Properties.Get", "ss", asked)
            hosted = answer is None or bool(answer[0].value)
        (self._hosted.set if hosted else self._hosted.clear)()


async def opened(on_action: OnAction) -> StatusNotifier:
    """Put the icon on the session bus.

    Raises:
        NoTray: this session has no D-Bus.
    """
    notifier = StatusNotifier(await _bus(), on_action)
    await notifier.open()
    return notifier


async def activate(process: int) -> bool:
    """Do what a click on the icon of another process does; return whether there is such an icon."""
    try:
        bus = await _bus()
    except NoTray:
        return False
    try:
        call = f"{item.INTERFACE}.Activate"
        return await _call(bus, name_of(process), item.PATH, call, "ii", [0, 0]) is not None
    finally:
        bus.disconnect()


async def _bus() -> MessageBus:
    try:
        return await _Bus(bus_type=BusType.SESSION).connect()
    except (OSError, EOFError, AuthError, InvalidAddressError) as error:
        raise NoTray("this session has no D-Bus, so there is no tray") from error


async def _call(
    bus: MessageBus, name: str, path: str, member: str, signature: str, body: list[Any]
) -> list[Any] | None:
    """Call a method and return its answer; None if it fails.

    Args:
        bus: the connection.
        name: whom to call; also the interface, unless ``member`` names one.
        path: the object.
        member: the method.
        signature: the types of ``body``.
        body: the arguments.
    """
    if not bus.connected:
        return None
    interface, _, member = member.rpartition(".")
    message = Message(
        destination=name, path=path, interface=interface or name, member=member, signature=signature, body=body
    )
    try:
        async with asyncio.timeout(ANSWER_S):
            answer = await bus.call(message)
    except (OSError, EOFError):  # OSError: also no answer in time
        return None
    return list(answer.body) if answer.message_type is MessageType.METHOD_RETURN else None
