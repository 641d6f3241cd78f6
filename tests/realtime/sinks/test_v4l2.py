"""The virtual camera on real devices, inside the lab; this file is also the program that runs there."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform != "linux":
    pytest.skip("V4L2 is Linux'", allow_module_level=True)

from realtime.sinks import v4l2

ROOT = Path(__file__).resolve().parents[3]
DEVICE = "/dev/video10"


def test_a_machine_without_loopbacks_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "video0").touch()
    monkeypatch.setattr(v4l2, "DEV", tmp_path)
    assert v4l2.loopbacks() == []
    assert v4l2.forbidden() == []


@pytest.mark.parametrize("device", ["/dev/null", "/nowhere"])
def test_what_is_no_loopback_cannot_be_written_and_is_left_alone(device: str) -> None:
    assert not v4l2.can_output(device)
    v4l2.heal(device)


def test_another_program_sees_what_was_sent_again_and_again(v4l2_lab: Path) -> None:
    code = "import runpy, sys; sys.path.insert(0, sys.argv[1]); runpy.run_path(sys.argv[2])['in_the_lab']()"
    command = [str(v4l2_lab), sys.executable, "-c", code, str(ROOT), __file__]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "all as it should be" in run.stdout


def in_the_lab() -> None:
    """Write, read back, close, heal, write again at another size; then meet a device that is in use."""
    import numpy as np

    from realtime.errors import SinkError
    from realtime.sinks import open_sink
    from realtime.sinks.v4l2_writer import Writer

    assert "pyvirtualcam" not in sys.modules
    assert v4l2.loopbacks() == [DEVICE]
    for round_, (width_px, height_px) in enumerate(((640, 480), (320, 240))):
        with open_sink("virtual-camera", width_px=width_px, height_px=height_px, fps=30) as sink:
            assert sink.name == f"virtual camera {DEVICE}, {width_px}x{height_px}"
            read = _read_back(sink, _composite(width_px, height_px))
        assert read.shape == (height_px, width_px, 3)
        for column, colour in ((width_px // 4, (200, 40, 30)), (width_px * 3 // 4, (30, 60, 210))):
            error = abs(read[height_px // 2, column].astype(int) - colour).max()
            assert error <= 8, f"round {round_}: {read[height_px // 2, column]} is not {colour}"
        assert not v4l2.can_output(DEVICE), "0.12.7 leaves it half closed; if not, the cure is not needed"
    v4l2.heal(DEVICE)
    assert v4l2.can_output(DEVICE)

    with open_sink(f"virtual-camera:{DEVICE}", width_px=320, height_px=240, fps=30) as sink:
        sink.send(_composite(320, 240))
        for spec in (
            "virtual-camera",
            f"virtual-camera:{DEVICE}",
            "virtual-camera:/dev/video0",
            "virtual-camera:/dev/video7",
        ):
            try:
                open_sink(spec, width_px=320, height_px=240, fps=30)
            except SinkError as error:
                print(f"{spec}: {error}")
            else:
                raise AssertionError(f"{spec} was opened")
        with pytest.raises(OSError, match="it keeps 320x240") as caught:
            Writer(DEVICE, width_px=640, height_px=480)
        assert caught.value.errno == errno.EBUSY
        _read_back(sink, _composite(320, 240))
    assert np.array_equal(_composite(4, 2).pixels[0, 0], (200, 40, 30))
    assert "pyvirtualcam" not in sys.modules
    print("all as it should be")


def _composite(width_px: int, height_px: int):  # type: ignore[no-untyped-def]
    """Blue on the left, red on the right."""
    import numpy as np

    from realtime.frame import Composite, Frame, Matte

    pixels = np.empty((height_px, width_px, 3), np.uint8)
    pixels[:, : width_px // 2], pixels[:, width_px // 2 :] = (200, 40, 30), (30, 60, 210)
    frame = Frame(pixels=np.zeros_like(pixels), index=0, captured_s=0.0)
    alpha = np.zeros((height_px, width_px), np.float32)
    return Composite(pixels=pixels, matte=Matte(alpha=alpha, frame=frame), person=pixels)


def _read_back(sink, composite):  # type: ignore[no-untyped-def]
    """A picture as another program reads it, while the sink is fed."""
    import threading
    import time

    import cv2

    stop = threading.Event()

    def live_source() -> None:
        while not stop.is_set():
            sink.send(composite)
            time.sleep(0.03)

    feeder = threading.Thread(target=live_source)
    feeder.start()
    try:
        end_s = time.monotonic() + 90
        while time.monotonic() < end_s:  # until the first frame is written, the device cannot be opened
            time.sleep(0.2)
            camera = cv2.VideoCapture(DEVICE, cv2.CAP_V4L2)
            try:
                for _ in range(5):
                    seen, picture = camera.read()
                if seen:
                    return picture
            finally:
                camera.release()
        raise AssertionError(f"{DEVICE} gives no frame")
    finally:
        stop.set()
        feeder.join()
