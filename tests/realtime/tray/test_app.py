"""``App`` on a panel, with a server on a fake session as its run, or with a program that stands in for greenless."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from realtime.errors import MissingExtra, SceneError
from realtime.tray import app as app_module
from realtime.tray import child
from realtime.tray.app import App, use_libraries_of_the_system
from realtime.tray.status_notifier import StatusNotifier
from realtime.tray.tray import open_on_linux
from tests.realtime.stand_ins import until
from tests.realtime.tray.panel import Panel
from tests.realtime.web.conftest import Served, make_served, served

__all__ = ["make_served", "served"]  # fixtures


class Opened:
    """A running app, what it reported, and the pages that it opened."""

    def __init__(self, *, greets: bool = True) -> None:
        self.told: list[str] = []
        self.app = App([], tell=self.told.append, greets=greets)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()

    def quit(self) -> None:
        """Do what the menu would do."""
        self._loop.call_soon_threadsafe(self.app.act, ("quit",))

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self.app.run(open_on_linux)

    def has_ended(self) -> bool:
        self._thread.join(0.01)
        return not self._thread.is_alive()


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that the browser got."""
    pages: list[str] = []
    monkeypatch.setattr(app_module, "_has_display", lambda: True)
    monkeypatch.setattr(app_module.webbrowser, "open", lambda url: pages.append(url) or True)
    return pages


@pytest.fixture
def run(served: Served, panel: Panel, pages: list[str]) -> Iterator[Opened]:
    """An app that found a run."""
    opened = Opened()
    until(lambda: panel.items and "greenless is running" in panel.labels())
    yield opened
    if not opened.has_ended():
        panel.click("Quit")
        until(opened.has_ended)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let a script stand in for greenless."""

    def stand_in(code: str) -> None:
        path = tmp_path / "greenless.py"
        path.write_text(code)
        monkeypatch.setattr(child, "program", lambda: [sys.executable, str(path)])

    return stand_in


def test_a_click_changes_the_background(panel: Panel, run: Opened, served: Served) -> None:
    assert panel.ticked("Background") == ["Blur"]
    panel.click("Background", "Slate")
    until(lambda: served.session.settings.scene.background == "#2b3a42")
    until(lambda: panel.ticked("Background") == ["Slate"])


def test_a_change_from_elsewhere_shows_in_the_menu(panel: Panel, run: Opened, served: Served) -> None:
    served.ask("POST", "/api/settings", {"scene": {"background": "#e8e4dc"}})
    until(lambda: panel.ticked("Background") == ["Paper"])


def test_a_click_applies_a_preset(panel: Panel, run: Opened, served: Served) -> None:
    assert "Preset" not in panel.labels()
    served.ask("POST", "/api/settings", {"scene": {"background": "#e8e4dc"}})
    served.ask("PUT", "/api/presets/On%20air")
    until(lambda: "Preset" in panel.labels() and panel.ticked("Preset") == ["On air"])
    panel.click("Background", "Green")
    until(lambda: panel.ticked("Preset") == [])
    panel.click("Preset", "On air")
    until(lambda: served.session.settings.scene.background == "#e8e4dc")


def test_the_shutter_closes_and_opens(panel: Panel, run: Opened, served: Served) -> None:
    coloured = panel.icon("IconPixmap")
    panel.click("Shutter closed")
    until(lambda: served.session.shutter_closed and "The shutter is closed" in panel.labels())
    assert panel.ticked() == ["Shutter closed"]
    assert panel.icon("IconPixmap") != coloured
    panel.press("SecondaryActivate")
    until(lambda: not served.session.shutter_closed and not panel.ticked())


def test_stop_and_start(panel: Panel, run: Opened, served: Served) -> None:
    panel.click("Stop")
    until(lambda: not served.session.running and "Start" in panel.labels())
    panel.click("Start")
    until(lambda: served.session.running and "Stop" in panel.labels())


def test_the_page_opens_without_the_token_on_the_command_line(
    panel: Panel, run: Opened, served: Served, pages: list[str]
) -> None:
    panel.click("Open the control page")
    until(lambda: pages)
    panel.press()
    until(lambda: len(pages) == 2)
    assert all(page.startswith(f"{served.url}/#token=") and served.token not in page for page in pages)


def test_a_refused_change_is_a_notification_and_stays_in_the_menu_until_a_success(
    panel: Panel, run: Opened, served: Served
) -> None:
    served.session.broken = SceneError("cannot read beach.jpg", cure="Choose another file")
    panel.click("Background", "Green")
    until(lambda: panel.notes)
    assert panel.notes == [("greenless", "cannot read beach.jpg. Choose another file")]
    assert panel.labels()[1] == "cannot read beach.jpg. Choose another file"
    served.session.broken = None
    panel.click("Background", "Green")
    until(lambda: panel.labels()[:3] == ["greenless is running", "", "Open the control page"])


def test_quit_leaves_a_run_that_something_else_started(panel: Panel, run: Opened, served: Served) -> None:
    panel.click("Quit")
    until(run.has_ended)
    assert served.ask("GET", "/api/state").json["running"]


def test_the_end_of_the_session_ends_it(run: Opened, session_bus: "subprocess.Popen[bytes]") -> None:
    session_bus.terminate()
    until(run.has_ended)


def test_a_run_that_cannot_start_says_why_and_can_be_tried_again(
    panel: Panel, stand_in: Callable[[str], None], tmp_path: Path
) -> None:
    stand_in(
        "import sys\n"
        f"print(sys.argv[1:], file=open({str(tmp_path / 'starts')!r}, 'a'))\n"
        "sys.exit(print('source: none\\ngreenless: error: there is no camera. Plug one in', file=sys.stderr) or 2)"
    )
    opened = Opened()
    until(lambda: panel.items and "Start" in panel.labels())
    until(lambda: panel.notes == [("greenless", "there is no camera. Plug one in")])
    assert panel.labels() == ["greenless is not running", "there is no camera. Plug one in", "", "Start", "", "Quit"]
    assert opened.told == ["source: none", "greenless: error: there is no camera. Plug one in"]
    panel.click("Start")
    until(lambda: len(panel.notes) == 2)
    panel.click("Quit")
    until(opened.has_ended)
    assert (tmp_path / "starts").read_text() == "['run', '--on-demand', '--page']\n" * 2


@pytest.mark.parametrize("shown", [True, False], ids=["a click on the icon", "a desktop without icons"])
def test_the_menu_keeps_why_the_page_could_not_open(
    shown: bool, panel: Panel, stand_in: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in("import sys; sys.exit(print('greenless: error: there is no camera', file=sys.stderr) or 2)")
    if not shown:
        monkeypatch.setattr(StatusNotifier, "visible", _after_the_first_note(panel))
    opened = Opened()
    until(lambda: panel.items and panel.notes)
    if shown:
        panel.press()
    until(lambda: len(panel.notes) == 2)
    until(lambda: len(opened.app._tasks) == 1)  # only the one that follows the run
    assert panel.labels()[:2] == ["greenless is not running", "there is no camera"]
    opened.quit()
    until(opened.has_ended)
    errors = [line for line in opened.told if "error" in line]
    assert len(errors) == (2 if shown else 1)  # nobody asked for a second attempt


def _after_the_first_note(panel: Panel) -> Callable[[StatusNotifier], Awaitable[bool]]:
    async def visible(notifier: StatusNotifier) -> bool:
        await asyncio.to_thread(until, lambda: panel.notes)
        return False

    return visible


def test_a_run_that_crashes_is_reported(panel: Panel, stand_in: Callable[[str], None]) -> None:
    stand_in("import os; os.abort()")
    opened = Opened()
    until(lambda: panel.notes == [("greenless", "greenless ended with status -6")])
    panel.click("Quit")
    until(opened.has_ended)


def test_quit_waits_for_the_run_to_finish(panel: Panel, stand_in: Callable[[str], None], tmp_path: Path) -> None:
    stand_in(
        "import signal, sys, time, pathlib\n"
        f"end = pathlib.Path({str(tmp_path / 'finished')!r})\n"
        "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.3), end.touch(), sys.exit(0)))\n"
        "print('ready', file=sys.stderr, flush=True)\n"
        "while True: time.sleep(0.1)"
    )
    opened = Opened()
    until(lambda: "ready" in opened.told)
    assert panel.labels() == ["greenless is starting", "", "Quit"]
    panel.click("Quit")
    until(opened.has_ended)
    assert (tmp_path / "finished").exists()
    assert not panel.notes


def test_a_run_that_does_not_end_is_killed(
    panel: Panel, stand_in: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "_END_S", 0.2)
    stand_in(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('ready', file=sys.stderr, flush=True)\n"
        "while True: time.sleep(0.1)"
    )
    opened = Opened()
    until(lambda: "ready" in opened.told)
    panel.click("Quit")
    until(opened.has_ended)


@pytest.mark.usefixtures("session_bus")
@pytest.mark.parametrize("greets", [True, False])
def test_a_desktop_without_icons_gets_the_page(
    greets: bool, served: Served, pages: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.tray.status_notifier.PANEL_S", 0.1)
    opened = Opened(greets=greets)
    until(lambda: opened.told)
    assert "This desktop shows no tray icons" in opened.told[0]
    assert "greenless app --quit" in opened.told[0]
    if greets:
        until(lambda: pages)
    opened.quit()
    until(opened.has_ended)
    assert len(pages) == greets


@pytest.mark.parametrize("before", ["", "/opt/lib"])
def test_a_browser_gets_the_libraries_of_the_system(before: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/bundle/_internal")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", before)
    use_libraries_of_the_system()
    assert os.environ["LD_LIBRARY_PATH"] == "/bundle/_internal"  # no bundle
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    use_libraries_of_the_system()
    assert os.environ.get("LD_LIBRARY_PATH", "") == before
    assert "LD_LIBRARY_PATH_ORIG" not in os.environ


def test_without_its_library_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("status_notifier", "item", "dbus_menu"):
        monkeypatch.delitem(sys.modules, f"realtime.tray.{name}", raising=False)
        monkeypatch.delattr(f"realtime.tray.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "dbus_fast", None)
    with pytest.raises(MissingExtra, match=r"dbus_fast is not installed. .*'\.\[app\]'"):
        asyncio.run(open_on_linux(lambda action: None))


def test_a_session_without_a_bus_gets_the_page(served: Served, pages: list[str]) -> None:
    opened = Opened()
    until(lambda: pages)
    assert "D-Bus" in opened.told[0]
    opened.quit()
    until(opened.has_ended)
