import errno
import sys

import numpy as np
import pytest

if sys.platform != "linux":
    pytest.skip("V4L2 is Linux'", allow_module_level=True)

from realtime.sinks.v4l2_writer import Writer, i420


def test_chroma_is_the_mean_of_four_pixels() -> None:
    """BT.601, limited range: red is Y 81.5, Cb 90.2, Cr 240; a quarter of it has a quarter of the distance from 128."""
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[0, 1] = (0, 0, 255)
    planes = i420(pixels)
    assert planes.shape == (6, 4)
    assert planes[:4].tolist() == [[16, 82, 16, 16], *[[16] * 4] * 3]
    blue, red = planes[4:].reshape(2, 2, 2)
    np.testing.assert_allclose(blue, [[128 - 37.8 / 4, 128], [128, 128]], atol=1)
    np.testing.assert_allclose(red, [[128 + 112 / 4, 128], [128, 128]], atol=1)


@pytest.mark.parametrize(
    ("bgr", "yuv"),
    [((0, 0, 0), (16, 128, 128)), ((255, 255, 255), (235, 128, 128)), ((255, 0, 0), (41, 240, 110))],
    ids=["black", "white", "blue"],
)
def test_colours_are_those_of_bt601(bgr: tuple[int, ...], yuv: tuple[int, ...]) -> None:
    planes = i420(np.full((2, 4, 3), bgr, np.uint8))
    y, (u, v) = planes[:2], planes[2:].reshape(2, 1, 2)
    for plane, value in zip((y, u, v), yuv, strict=True):
        np.testing.assert_allclose(plane, value, atol=1)


@pytest.mark.parametrize(
    ("device", "number"), [("/dev/null", errno.ENOTTY), ("/nowhere", errno.ENOENT), ("/dev", errno.EISDIR)]
)
def test_what_is_no_virtual_camera_is_refused(device: str, number: int) -> None:
    with pytest.raises(OSError, match=rf"Errno {number}\]"):
        Writer(device, width_px=64, height_px=48)


def test_a_camera_that_keeps_another_size_is_refused_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """v4l2loopback reports success and grants the size that another program set."""

    def grant_640x480(descriptor: int, request: int, given: bytes) -> bytes:
        granted = np.frombuffer(given, np.uint32).copy()
        granted[2:4] = 640, 480
        return granted.tobytes()

    closed: list[int] = []
    monkeypatch.setattr("realtime.sinks.v4l2_writer.fcntl.ioctl", grant_640x480)
    monkeypatch.setattr("realtime.sinks.v4l2_writer.os.close", closed.append)
    with pytest.raises(OSError, match="it keeps 640x480") as caught:
        Writer("/dev/null", width_px=64, height_px=48)
    assert caught.value.errno == errno.EBUSY
    assert len(closed) == 1
