"""Pods: the binary form of PipeWire's parameters. Pure functions; the source is ``spa/pod/pod.h``.

A pod is its size, its type and its body, filled up to eight bytes.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from itertools import chain

_ID, _INT, _RECTANGLE, _FRACTION, _OBJECT, _CHOICE = 3, 4, 10, 11, 15, 19
_OBJECT_FORMAT, _OBJECT_BUFFERS = 0x40003, 0x40004
_RANGE, _ENUM, _FLAGS = 1, 3, 4
_VIDEO, _RAW, _MJPG = 2, 1, 0x20002
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


@dataclass(frozen=True, kw_only=True)
class VideoFormat:
    """A format that both sides agreed on."""

    pixels: PixelFormat | None
    """Layout of the pixels; None for Motion JPEG."""

    width_px: int
    height_px: int

    fps: float
    """0 if frames come at irregular times, as of a screen."""


def video_format(kind: PixelFormat, width_px: int, height_px: int, fps: float) -> bytes:
    """Offer exactly one format, size and rate: OBS ignores ranges, and Chromium negotiates them without end."""
    size, rate = _pod(_RECTANGLE, width_px, height_px), _pod(_FRACTION, *_ratio(fps))
    return _format(_RAW, {_FORMAT: _pod(_ID, kind)}, size, rate)


def wanted_format(kinds: Sequence[PixelFormat], width_px: int, height_px: int, fps: float) -> bytes:
    """Accept any of these layouts, or Motion JPEG if there are none, at any size and rate; the closest one comes."""
    layout = {_FORMAT: _choice(_ENUM, _ID, *((kind,) for kind in (kinds[0], *kinds)))} if kinds else {}
    size = _choice(_RANGE, _RECTANGLE, (width_px, height_px), (1, 1), (16384, 16384))
    rate = _choice(_RANGE, _FRACTION, _ratio(fps), (0, 1), (1000, 1))
    return _format(_RAW if kinds else _MJPG, layout, size, rate)


def any_buffers() -> bytes:
    """Accept buffers of any size in memory that can be mapped."""
    return _object(_OBJECT_BUFFERS, BUFFERS, {_DATA_TYPE: _choice(_FLAGS, _INT, (MEM_PTR | MEM_FD,))})


def read_format(pod: bytes) -> VideoFormat | None:
    """Read the pod of an agreed format; None if it is neither raw video nor Motion JPEG, or in a foreign layout."""
    values = dict(_properties(pod))
    subtype, layout = _unsigned(values, _MEDIA_SUBTYPE)[0], _unsigned(values, _FORMAT)[0]
    if subtype not in (_RAW, _MJPG) or (subtype == _RAW and layout not in set(PixelFormat)):
        return None
    width_px, height_px = _unsigned(values, _SIZE)
    numerator, denominator = _unsigned(values, _RATE)
    return VideoFormat(
        pixels=PixelFormat(layout) if subtype == _RAW else None,
        width_px=width_px,
        height_px=height_px,
        fps=numerator / denominator if denominator else 0.0,
    )


def buffers(size: int, stride: int) -> bytes:
    """Request two to eight buffers of one block each, in shared memory, with this size and stride in bytes."""
    return _object(
        _OBJECT_BUFFERS,
        BUFFERS,
        {
            _BUFFERS: _choice(_RANGE, _INT, (4,), (2,), (8,)),
            _BLOCKS: _pod(_INT, 1),
            _BYTES: _pod(_INT, size),
            _STRIDE: _pod(_INT, stride),
            _DATA_TYPE: _choice(_FLAGS, _INT, (MEM_FD,)),
        },
    )


def _format(subtype: int, layout: Mapping[int, bytes], size: bytes, rate: bytes) -> bytes:
    kind = {_MEDIA_TYPE: _pod(_ID, _VIDEO), _MEDIA_SUBTYPE: _pod(_ID, subtype)}
    return _object(_OBJECT_FORMAT, ENUM_FORMAT, {**kind, **layout, _SIZE: size, _RATE: rate})


def _ratio(fps: float) -> tuple[int, int]:
    return Fraction(fps).limit_denominator(1001).as_integer_ratio()


def _numbers(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


def _pod(kind: int, *values: int, rest: bytes = b"") -> bytes:
    body = _numbers(*values) + rest
    return _numbers(len(body), kind) + _filled(body)


def _filled(body: bytes) -> bytes:
    return body + bytes(-len(body) % 8)


def _choice(kind: int, of: int, *values: tuple[int, ...]) -> bytes:
    """Offer several values of one type; the first is the default."""
    return _pod(_CHOICE, kind, 0, 4 * len(values[0]), of, *chain(*values))


def _object(kind: int, parameter: int, properties: Mapping[int, bytes]) -> bytes:
    body = b"".join(_numbers(key, 0) + pod for key, pod in properties.items())
    return _pod(_OBJECT, kind, parameter, rest=body)


def _properties(pod: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield key and body of each property of an object; of a choice, the body of its first value."""
    at, end = 16, 8 + struct.unpack_from("<I", pod)[0]
    while at < end:
        key, _, size, kind = struct.unpack_from("<4I", pod, at)
        body = pod[at + 16 : at + 16 + size]
        yield key, body[16:] if kind == _CHOICE else body
        at += 16 + len(_filled(body))


def _unsigned(values: Mapping[int, bytes], key: int) -> tuple[int, int]:
    """Return the first two numbers of a property; zeros for what it lacks."""
    first, second = struct.unpack("<2I", (values.get(key, b"") + bytes(8))[:8])
    return first, second
