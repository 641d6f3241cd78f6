"""A real OBS Studio with an empty home of its own, on a display on which nobody looks."""

import base64
import json
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from realtime.errors import ControlError
from realtime.web.obs_websocket import opened

PATIENCE_S = 300
"""How long OBS may take to start, and a source to show: the machine may have much else to do."""

GLOBAL_INI = """\
[General]
FirstRun=true
InfoIncrement=-1
EnableAutoUpdates=false
[Basic]
Profile=tests
ProfileDir=tests
SceneCollection=tests
SceneCollectionFile=tests
ConfigOnNewProfile=false
[BasicWindow]
PreviewEnabled=false
[OBSWebSocket]
FirstLoad=false
ServerEnabled=true
ServerPort={port}
AlertsEnabled=false
AuthRequired=true
ServerPassword={password}
"""
"""No wizard, no news, no preview, and obs-websocket where OBS 29 looks for its settings."""

BASIC_INI = """\
[General]
Name=tests
[Video]
BaseCX=320
BaseCY=240
OutputCX=320
OutputCY=240
FPSType=1
FPSInt=5
"""
"""OBS draws on the CPU here: few pixels, few frames."""


class ObsStudio:
    """A running OBS.

    Args:
        process: OBS.
        port: of its obs-websocket.
        password: of its obs-websocket.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, password: str) -> None:
        self.process, self.password = process, password
        self.url = f"ws://127.0.0.1:{port}"

    def ask(self, request: str, **data: object) -> dict[str, Any]:
        """Send one request."""
        with opened(self.url, self.password) as ask:
            return ask(request, **data)

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that OBS does later than it answers."""
        end_s = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end_s, f"it never came in {PATIENCE_S} s"
            time.sleep(0.2)

    def screenshot(self, source: str) -> npt.NDArray[np.float64]:
        """Return what a scene or a source shows, ``(H, W, 3) float64 BGR``."""
        image = self.ask("GetSourceScreenshot", sourceName=source, imageFormat="png")["imageData"]
        data = np.frombuffer(base64.b64decode(image.partition(",")[2]), np.uint8)
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.float64)

    def has(self, name: str) -> bool:
        """Whether there is a source or a scene of that name, even one that is about to go."""
        try:
            self.ask("GetSourceActive", sourceName=name)
        except ControlError:
            return False
        return True

    def sources(self, scene: str) -> list[str]:
        """Return the names of the visible sources of a scene."""
        items = self.ask("GetSceneItemList", sceneName=scene)["sceneItems"]
        return [item["sourceName"] for item in items if item["sceneItemEnabled"]]


@contextmanager
def started(program: str, display: str, folder: Path) -> Iterator[ObsStudio]:
    """Run OBS, the program, with everything that it writes in ``folder``, while the block runs."""
    port, password = _free_port(), secrets.token_urlsafe(16)
    _configure(folder / "config" / "obs-studio", port, password)
    (folder / "run").mkdir(mode=0o700)
    log = folder / "log.txt"
    # setpriv: OBS ends however the tests end.
    command = ["setpriv", "--pdeathsig", "KILL", program, "--multi", "--minimize-to-tray", "--websocket_ipv4_only"]
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=_environment(display, folder), stdout=file, stderr=file)
    try:
        obs = ObsStudio(process, port, password)
        _await(obs, log)
        yield obs
    finally:
        process.kill()
        process.wait()


def _configure(folder: Path, port: int, password: str) -> None:
    settings = GLOBAL_INI.format(port=port, password=password)
    server = {"auth_required": True, "first_load": False, "server_enabled": True}
    files = {
        "global.ini": settings,
        "user.ini": settings,  # OBS 31 and later
        "basic/profiles/tests/basic.ini": BASIC_INI,
        "plugin_config/obs-websocket/config.json": json.dumps(  # obs-websocket of OBS 30.2 and later
            server | {"server_port": port, "server_password": password}
        ),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def _environment(display: str, folder: Path) -> dict[str, str]:
    """Nothing of the developer's session: no bus, no sound, no network."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_RUNTIME_DIR": str(folder / "run"),
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "LP_NUM_THREADS": "1",
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
        "PULSE_SERVER": "unix:/nonexistent",
        "https_proxy": "http://127.0.0.1:9",
    }


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _await(obs: ObsStudio, log: Path) -> None:
    """Wait until OBS answers."""
    end_s = time.monotonic() + PATIENCE_S
    while True:
        with suppress(ControlError):
            obs.ask("GetSceneList")
            return
        said = log.read_text(errors="replace")
        assert obs.process.poll() is None, f"OBS ended with {obs.process.returncode}:\n{said}"
        assert time.monotonic() < end_s, f"OBS does not answer:\n{said}"
        time.sleep(0.2)
