"""Video files: open one, and turn a decoded picture into pixels: square, upright, of the colours that players show.

In: a path, then PyAV's frames. Out: PyAV's container, then ``(H, W, 3) uint8 BGR``. File source, video background and
off-line clips stand on it.
"""

import os
from fractions import Fraction
from io import FileIO
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import tag_to_code
from av.video.reformatter import Colorspace, Interpolation
from av.video.stream import VideoStream

from models.regular import check_regular, descriptor_of
from realtime.frame import Pixels
from realtime.media.image_file import LONGEST_PX

UNTAGGED = 2
"""FFmpeg's number for colours of which nothing is said."""

HD_FROM_PX = 720
"""Players take untagged colours for BT.709 from this height on, for BT.601 below."""

LARGEST_PX = 8192 * 8192
"""Pixels of a frame at most, as it is shown."""

EXACT = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
"""How pictures change between YUV and BGR, both ways: FFmpeg's usual rounding tints greys by up to 3/255, and its
chroma at half the width darkens by 1 to 3."""


def open_film(path: Path) -> InputContainer:
    """Open a video file. FFmpeg gets it, and the files that a playlist names, only if they are regular files.

    Raises:
        models.regular.NotRegular: it is a FIFO, a device or a socket, which would block.
        OSError: it is missing or cannot be read; ``av.FFmpegError`` if it is no video.
    """
    if not check_regular(path).st_size:  # for which FFmpeg says "Invalid argument"
        raise av.InvalidDataError(tag_to_code(b"INDA"), "Invalid data: the file is empty", str(path))
    whole = os.path.abspath(path)  # because "10:30.mp4" names a protocol
    url = whole.encode("utf-8", "backslashreplace").decode()  # PyAV hands back no other

    def opened(named: str, flags: int, options: dict[str, str]) -> _File:
        return _File(descriptor_of(whole if named == url else named.removeprefix("file:")))

    return av.open(url, io_open=opened, metadata_errors="replace")


def bounded(stream: VideoStream, largest_px: int = 0) -> VideoStream:
    """Have a stream decoded by as many threads as are useful, but no frame of more pixels than ``largest_px``.

    FFmpeg looks at each frame's own size before it takes memory, and refuses what is larger as damaged: a stream may
    begin small and grow.

    Args:
        stream: before its first packet is decoded.
        largest_px: 0 for ``LARGEST_PX``.
    """
    stream.thread_type = "AUTO"
    stream.codec_context.options = {"max_pixels": str(largest_px or LARGEST_PX)}
    return stream


class _File(FileIO):
    """Closes itself when the container is gone, because PyAV closes only the files that a playlist names."""

    def __del__(self) -> None:
        self.close()


def upright(picture: av.VideoFrame, pixel_shape: Fraction = Fraction(1)) -> Pixels:
    """``(H, W, 3) uint8 BGR``, turned as the camera was held.

    Args:
        picture: as the decoder gave it.
        pixel_shape: width of its pixels over their height; what is returned has square ones. A shape that would make
            the frame too large is no true one, and left out.
    """
    width = round(picture.width * pixel_shape)
    if not 0 < width <= LONGEST_PX or width * picture.height > LARGEST_PX:
        width = picture.width
    untagged_hd = picture.colorspace == UNTAGGED and picture.height >= HD_FROM_PX
    bgr = picture.reformat(
        format="bgr24",
        width=width,
        src_colorspace=Colorspace.ITU709 if untagged_hd else None,
        interpolation=EXACT,
    )
    return np.ascontiguousarray(np.rot90(bgr.to_ndarray(), round(picture.rotation / 90)), np.uint8)
