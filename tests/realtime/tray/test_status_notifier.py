"""The icon and the menu, as a panel on the session bus sees them."""

import asyncio
import gc
import os
import subprocess
import threading
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest
from PIL import Image

from realtime.tray import icons
from realtime.tray.menu import LINE, Action, Entry
from realtime.tray.tray import NoTray, Tray, open_on_linux
from tests.realtime.stand_ins import PATIENCE_S, until
from tests.realtime.tray.panel import Panel

MENU = (
    Entry(label="All is well"),
    LINE,
    Entry(label="A_b", action=("a",), ticked=True),
    Entry(
        label="Colours",
        entries=(
            Entry(label="Red", action=("colour", "red"), ticked=True, one_of_many=True),
            Entry(label="Blue", action=("colour", "blue"), ticked=False, one_of_many=True),
        ),
    ),
)


class Shown:
    """An open tray in a loop of its own, and what was clicked."""

    def __init__(self) -> None:
        self.clicked: list[Action] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.tray: Tray = self.do(open_on_linux(self.clicked.append))

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)

    def show(self, menu: tuple[Entry, ...] = MENU, *, icon: Any = "greenless", title: str = "well") -> None:
        async def show() -> None:
            self.tray.show(icon, title, menu)

        self.do(show())

    def visible(self) -> bool:
        return bool(self.do(self.tray.visible()))

    def close(self) -> None:
        async def close() -> None:
            self.tray.close()

        self.do(close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()


@pytest.fixture
def shown(panel: Panel) -> Iterator[Shown]:
    shown = Shown()
    panel.wait_for_icon()
    shown.show()
    yield shown
    shown.close()


def test_a_panel_finds_the_icon(panel: Panel, shown: Shown) -> None:
    assert panel.items == [f"org.kde.StatusNotifierItem-{os.getpid()}-1"]
    assert panel.icon("Id") == "greenless"
    assert panel.icon("Status") == "Active"
    assert panel.icon("ToolTip") == ("", [], "greenless", "well")
    assert shown.visible()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "") for name in ("IconName", "IconThemePath", "OverlayIconName", "AttentionIconName")),
        *(("AttentionMovieName", ""), ("OverlayIconPixmap", []), ("AttentionIconPixmap", [])),
        *(("Title", "greenless"), ("Category", "ApplicationStatus"), ("WindowId", 0), ("ItemIsMenu", False)),
    ],
)
def test_the_interface_is_whole(panel: Panel, shown: Shown, name: str, value: Any) -> None:
    assert panel.icon(name) == value


def test_the_pixels_are_those_of_the_drawing(panel: Panel, shown: Shown) -> None:
    sent = {width: (height, pixels) for width, height, pixels in panel.icon("IconPixmap")}
    assert sorted(sent) == [16, 22, 32, 48, 64]
    height, pixels = sent[22]
    with Image.open(icons.path("greenless", 22)) as image:
        red, green, blue, alpha = image.convert("RGBA").getpixel((11, 19))  # the shoulders, which are white
    at = 4 * (19 * 22 + 11)
    assert (height, len(pixels)) == (22, 22 * 22 * 4)
    assert tuple(pixels[at : at + 4]) == (alpha, red, green, blue) == (255, 255, 255, 255)
    assert pixels[0] == 0  # the corner is transparent


def test_the_menu_is_read_as_it_is_meant(panel: Panel, shown: Shown) -> None:
    well, line, a, colours = panel.menu()
    assert (well.label, well.properties["enabled"]) == ("All is well", False)
    assert line.properties["type"] == "separator"
    assert (a.label, a.ticked, a.properties["toggle-type"]) == ("A__b", True, "checkmark")  # one _ would mark a key
    assert "enabled" not in a.properties
    assert colours.properties["children-display"] == "submenu"
    assert [(row.label, row.ticked, row.properties["toggle-type"]) for row in colours.rows] == [
        ("Red", True, "radio"),
        ("Blue", False, "radio"),
    ]


def test_a_panel_may_ask_for_some_properties_of_some_entries(panel: Panel, shown: Shown) -> None:
    a = panel.menu()[2].number
    assert panel.properties_of([a, 4711], ["label"]) == {a: {"label": "A__b"}}


def test_a_click_does_what_the_label_says(panel: Panel, shown: Shown) -> None:
    panel.click("Colours", "Blue")
    until(lambda: shown.clicked == [("colour", "blue")])


def test_a_click_on_a_text_or_on_what_is_gone_does_nothing(panel: Panel, shown: Shown) -> None:
    panel.click("All is well")
    panel.click_number(4711)
    panel.click("A__b")
    until(lambda: shown.clicked)
    assert shown.clicked == [("a",)]


def test_a_click_on_the_menu_of_before_does_what_its_label_said(panel: Panel, shown: Shown) -> None:
    blue = panel.menu()[3].rows[1].number
    shown.show((Entry(label="Green", action=("colour", "green")), *MENU))
    panel.click_number(blue)
    until(lambda: shown.clicked == [("colour", "blue")])


def test_a_changed_menu_is_announced_and_an_unchanged_one_is_not(panel: Panel, shown: Shown) -> None:
    until(lambda: panel.updates == 1)
    shown.show()
    shown.show((*MENU, Entry(label="More", action=("more",))))
    until(lambda: panel.updates == 2)
    assert panel.labels()[-1] == "More"


def test_the_icon_follows_the_situation(panel: Panel, shown: Shown) -> None:
    before = panel.icon("IconPixmap")
    shown.show(icon="greenless-off", title="closed")
    assert panel.icon("IconPixmap") != before
    assert panel.icon("ToolTip")[3] == "closed"


def test_clicks_on_the_icon_itself(panel: Panel, shown: Shown) -> None:
    panel.press()
    panel.press("SecondaryActivate")
    panel.press("ContextMenu")
    until(lambda: shown.clicked == [("page",), ("shutter", "toggle")])


def test_a_notification_takes_the_place_of_the_one_before(panel: Panel, shown: Shown) -> None:
    shown.do(shown.tray.notify("greenless", "no camera"))
    shown.do(shown.tray.notify("greenless", "<b> & more"))
    assert panel.notes == [("greenless", "no camera"), ("greenless", "&lt;b&gt; &amp; more")]
    assert panel.replaced == [0, 7]


def test_a_panel_that_starts_again_gets_the_icon_again(panel: Panel, shown: Shown) -> None:
    panel.close()
    again = Panel()
    again.wait_for_icon()
    until(again.menu)
    again.close()


@pytest.mark.usefixtures("session_bus")
def test_without_a_panel_nothing_is_visible_until_one_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.tray.status_notifier.PANEL_S", 0.1)
    shown = Shown()
    assert not shown.visible()
    shown.do(shown.tray.notify("greenless", "nobody shows this"))
    panel = Panel()
    until(shown.visible)
    shown.close()
    panel.close()


@pytest.mark.usefixtures("session_bus")
def test_a_watcher_without_a_panel_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.tray.status_notifier.PANEL_S", 0.1)
    panel = Panel(hosted=False)
    shown = Shown()
    assert not shown.visible()
    shown.close()
    panel.close()


def test_what_is_shown_while_the_session_ends_is_lost_in_silence(
    session_bus: "subprocess.Popen[bytes]",
    shown: Shown,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("realtime.tray.status_notifier.ANSWER_S", 10 * PATIENCE_S)

    async def end() -> None:
        session_bus.kill()
        session_bus.wait()
        shown.tray.show("greenless-off", "closed", MENU[:1])  # the loop has not yet seen the end
        await shown.tray.notify("greenless", "closed")

    shown.do(end())
    shown.do(shown.tray.notify("greenless", "closed"))
    gc.collect()  # asyncio logs errors that nobody took
    assert caplog.records == []


def test_without_a_bus_there_is_no_tray() -> None:
    pytest.importorskip("dbus_fast", reason="dbus-fast is in the extra app")
    with pytest.raises(NoTray, match="no D-Bus"):
        asyncio.run(open_on_linux(lambda action: None))
