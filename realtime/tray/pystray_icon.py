"""``PystrayIcon``: the tray of Windows and macOS, by pystray. Only this module imports it.

These systems want the icon on the main thread, so ``App`` has a thread of its own.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from PIL import Image

from realtime.errors import from_extra
from realtime.tray import icons
from realtime.tray.menu import Action, Entry, Icon
from realtime.tray.tray import EXTRA, OnAction, OpenTray, Tray

_TITLE = 127
_TEXT = 255
"""Longest texts that Windows takes, in characters."""


class PystrayIcon:
    """An icon, and its menu.

    Args:
        pystray: the module.
    """

    def __init__(self, pystray: Any) -> None:
        self._pystray = pystray
        self._entries: Sequence[Entry] = ()
        self._on_action: OnAction = lambda action: None
        self._loop: asyncio.AbstractEventLoop | None = None
        menu = pystray.Menu(lambda: tuple(self._items(self._entries, default=("page",))))
        self._icon = pystray.Icon("greenless", _image("greenless-off"), "greenless", menu)

    async def opened(self, on_action: OnAction) -> Tray:
        """Take clicks from now on, on the thread of this loop."""
        self._on_action, self._loop = on_action, asyncio.get_running_loop()
        return self

    async def visible(self) -> bool:
        """Return True, because these systems always have a tray."""
        return True

    def show(self, icon: Icon, title: str, menu: Sequence[Entry]) -> None:
        """Show this icon and menu from now on."""
        self._icon.icon, self._icon.title = _image(icon), title[:_TITLE]
        self._entries = tuple(menu)
        self._icon.update_menu()

    async def notify(self, title: str, text: str) -> None:
        """Show a notification."""
        if self._icon.HAS_NOTIFICATION:
            self._icon.notify(text[:_TEXT], title)

    def close(self) -> None:
        """Remove the icon, which lets ``run`` return. May be called twice."""
        self._icon.stop()

    def run(self, setup: Callable[[], None]) -> None:
        """Show the icon until ``close``; on the main thread.

        Args:
            setup: called in a thread of its own as soon as the icon is there.
        """

        def begin(icon: Any) -> None:
            icon.visible = True
            threading.Thread(target=setup, name="app").start()

        self._icon.run(begin)

    def _items(self, entries: Sequence[Entry], default: Action | None = None) -> Iterator[Any]:
        for entry in entries:
            if not entry.label:
                yield self._pystray.Menu.SEPARATOR
                continue
            below = self._pystray.Menu(*self._items(entry.entries)) if entry.entries else None
            yield self._pystray.MenuItem(
                entry.label.replace("&", "&&"),  # a single one marks a key
                below or partial(self._clicked, entry.action),
                checked=None if entry.ticked is None else lambda item, ticked=entry.ticked: ticked,
                radio=entry.one_of_many,
                default=entry.action is not None and entry.action == default,
                enabled=below is not None or entry.action is not None,
            )

    def _clicked(self, action: Action | None, icon: object, item: object) -> None:
        if action and self._loop:
            self._loop.call_soon_threadsafe(self._on_action, action)


def run(app: Callable[[OpenTray], None]) -> None:
    """Show the icon on the main thread, and run the app in another one, until it ends.

    Raises:
        MissingExtra: pystray is not installed.
    """
    with from_extra(EXTRA):
        import pystray
    icon = PystrayIcon(pystray)

    def setup() -> None:
        try:
            app(icon.opened)
        finally:
            icon.close()

    icon.run(setup)


def _image(name: Icon) -> Image.Image:
    with Image.open(icons.path(name, 64)) as image:
        return image.copy()
