"""A desktop without a screen: D-Bus, PipeWire and WirePlumber, in folders of their own."""

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.realtime.stand_ins import until

PROGRAMS = {"dbus-daemon": "dbus", "pipewire": "pipewire", "wireplumber": "wireplumber", "pw-dump": "pipewire-bin"}
"""Program -> Debian's package."""

STORE = "org.freedesktop.impl.portal.PermissionStore"


class Desktop:
    """Starts the daemons; ``environment`` leads a program to them.

    Args:
        folder: for everything that they write.
        display: an X display for what D-Bus starts, as the dialogs of a portal.
    """

    def __init__(self, folder: Path, display: str = "") -> None:
        for program, package in PROGRAMS.items():
            if shutil.which(program) is None:
                pytest.skip(f"no {program}; on Debian and Ubuntu: sudo apt install {package}")
        self.folder = folder
        runtime = folder / "run"
        runtime.mkdir(parents=True, mode=0o700)
        homes = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "CACHE", "STATE")}
        bus = runtime / "bus"
        self.environment = homes | {
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={bus}",
            "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={os.devnull}",
            "PIPEWIRE_RUNTIME_DIR": str(runtime),
            "XDG_RUNTIME_DIR": str(runtime),
        }
        shown = {"DISPLAY": display} if display else {}
        self._bus = self.start("dbus-daemon", "--session", "--nofork", f"--address=unix:path={bus}", **shown)
        until(bus.exists)
        self.start_pipewire()

    def start(self, *command: str, **more: str) -> "subprocess.Popen[bytes]":
        """Start a program on this desktop; what it says is in a file that is named like it."""
        environment = os.environ | self.environment | more
        with (self.folder / f"{Path(command[0]).name}.log").open("ab") as log:
            return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def start_pipewire(self) -> None:
        """Start PipeWire and WirePlumber."""
        self._pipewire = self.start("pipewire")
        until(self._answers)
        self.start_wireplumber()

    def start_wireplumber(self) -> None:
        """Start what connects programs with cameras."""
        self._wireplumber = self.start("wireplumber")

    def kill_wireplumber(self) -> None:
        """Kill it without a warning."""
        self._wireplumber.kill()
        self._wireplumber.wait()

    def kill_pipewire(self) -> None:
        """Kill both without a warning."""
        self._pipewire.kill()
        self._pipewire.wait()
        self.kill_wireplumber()

    def nodes(self) -> dict[str, Any]:
        """What PipeWire's own program says of each node, by name."""
        return {node["info"]["props"].get("node.name", ""): node["info"] for node in self._nodes()}

    def number(self, name: str) -> int:
        """The number of a node."""
        return next(int(node["id"]) for node in self._nodes() if node["info"]["props"].get("node.name") == name)

    def _nodes(self) -> list[dict[str, Any]]:
        done = subprocess.run(["pw-dump"], env=os.environ | self.environment, capture_output=True, check=True)
        return [each for each in json.loads(done.stdout) if each["type"] == "PipeWire:Interface:Node"]

    def allow_cameras(self, *, answer: str = "yes") -> None:
        """Answer beforehand the question whether programs may use cameras."""
        path = "/" + STORE.replace(".", "/")
        method = ["--object-path", path, "--method", f"{STORE}.SetPermission"]
        call = [
            "gdbus",
            "call",
            "--session",
            "--dest",
            STORE,
            *method,
            "devices",
            "true",
            "camera",
            "",
            f"['{answer}']",
        ]
        subprocess.run(call, env=os.environ | self.environment, check=True, capture_output=True)

    def close(self) -> None:
        """End everything."""
        self.kill_pipewire()
        self._bus.terminate()  # what it started ends with it
        self._bus.wait()

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            return client.connect_ex(self.environment["PIPEWIRE_RUNTIME_DIR"] + "/pipewire-0") == 0
