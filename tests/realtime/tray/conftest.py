"""A session bus of the tests' own, and a panel on it."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.realtime.stand_ins import PATIENCE_S, until
from tests.realtime.tray.panel import Panel


@pytest.fixture
def session_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["subprocess.Popen[bytes]"]:
    """A new bus, whose address is in the environment."""
    pytest.importorskip("dbus_fast", reason="dbus-fast is in the extra app")
    pytest.importorskip("jeepney", reason="jeepney is in the extra screen")
    if (program := shutil.which("dbus-daemon")) is None:
        pytest.skip("no dbus-daemon; on Debian and Ubuntu: sudo apt install dbus")
    config = tmp_path / "bus.conf"  # the usual one would start the notifications of this machine
    config.write_text(
        "<busconfig><type>session</type><auth>EXTERNAL</auth><listen>unix:dir=/tmp</listen>"
        '<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>'
        '<allow own="*"/></policy></busconfig>'
    )
    path = tmp_path / "bus"
    address = f"unix:path={path}"
    daemon = subprocess.Popen([program, f"--config-file={config}", "--nofork", f"--address={address}"])
    until(lambda: answers(path))
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    yield daemon
    daemon.terminate()
    daemon.wait(PATIENCE_S)


def answers(path: Path) -> bool:
    """Whether somebody listens at a socket."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


@pytest.fixture
def panel(session_bus: object) -> Iterator[Panel]:
    """A panel that shows icons."""
    panel = Panel()
    yield panel
    panel.close()
