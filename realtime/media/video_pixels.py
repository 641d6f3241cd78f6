"""Converts a decoded frame of a video to pixels: upright, square, with the colours that players show."""

import struct
from collections.abc import Iterable
from fractions import Fraction
from typing import cast

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.sidedata.sidedata import SideData, Type
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, Interpolation

from realtime.frame import Pixels
from realtime.media.large_image import LONGEST_PX
from realtime.media.tone_map import change_of, tone_mapped

UNTAGGED = 2
"""FFmpeg's number for a colour space that the file does not state."""

HD_FROM_PX = 720
"""From this height on, players take untagged colours for BT.709; below, for BT.601."""

NEARLY_SQUARE = Fraction(1, 100)
"""Pixels that differ less from square are square: 1280x720 reduced to 853x479 states 0.998. The nearest standard
shape is 16:15."""

LARGEST_PX = 8192 * 8192
"""Most pixels of a frame, as it is shown."""

EXACT = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
"""How frames are converted between YUV and BGR, both ways. FFmpeg's default rounding tints greys by up to 3/255, and
its chroma at half the width darkens by 1 to 3."""


def upright(frame: av.VideoFrame, pixel_shape: Fraction = Fraction(1)) -> Pixels:
    """Convert a frame and turn it as the camera was held.

    Args:
        frame: as the decoder returned it.
        pixel_shape: width of its pixels divided by their height; the result has square pixels. A shape that would make
            the frame too large cannot be right and is ignored.

    Returns:
        ``(H, W, 3) uint8 BGR``, without alpha.
    """
    return _turned(_reformatted(frame, "bgr24", pixel_shape).to_ndarray(), frame)


def with_alpha(frame: av.VideoFrame, pixel_shape: Fraction) -> Pixels:
    """Convert a frame as ``upright`` does; keep its alpha, and show HDR and wide colours in BT.709.

    Returns:
        ``(H, W, 3) uint8 BGR``; ``(H, W, 4) uint8 BGRA``, straight, if a pixel is not opaque.
    """
    alpha = has_alpha(frame)
    if change_of(frame) is None:
        if not alpha:
            return upright(frame, pixel_shape)
        bgra = _reformatted(frame, "bgra", pixel_shape)
    else:
        rgb = _reformatted(frame, "gbrap16le" if alpha else "gbrp16le", pixel_shape)
        mapped = tone_mapped(rgb, transfer=frame.color_trc, primaries=frame.color_primaries)
        bgra = mapped.reformat(format="bgra" if alpha else "bgr24")
    pixels = _turned(bgra.to_ndarray(), frame)
    return pixels if alpha and pixels[..., 3].min() < 255 else np.ascontiguousarray(pixels[..., :3])


def over_black(bgra: Pixels) -> Pixels:
    """Blend ``(H, W, 4) uint8 BGRA``, straight, with black: ``(H, W, 3) uint8 BGR``. No hidden colour shows."""
    alpha = cv2.merge((bgra[..., 3],) * 3)
    return np.asarray(cv2.multiply(bgra[..., :3], alpha, scale=1 / 255), np.uint8)


def as_bt709(frame: av.VideoFrame, to: str) -> av.VideoFrame:
    """Convert a frame of BGR or BGRA to a YUV format, in BT.709 with a limited range, as all players expect."""
    frame = frame.reformat(
        format=to, dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG, interpolation=EXACT
    )
    frame.color_primaries, frame.color_trc = ColorPrimaries.BT709, ColorTrc.BT709  # ProRes writes those of the frame
    return frame


def has_alpha(frame: av.VideoFrame) -> bool:
    """Whether the format of a frame can hold alpha."""
    return frame.format.has_palette or any(component.is_alpha for component in frame.format.components)


def _reformatted(frame: av.VideoFrame, to: str, pixel_shape: Fraction) -> av.VideoFrame:
    width = frame.width if abs(pixel_shape - 1) < NEARLY_SQUARE else round(frame.width * pixel_shape)
    if not 0 < width <= LONGEST_PX or width * frame.height > LARGEST_PX:
        width = frame.width
    untagged_hd = frame.colorspace == UNTAGGED and frame.height >= HD_FROM_PX
    return frame.reformat(
        format=to,
        width=width,
        src_colorspace=Colorspace.ITU709 if untagged_hd else None,
        interpolation=EXACT,
    )


def _turned(pixels: npt.NDArray[np.generic], frame: av.VideoFrame) -> Pixels:
    """Turn and mirror by the display matrix (ISO 14496-12), to the nearest of its eight ways.

    The matrix moves the point (x, y) to (a x + c y, b x + d y), with y down.
    """
    side_data = cast("Iterable[SideData]", frame.side_data)  # PyAV's types say otherwise
    matrix = next((found for found in side_data if found.type is Type.DISPLAYMATRIX), None)
    if matrix is None:
        return np.ascontiguousarray(pixels, np.uint8)
    a, b, _, c, d = struct.unpack_from("=5i", matrix)
    if abs(b * c) > abs(a * d):
        pixels, a, d = pixels.swapaxes(0, 1), c, b
    pixels = pixels[:: -1 if d < 0 else 1, :: -1 if a < 0 else 1]
    return cast(Pixels, np.ascontiguousarray(pixels, np.uint8))
