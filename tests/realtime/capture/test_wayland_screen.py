"""The screen of Wayland: a stand-in for the desktop's portal, with PipeWire's real daemon behind it."""

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from realtime.capture import open_source
from realtime.errors import GreenlessError, MissingExtra, SourceError, SourceLost
from realtime.pipewire.camera_node import CameraNode
from realtime.pipewire.permissions import ScreenCast
from realtime.pipewire.portal import DESKTOP, PORTAL
from realtime.settings.schema import CameraSettings
from tests.realtime.pipewire.consumers import Held
from tests.realtime.pipewire.desktop import Desktop
from tests.realtime.stand_ins import until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Wayland is Linux only")
LUMA = 100
TOKEN = "what the user chose"
SESSION = f"{DESKTOP}/session/test/greenless"


@pytest.fixture
def jeepney() -> Any:
    return pytest.importorskip("jeepney", reason="jeepney is in the extra screen")


class Portal:
    """Answers as ``org.freedesktop.portal.ScreenCast`` does; at ``refuses`` the user says no.

    Args:
        jeepney: the module.
        desktop: its PipeWire is offered.
        screen: the node that is the screen.
        refuses: name of a method.
    """

    def __init__(self, jeepney: Any, desktop: Desktop, screen: CameraNode, refuses: str = "") -> None:
        import jeepney.io.blocking as blocking

        self._jeepney, self._desktop, self._screen, self._refuses = jeepney, desktop, screen, refuses
        self._node = desktop.number("screen")
        self.calls: list[str] = []
        self.tokens: list[str] = []
        self._bus = blocking.open_dbus_connection(bus="SESSION", enable_fds=True)
        self._bus.send_and_get_reply(jeepney.message_bus.RequestName(f"{PORTAL}.Desktop"))
        self._over = False
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def end(self) -> None:
        """End the sharing, as a click on the desktop's sign does."""
        self._screen.close()

    def close(self) -> None:
        self._over = True
        self._thread.join()
        self._bus.close()

    def _serve(self) -> None:
        while not self._over:
            try:
                message = self._bus.receive(timeout=0.1)
            except TimeoutError:
                continue
            if message.header.message_type is self._jeepney.MessageType.method_call:
                self._answer(message)

    def _answer(self, message: Any) -> None:
        fields = self._jeepney.HeaderFields
        method, sender = message.header.fields[fields.member], message.header.fields[fields.sender]
        self.calls.append(method)
        answered = self._jeepney.new_method_return
        if method == "Get":
            self._bus.send(answered(message, "v", (("u", 3),)))
        elif method == "OpenPipeWireRemote":
            with socket.socket(socket.AF_UNIX) as remote:
                remote.connect(self._desktop.environment["PIPEWIRE_RUNTIME_DIR"] + "/pipewire-0")
                self._bus.send(answered(message, "h", (remote,)))
        else:
            if method == "SelectSources":
                self.tokens.append(message.body[-1].get("restore_token", ("s", ""))[1])
            results = {
                "CreateSession": {"session_handle": ("s", SESSION)},
                "Start": {"streams": ("a(ua{sv})", [(self._node, {})]), "restore_token": ("s", TOKEN)},
            }
            path = f"{DESKTOP}/request/{sender[1:].replace('.', '_')}/{message.body[-1]['handle_token'][1]}"
            self._bus.send(answered(message, "o", (path,)))
            address = self._jeepney.DBusAddress(path, interface=f"{PORTAL}.Request")
            body = (1, {}) if method == self._refuses else (0, results.get(method, {}))
            signal = self._jeepney.new_signal(address, "Response", "ua{sv}", body)
            self._bus.send(signal)


@contextmanager
def screen(jeepney: Any, desktop: Desktop, refuses: str = "") -> Iterator[Portal]:
    """A screen of one grey, 320x240, and a portal that offers it."""
    planes = np.full((360, 320), 128, np.uint8)
    planes[:240] = LUMA
    over = threading.Event()
    with CameraNode("screen", width_px=320, height_px=240, fps=30) as node:
        assert node.accepted()

        def show() -> None:
            while not over.wait(1 / 30):
                node.send(planes)

        thread = threading.Thread(target=show)
        thread.start()
        portal = Portal(jeepney, desktop, node, refuses)
        try:
            yield portal
        finally:
            portal.close()
            over.set()
            thread.join()
        until(lambda: not node.watched)


@pytest.fixture(autouse=True)
def wayland(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.setattr(ScreenCast, "_choice", "")
    monkeypatch.setattr(ScreenCast, "_refused", False)


def test_the_chosen_screen_is_the_source(pipewire: Desktop, jeepney: Any) -> None:
    with screen(jeepney, pipewire) as portal, open_source("screen", CameraSettings()) as source:
        frames = [next(source) for _ in range(3)]
        assert source.live
        assert "320x240 at 30 fps" in source.name
    assert portal.calls == ["Get", "CreateSession", "SelectSources", "Start", "OpenPipeWireRemote"]
    grey = (LUMA - 16) * 255 / 219  # BT.601, limited range
    for frame in frames:
        assert np.abs(frame.pixels - grey).max() <= 1


def test_closing_returns_threads_and_descriptors(pipewire: Desktop, jeepney: Any) -> None:
    with screen(jeepney, pipewire):
        for round_ in range(4):
            with open_source("screen", CameraSettings()) as source:
                next(source)
            if round_ == 0:
                first = Held()
        first.no_more()


@pytest.mark.parametrize("method", ["CreateSession", "SelectSources", "Start"])
def test_a_refusal_is_named(pipewire: Desktop, jeepney: Any, method: str) -> None:
    with screen(jeepney, pipewire, refuses=method) as portal:
        for _ in range(2):
            with pytest.raises(SourceError, match="you did not allow greenless to use the screen") as caught:
                open_source("screen", CameraSettings())
        assert portal.calls.count("CreateSession") == 1, "nobody is asked twice"
    assert "allow the screen" in caught.value.cure


def test_who_has_chosen_is_not_asked_again(pipewire: Desktop, jeepney: Any) -> None:
    with screen(jeepney, pipewire) as portal:
        for _ in range(2):
            open_source("screen", CameraSettings()).close()
        assert portal.tokens == ["", TOKEN]


def test_who_ends_the_sharing_is_not_asked_again(pipewire: Desktop, jeepney: Any) -> None:
    with screen(jeepney, pipewire) as portal:
        source = open_source("screen", CameraSettings())
        next(source)
        portal.end()
        with source, pytest.raises(SourceLost, match="no longer shares the screen"):
            list(source)
        with pytest.raises(SourceError, match="you did not allow"):
            open_source("screen", CameraSettings())


def test_without_a_portal_the_cure_is_named(pipewire: Desktop, jeepney: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match="no portal that offers the screen") as caught:
        ScreenCast()
    assert "xdg-desktop-portal" in caught.value.cure
    for address in (None, f"unix:path={os.devnull}", "nonsense"):
        if address is None:
            monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
            monkeypatch.setenv("XDG_RUNTIME_DIR", os.devnull)
        else:
            monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        with pytest.raises(SourceError, match="no D-Bus"):
            ScreenCast()


def test_without_jeepney_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jeepney", None)
    with pytest.raises(MissingExtra, match="jeepney") as caught:
        open_source("screen", CameraSettings())
    assert isinstance(caught.value, GreenlessError)
    assert "'.[screen]'" in caught.value.cure
