"""A desktop without a screen: a D-Bus session, PipeWire and WirePlumber, in folders of its own."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from tests.realtime.stand_ins import until

PROGRAMS = {"dbus-daemon": "dbus", "pipewire": "pipewire", "wireplumber": "wireplumber", "pw-dump": "pipewire-bin"}
"""Program -> Debian's package."""


class Desktop:
    """Starts the daemons; ``environment`` leads a program to them."""

    def __init__(self, folder: Path) -> None:
        for program, package in PROGRAMS.items():
            if shutil.which(program) is None:
                pytest.skip(f"no {program}; on Debian and Ubuntu: sudo apt install {package}")
        self.folder = folder
        runtime = folder / "run"
        runtime.mkdir(parents=True, mode=0o700)
        homes = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "CACHE", "STATE")}
        self.environment = homes | {
            "XDG_RUNTIME_DIR": str(runtime),
            "PIPEWIRE_RUNTIME_DIR": str(runtime),
            "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent",
            "XDG_CURRENT_DESKTOP": "greenless-test",
        }
        bus = runtime / "bus"
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={bus}"
        self._bus = self.start("dbus-daemon", "--session", "--nofork", f"--address=unix:path={bus}")
        until(bus.exists)
        self.start_pipewire()

    def start(self, *command: str) -> "subprocess.Popen[bytes]":
        """Start a program on this desktop; it writes to a file that is named like it."""
        log = (self.folder / f"{Path(command[0]).name}.log").open("ab")
        with log:
            return subprocess.Popen(
                command, env=os.environ | self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def start_pipewire(self) -> None:
        """Start PipeWire and WirePlumber, as systemd does: WirePlumber ends with PipeWire."""
        self._pipewire = self.start("pipewire")
        until(self._answers)
        self._wireplumber = self.start("wireplumber")

    def kill_pipewire(self) -> None:
        """Kill both without a warning."""
        for process in (self._wireplumber, self._pipewire):
            process.kill()
            process.wait()

    def close(self) -> None:
        """End everything."""
        self.kill_pipewire()
        self._bus.terminate()
        self._bus.wait()

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(self.environment["PIPEWIRE_RUNTIME_DIR"] + "/pipewire-0") == 0
