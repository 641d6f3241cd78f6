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


@pytest.mark.parametrize(
    ("granted", "why", "number"),
    [
        ({2: 640, 3: 480, 6: 640}, "it keeps 640x480", errno.EBUSY),
        ({6: 128}, "it wants 128 bytes in a line of 64 px", errno.ENOTSUP),
    ],
    ids=["size", "padded lines"],
)
def test_a_camera_that_grants_another_format_is_refused_and_closed(
    monkeypatch: pytest.MonkeyPatch, granted: dict[int, int], why: str, number: int
) -> None:
    """v4l2loopback reports success and grants the size that another program set."""

    def grant(descriptor: int, request: int, given: bytes) -> bytes:
        words = np.frombuffer(given, np.uint32).copy()
        words[list(granted)] = list(granted.values())
        return words.tobytes()

    closed: list[int] = []
    monkeypatch.setattr("realtime.sinks.v4l2_writer.fcntl.ioctl", grant)
    monkeypatch.setattr("realtime.sinks.v4l2_writer.os.close", closed.append)
    with pytest.raises(OSError, match=why) as caught:
        Writer("/dev/null", width_px=64, height_px=48)
    assert caught.value.errno == number
    assert len(closed) == 1


def test_a_frame_that_is_cut_off_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """v4l2loopback takes no more than the size of its buffers, and reports success."""
    monkeypatch.setattr("realtime.sinks.v4l2_writer.fcntl.ioctl", lambda descriptor, request, given: given)
    writer = Writer("/dev/null", width_px=64, height_px=48)
    try:
        writer.send(np.zeros((48, 64, 3), np.uint8))
        monkeypatch.setattr("realtime.sinks.v4l2_writer.os.write", lambda descriptor, data: 100)
        with pytest.raises(OSError, match="it took 100 of 4608 bytes"):
            writer.send(np.zeros((48, 64, 3), np.uint8))
    finally:
        writer.close()
