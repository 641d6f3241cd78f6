"""``RawFrame``: a frame as another program laid it out, and its conversion to BGR."""

import ctypes
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from realtime.frame import Pixels
from realtime.pipewire import library
from realtime.pipewire.pods import PixelFormat, VideoFormat

_CORRUPTED = 1
"""Flag of a chunk."""

_TO_BGR = {
    PixelFormat.I420: cv2.COLOR_YUV2BGR_I420,
    PixelFormat.NV12: cv2.COLOR_YUV2BGR_NV12,
    PixelFormat.YUY2: cv2.COLOR_YUV2BGR_YUY2,
    PixelFormat.RGBX: cv2.COLOR_RGBA2BGR,
    PixelFormat.RGBA: cv2.COLOR_RGBA2BGR,
    PixelFormat.BGRX: cv2.COLOR_BGRA2BGR,
    PixelFormat.BGRA: cv2.COLOR_BGRA2BGR,
    PixelFormat.RGB: cv2.COLOR_RGB2BGR,
}

_PIXEL_BYTES = {PixelFormat.YUY2: 2, PixelFormat.RGB: 3, PixelFormat.BGR: 3}
"""Bytes of a pixel of a format with one plane, if not four."""


class _Plane(NamedTuple):
    rows: int
    row_bytes: int
    share: int
    """By what the stride of the frame is divided."""


@dataclass(frozen=True, kw_only=True)
class RawFrame:
    """A frame, copied out of the memory that it came in."""

    format: VideoFormat

    data: npt.NDArray[np.uint8]
    """The planes one after the other, without padding; or a JPEG."""

    def bgr(self) -> Pixels | None:
        """Convert it to ``(H, W, 3) uint8 BGR``; None if it is a damaged JPEG."""
        width, height, layout = self.format.width_px, self.format.height_px, self.format.pixels
        if layout is None:
            decoded = cv2.imdecode(self.data, cv2.IMREAD_COLOR)
            return None if decoded is None else np.asarray(decoded, np.uint8)
        if layout in (PixelFormat.I420, PixelFormat.NV12):
            shape: tuple[int, ...] = (height * 3 // 2, width)
        else:
            shape = (height, width, -1)
        shaped = self.data.reshape(shape)
        return shaped if layout == PixelFormat.BGR else np.asarray(cv2.cvtColor(shaped, _TO_BGR[layout]), np.uint8)


def copied(buffer: library.SpaBuffer, video: VideoFormat) -> RawFrame | None:
    """Copy the frame out of a buffer; None if there is none in it."""
    blocks = buffer.datas[: buffer.n_datas]
    if not all(_has_pixels(block) for block in blocks):
        return None
    if video.pixels is None:
        return RawFrame(format=video, data=_bytes(blocks[0], 0, blocks[0].chunk.contents.size).copy())
    parts, after = [], 0
    planes = _planes(video.pixels, video.width_px, video.height_px)
    whole_rows = sum(plane.rows / plane.share for plane in planes)
    packed = len(blocks) == 1  # a block of its own has a stride of its own
    for plane, block in zip(planes, blocks * len(planes), strict=False):
        chunk = block.chunk.contents
        rows, share = (whole_rows, plane.share) if packed else (plane.rows, 1)
        stride = (chunk.stride or int(chunk.size / rows)) // share  # GStreamer leaves the stride out
        offset, size = after if packed else 0, stride * (plane.rows - 1) + plane.row_bytes
        if stride < plane.row_bytes or offset + size > block.max_size - chunk.offset:
            return None
        view = np.lib.stride_tricks.as_strided(_bytes(block, offset, size), (plane.rows, plane.row_bytes), (stride, 1))
        parts.append(view.reshape(-1))
        after = offset + stride * plane.rows
    return RawFrame(format=video, data=np.concatenate(parts))


def _has_pixels(block: library.Data) -> bool:
    chunk = block.chunk.contents
    return bool(block.data) and chunk.size > 0 and not chunk.flags & _CORRUPTED


def _bytes(block: library.Data, offset: int, size: int) -> npt.NDArray[np.uint8]:
    """Return a view into the memory of a block."""
    start = block.data + block.chunk.contents.offset + offset
    return np.ctypeslib.as_array((ctypes.c_uint8 * size).from_address(start))


def _planes(layout: PixelFormat, width_px: int, height_px: int) -> tuple[_Plane, ...]:
    luma = _Plane(height_px, width_px, 1)
    if layout == PixelFormat.I420:
        return luma, *[_Plane(height_px // 2, width_px // 2, 2)] * 2
    if layout == PixelFormat.NV12:
        return luma, _Plane(height_px // 2, width_px, 1)
    return (_Plane(height_px, _PIXEL_BYTES.get(layout, 4) * width_px, 1),)
