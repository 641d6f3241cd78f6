"""Pods: the binary form of PipeWire's parameters. Pure functions; the source is ``spa/pod/pod.h``.

A pod is its size, its type and its body, filled up to eight bytes.
"""

import struct
from collections.abc import Mapping, Sequence
from enum import IntEnum
from fractions import Fraction
from typing import Any

_ID, _INT, _RECTANGLE, _FRACTION, _OBJECT, _CHOICE = 3, 4, 10, 11, 15, 19
_OBJECT_FORMAT, _OBJECT_BUFFERS = 0x40003, 0x40004
_RANGE, _ENUM, _FLAGS = 1, 3, 4
_VIDEO, _RAW = 2, 1
_MEDIA_TYPE, _MEDIA_SUBTYPE, _FORMAT, _SIZE, _RATE = 1, 2, 0x20001, 0x20003, 0x20004
_BUFFERS, _BLOCKS, _BYTES, _STRIDE, _DATA_TYPE = 1, 2, 3, 4, 6

ENUM_FORMAT, FORMAT, BUFFERS = 3, 4, 5
"""Which parameter a pod is."""

MEM_PTR, MEM_FD = 1 << 1, 1 << 2
"""Kinds of memory of a buffer."""


class PixelFormat(IntEnum):
    """Formats of raw video, as ``spa/param/video/raw.h`` numbers them."""

    I420 = 2
    YUY2 = 4
    RGBX = 7
    BGRX = 8
    RGBA = 11
    BGRA = 12
    RGB = 15
    BGR = 16
    NV12 = 23


def video_format(kind: PixelFormat, width_px: int, height_px: int, fps: float) -> bytes:
    """Offer exactly one format, size and rate: OBS ignores ranges, and Chromium negotiates them without end."""
    rate = Fraction(fps).limit_denominator(1001)
    return _object(
        _OBJECT_FORMAT,
        ENUM_FORMAT,
        {
            _MEDIA_TYPE: _id(_VIDEO),
            _MEDIA_SUBTYPE: _id(_RAW),
            _FORMAT: _id(kind),
            _SIZE: _pod(_RECTANGLE, struct.pack("<2I", width_px, height_px)),
            _RATE: _pod(_FRACTION, struct.pack("<2I", rate.numerator, rate.denominator)),
        },
    )


def buffers(size: int, stride: int) -> bytes:
    """Request two to eight buffers of one block each, in shared memory, with this size and stride in bytes."""
    return _object(
        _OBJECT_BUFFERS,
        BUFFERS,
        {
            _BUFFERS: _choice(_RANGE, 4, 2, 8),
            _BLOCKS: _pod(_INT, struct.pack("<i", 1)),
            _BYTES: _pod(_INT, struct.pack("<i", size)),
            _STRIDE: _pod(_INT, struct.pack("<i", stride)),
            _DATA_TYPE: _choice(_FLAGS, MEM_FD),
        },
    )


def _pod(kind: int, body: bytes) -> bytes:
    return struct.pack("<2I", len(body), kind) + body + bytes(-len(body) % 8)


def _id(value: int) -> bytes:
    return _pod(_ID, struct.pack("<I", value))


def _choice(kind: int, *values: int) -> bytes:
    """Offer several integers; the first is the default."""
    return _pod(_CHOICE, struct.pack(f"<4I{len(values)}i", kind, 0, 4, _INT, *values))


def _object(kind: int, parameter: int, properties: Mapping[int, bytes]) -> bytes:
    body = b"".join(struct.pack("<2I", key, 0) + pod for key, pod in properties.items())
    return _pod(_OBJECT, struct.pack("<2I", kind, parameter) + body)
