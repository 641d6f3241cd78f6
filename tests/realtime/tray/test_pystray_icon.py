"""The icon of Windows and macOS, on a backend of pystray that draws nothing."""

import asyncio
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from realtime.tray import pystray_icon
from realtime.tray.menu import LINE, Action, Entry
from realtime.tray.tray import OpenTray
from tests.realtime.stand_ins import PATIENCE_S

MENU = (
    Entry(label="All is well"),
    LINE,
    Entry(label="Open the control page", action=("page",)),
    Entry(label="Salt & pepper", action=("a",), ticked=True),
    Entry(label="Colours", entries=(Entry(label="Red", action=("red",), ticked=False, one_of_many=True),)),
)


@pytest.fixture
def pystray(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """pystray with icons that are not drawn, the last one in ``shown``."""
    monkeypatch.setitem(os.environ, "PYSTRAY_BACKEND", "dummy")
    pystray = pytest.importorskip("pystray", reason="pystray is in the group dev")

    class Undrawn(pystray.Icon):  # type: ignore[misc, name-defined]
        def __init__(self, *words: Any) -> None:
            super().__init__(*words)
            self._over = threading.Event()
            self.notes: list[tuple[str, str]] = []
            pystray.shown = self

        def _run(self) -> None:
            self._mark_ready()
            assert self._over.wait(PATIENCE_S)

        def _stop(self) -> None:
            self._over.set()

        def _notify(self, message: str, title: str) -> None:
            self.notes.append((title, message))

        def _ignore(self) -> None: ...

        _show = _hide = _update_icon = _update_title = _update_menu = _ignore

    monkeypatch.setattr(pystray, "Icon", Undrawn)
    return pystray


def test_menu_clicks_and_notifications(pystray: Any) -> None:
    clicked: list[Action] = []
    seen: dict[str, Any] = {}

    async def app(open_tray: OpenTray) -> None:
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def on_action(action: Action) -> None:
            assert asyncio.get_running_loop() is loop
            clicked.append(action)
            done.set()

        tray = await open_tray(on_action)
        assert await tray.visible()
        tray.show("greenless-off", "x" * 500, MENU)
        await tray.notify("greenless", "y" * 500)
        items = pystray.shown.menu.items
        seen["labels"] = [item.text for item in items if item is not pystray.Menu.SEPARATOR]
        seen["enabled"] = [item.enabled for item in items if item is not pystray.Menu.SEPARATOR]
        seen["ticks"] = (items[3].checked, items[4].submenu.items[0].checked, items[4].submenu.items[0].radio)
        seen["default"] = [item.text for item in items if item.default]
        items[3](pystray.shown)
        await asyncio.wait_for(done.wait(), PATIENCE_S)
        tray.close()

    pystray_icon.run(lambda open_tray: asyncio.run(app(open_tray)))
    assert clicked == [("a",)]
    assert seen["labels"] == ["All is well", "Open the control page", "Salt && pepper", "Colours"]
    assert seen["enabled"] == [False, True, True, True]
    assert seen["ticks"] == (True, False, True)
    assert seen["default"] == ["Open the control page"]
    assert len(pystray.shown.title) == 127
    assert [(title, len(text)) for title, text in pystray.shown.notes] == [("greenless", 255)]
