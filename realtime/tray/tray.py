"""``Tray``: the seam between ``App`` and the desktops."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Protocol

from realtime.errors import GreenlessError, from_extra
from realtime.tray.menu import Action, Entry, Icon

OnAction = Callable[[Action], None]
"""Called with the action of a clicked entry, or ``("page",)`` for a click on the icon; on the thread of the loop."""

EXTRA = "app"


class NoTray(GreenlessError):
    """There is no way to show an icon."""


class Tray(Protocol):
    """An icon in the tray."""

    async def visible(self) -> bool:
        """Return whether the desktop shows the icon."""
        ...

    def show(self, icon: Icon, title: str, menu: Sequence[Entry]) -> None:
        """Show this icon and menu from now on."""
        ...

    async def notify(self, title: str, text: str) -> None:
        """Show a notification, if the desktop can."""
        ...

    def close(self) -> None:
        """Remove the icon. May be called twice."""
        ...


def later(tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
    """Do ``work`` in a task, which is one of ``tasks`` until it is done."""
    task = asyncio.ensure_future(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


OpenTray = Callable[[OnAction], Awaitable[Tray]]


class Nowhere:
    """The tray of a desktop that cannot have one."""

    async def visible(self) -> bool:
        """Return False."""
        return False

    def show(self, icon: Icon, title: str, menu: Sequence[Entry]) -> None:
        """Do nothing."""

    async def notify(self, title: str, text: str) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


async def open_on_linux(on_action: OnAction) -> Tray:
    """Open the tray of a Linux desktop.

    Raises:
        NoTray: this session has no D-Bus.
        MissingExtra: dbus-fast is not installed.
    """
    with from_extra(EXTRA):
        from realtime.tray.status_notifier import opened
    return await opened(on_action)
