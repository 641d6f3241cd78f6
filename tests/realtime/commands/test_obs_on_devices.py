"""The virtual camera in a real OBS on a real device, inside the lab; this file is also the program that runs there."""

import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
LEFT, RIGHT = (200, 40, 30), (30, 60, 210)
"""BGR of the two halves of the frame."""

LEVELS = 3
"""Of 255, by which a colour may differ: I420 has 8 bits, and both sides round."""


@pytest.mark.slow
def test_obs_shows_the_virtual_camera(obs_program: str, xvfb: str, v4l2_lab: Path) -> None:
    code = "import runpy, sys; sys.path.insert(0, sys.argv[1]); runpy.run_path(sys.argv[2])['in_the_lab'](sys.argv[3])"
    command = [str(v4l2_lab), sys.executable, "-c", code, str(ROOT), __file__, obs_program]
    run = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "made: the source greenless, /dev/video10, in the scene Scene" in run.stdout


def in_the_lab(program: str) -> None:
    """Write to the virtual camera, add it to OBS, and look at what OBS shows."""
    from realtime.cli import main
    from realtime.sinks import open_sink, v4l2
    from tests.realtime.obs_studio import started

    _network()
    folder = Path(tempfile.mkdtemp())
    os.environ["GREENLESS_HOME"] = str(folder / "greenless")
    server = subprocess.Popen(["Xvfb", ":7", "-screen", "0", "640x480x24", "-nolisten", "tcp", "-noreset"])
    over = threading.Event()
    try:
        with started(program, ":7", folder) as obs:
            os.environ["OBS_WEBSOCKET_PASSWORD"] = obs.password
            words = ["obs", "--make", "--url", obs.url, "--sink", "virtual-camera"]
            assert main(words) == 2, "no greenless writes to the camera"
            with open_sink("virtual-camera", width_px=320, height_px=240, fps=5) as sink:
                writer = threading.Thread(target=_write, args=(sink, over))
                writer.start()
                try:
                    obs.until(lambda: v4l2.can_capture("/dev/video10"))
                    assert main(words) == 0
                    obs.until(lambda: _is_right(obs.screenshot("Scene")))
                finally:
                    over.set()
                    writer.join()
    finally:
        server.kill()
        server.wait()


def _network() -> None:
    """Bring the loopback interface up."""
    import fcntl

    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sH14x", b"lo", 0x41))  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING


def _write(sink: object, over: threading.Event) -> None:
    import numpy as np

    from tests.realtime.test_colour import composite

    pixels = np.empty((240, 320, 3), np.uint8)
    pixels[:, :160], pixels[:, 160:] = LEFT, RIGHT
    index = 0
    while not over.wait(0.2):
        sink.send(composite(pixels, index))  # type: ignore[attr-defined]
        index += 1


def _is_right(shown: Any) -> bool:
    pairs = ((shown[120, 80], LEFT), (shown[120, 240], RIGHT))
    print(*(f"{here} for {_as_709(colour)}" for here, colour in pairs), flush=True)
    return all(abs(here - _as_709(colour)).max() <= LEVELS for here, colour in pairs)


def _as_709(colour: tuple[int, int, int]) -> list[float]:
    """Return the BGR of a reader that takes the camera's BT.601 for BT.709, as OBS does with every V4L2 camera."""
    blue, green, red = colour
    y = 0.299 * red + 0.587 * green + 0.114 * blue
    cb, cr = (blue - y) / 1.772, (red - y) / 1.402
    return [y + 1.8556 * cb, y - 0.1873 * cb - 0.4681 * cr, y + 1.5748 * cr]
