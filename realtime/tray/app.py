"""``App``: the tray icon with its run. It connects clicks with the control, and the state of the run with the menu."""

import asyncio
import os
import sys
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from realtime.errors import GreenlessError
from realtime.tray.child import Child
from realtime.tray.follower import states
from realtime.tray.menu import Action, Situation, headline, icon, menu
from realtime.tray.tray import Nowhere, OpenTray, Tray, later
from realtime.web import client

NAME = "greenless"
HOW_TO_QUIT = "To end it, type greenless app --quit, or right-click greenless among the applications and choose Quit"
READY = "greenless is ready: choose its camera in your call. Its menu is on the icon in the tray."
_CLOSED = {"close": True, "open": False, "toggle": None}
_LOOK_S = 0.1


class App:
    """Runs until somebody quits. All of it is on one thread.

    Args:
        flags: further words for ``greenless run``.
        tell: takes each line for the terminal.
        greets: whether to say that greenless is ready and, on a desktop that shows no icons, to open the page.
    """

    def __init__(self, flags: Sequence[str], *, tell: Callable[[str], None], greets: bool) -> None:
        self._tell = tell
        self._greets = greets
        self._tray: Tray = Nowhere()
        self._child = Child(flags, tell=tell, ended=self._ended)
        self._now = Situation()
        self._first = asyncio.Event()  # set when it is known whether another run serves
        self._over = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def serve(self, open_tray: OpenTray) -> None:
        """Run on this thread until somebody quits, or a signal asks for the end."""
        with asyncio.Runner() as runner:
            loop = runner.get_loop()
            running = loop.create_task(self.run(open_tray))
            try:
                loop.run_until_complete(running)
            except KeyboardInterrupt:  # Ctrl-C and SIGTERM are usual ends
                loop.call_soon(self.act, ("quit",))
                loop.run_until_complete(running)

    async def run(self, open_tray: OpenTray) -> None:
        """Show the icon, start a run unless there is one, and serve until ``quit``."""
        reason = "This desktop shows no tray icons (GNOME needs the extension AppIndicator)"
        try:
            self._tray = await open_tray(self.act)
        except GreenlessError as error:
            reason = str(error)
        try:
            self._show()
            later(self._tasks, self._follow())
            await self._first.wait()
            if self._now.state is None:
                await self._start()
            if not await self._tray.visible():
                await self._without_icon(reason)
            await self._over.wait()
        finally:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)  # else the end of the loop would cut them short
            await self._child.stop()
            self._tray.close()

    def act(self, action: Action) -> None:
        """Do what a click asks for, while others may click again."""
        later(self._tasks, self._done(action))

    async def _done(self, action: Action) -> None:
        self._show(error="")  # first: a run that ends during the action may report another one
        try:
            await self._do(action)
        except GreenlessError as error:
            await self._fail(str(error))

    async def _do(self, action: Action) -> None:
        match action:
            case ("quit",):
                self._over.set()
            case ("page",):
                await self._page()
            case ("start",):
                await self._start()
            case ("stop",):
                await _ask("/api/stop")
            case ("shutter", to):
                await asyncio.to_thread(client.shutter, _CLOSED[to])
            case ("background", spec):
                await _ask("/api/settings", {"scene": {"background": spec}})
            case ("preset", name):
                await _ask(f"/api/presets/{client.named(name)}/apply")

    async def _start(self) -> None:
        """Continue the run, or begin one."""
        if self._now.state is not None:
            await _ask("/api/start")
        else:
            self._show(starting=True, error="")
            await self._child.start()

    async def _page(self) -> None:
        """Open the control page in the browser; begin a run if there is none."""
        if self._now.state is None:
            await self._start()
        while self._now.state is None and self._child.lives:
            await asyncio.sleep(_LOOK_S)
        if self._now.state is not None:
            await open_page(self._tell)

    async def _without_icon(self, reason: str) -> None:
        """Help a user whose desktop shows no icons."""
        text = f"{reason}. {HOW_TO_QUIT}."
        self._tell(f"greenless: {text}")
        await self._tray.notify(NAME, text)
        if self._greets and not self._now.error:  # a run that could not start would fail again
            await self._done(("page",))

    async def _follow(self) -> None:
        async with aclosing(states()) as found:  # else an end during a notification would leave the connection open
            async for state in found:
                ready = self._now.starting and state is not None
                self._show(state=state, starting=self._now.starting and state is None)
                self._first.set()
                if ready and self._greets:
                    await self._tray.notify(NAME, READY)

    def _ended(self, reason: str) -> None:
        """Take the end of the run that nobody asked for."""
        self._show(starting=False)
        if reason:
            later(self._tasks, self._fail(reason))

    async def _fail(self, text: str) -> None:
        self._show(error=text)
        await self._tray.notify(NAME, text)

    def _show(self, **changed: Any) -> None:
        self._now = replace(self._now, **changed)
        self._tray.show(icon(self._now), self._now.error or headline(self._now), menu(self._now))


async def open_page(tell: Callable[[str], None]) -> None:
    """Open the control page of the newest run in the browser.

    Raises:
        ControlError: no run serves a page.
    """
    address = await asyncio.to_thread(client.page)
    if _has_display() and await asyncio.to_thread(webbrowser.open, address):
        return
    tell("greenless: no browser opened. greenless ctl page prints the address of the control page")


def use_libraries_of_the_system() -> None:
    """Let a browser find the libraries of the system. A bundle of PyInstaller leads every program to its own."""
    if getattr(sys, "frozen", False) and sys.platform == "linux":
        before = os.environ.pop("LD_LIBRARY_PATH_ORIG", "")
        os.environ.pop("LD_LIBRARY_PATH", None)
        if before:
            os.environ["LD_LIBRARY_PATH"] = before


def _has_display() -> bool:
    """Return whether a browser has a place for its window; else ``webbrowser`` opens one in the terminal."""
    return sys.platform != "linux" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))


async def _ask(path: str, body: object = None) -> None:
    await asyncio.to_thread(client.ask, "POST", path, body)
