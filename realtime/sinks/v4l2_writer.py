"""``Writer``: feeds a v4l2loopback virtual camera. Linux only.

Constants and layout are those of ``linux/videodev2.h`` on 64-bit systems.
"""

import errno
import fcntl
import os
import struct

import cv2
import numpy as np
import numpy.typing as npt

from realtime.ending import Closing, closed_on_error
from realtime.frame import Pixels

VIDIOC_S_FMT = 0xC0D05605
_BUF_TYPE_VIDEO_OUTPUT = 2
_FIELD_NONE = 1
_COLORSPACE_SRGB = 8
"""Implies BT.601 and limited range in YUV, as webcams give it."""

YUV420 = int.from_bytes(b"YU12", "little")
_FORMAT = struct.Struct("=I4x8I168x")
"""``struct v4l2_format``: type; width, height, pixel format, field, bytes per line, bytes, colour space, private."""


class Writer(Closing):
    """Writes frames of one size to a virtual camera; owns its file descriptor.

    Args:
        device: path of the virtual camera.
        width_px: width of the frames, even.
        height_px: height of the frames, even.

    Raises:
        OSError: it cannot be opened, or is no virtual camera. ``EBUSY``: another program holds it at another size.
            ``ENOTSUP``: it wants padded lines.
    """

    def __init__(self, device: str, *, width_px: int, height_px: int) -> None:
        self.device = device
        self._size = (width_px, height_px)
        self._descriptor = os.open(device, os.O_RDWR)
        with closed_on_error(self):
            self._configure()

    def send(self, pixels: Pixels) -> None:
        """Show ``(H, W, 3) uint8 BGR`` of the camera's size.

        Raises:
            OSError: the device is gone, or took only a part, which programs would show as a torn frame.
        """
        planes = i420(pixels)
        written = os.write(self._descriptor, planes.data)
        if written != planes.nbytes:
            raise OSError(errno.EIO, f"it took {written} of {planes.nbytes} bytes", self.device)

    def close(self) -> None:
        """Close the device. May be called twice."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _configure(self) -> None:
        """Ask for the format and check what was granted: the driver keeps a format that is in use, and reports none."""
        width_px, height_px = self._size
        length = width_px * height_px * 3 // 2
        wanted = (width_px, height_px, YUV420, _FIELD_NONE, width_px, length, _COLORSPACE_SRGB, 0)
        request = _FORMAT.pack(_BUF_TYPE_VIDEO_OUTPUT, *wanted)
        _, *granted = _FORMAT.unpack(fcntl.ioctl(self._descriptor, VIDIOC_S_FMT, request))
        if tuple(granted[:3]) != wanted[:3]:
            raise OSError(errno.EBUSY, f"it keeps {granted[0]}x{granted[1]}", self.device)
        if granted[4] not in (0, width_px):  # frames would be skewed
            raise OSError(errno.ENOTSUP, f"it wants {granted[4]} bytes in a line of {width_px} px", self.device)


def i420(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """Convert to YUV 4:2:0 of BT.601 in limited range, each chroma from the mean of its four pixels.

    OpenCV takes chroma from one pixel of four, so it gets every mean four times.

    Args:
        pixels: ``(H, W, 3) uint8 BGR``, both sides even.

    Returns:
        ``(H * 3 // 2, W) uint8``: the planes Y, U, V.
    """
    height_px, width_px = pixels.shape[:2]
    halves = cv2.resize(pixels, (width_px // 2, height_px // 2), interpolation=cv2.INTER_AREA)
    means = cv2.resize(halves, (width_px, height_px), interpolation=cv2.INTER_NEAREST)
    planes = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_I420), np.uint8)
    planes[height_px:] = cv2.cvtColor(means, cv2.COLOR_BGR2YUV_I420)[height_px:]
    return planes
