"""Frames in the memory of other programs: padded rows, planes in blocks of their own, JPEGs, damage."""

import ctypes

import cv2
import numpy as np
import pytest

from realtime.pipewire.library import Chunk, Data, SpaBuffer
from realtime.pipewire.pods import PixelFormat, VideoFormat
from realtime.pipewire.raw_frame import copied

WIDTH_PX, HEIGHT_PX = 16, 8
COLOUR = np.array([190, 90, 30])


def video(pixels: PixelFormat | None) -> VideoFormat:
    return VideoFormat(pixels=pixels, width_px=WIDTH_PX, height_px=HEIGHT_PX, fps=30)


class Memory:
    """A buffer of these blocks; each is its bytes and its stride."""

    def __init__(self, *blocks: tuple[bytes, int], offset: int = 0, flags: int = 0) -> None:
        self._kept = [ctypes.create_string_buffer(bytes(offset) + data, offset + len(data)) for data, _ in blocks]
        self._chunks = [Chunk(offset=offset, size=len(data), stride=stride, flags=flags) for data, stride in blocks]
        datas = [
            Data(data=ctypes.addressof(kept), max_size=len(kept), chunk=ctypes.pointer(chunk))
            for kept, chunk in zip(self._kept, self._chunks, strict=True)
        ]
        self._datas = (Data * len(datas))(*datas)
        self.buffer = SpaBuffer(n_datas=len(datas), datas=self._datas)


def padded(plane: np.ndarray, stride: int) -> bytes:
    """Rows with other bytes behind them."""
    return np.pad(plane, ((0, 0), (0, stride - plane.shape[1])), constant_values=0xEE).tobytes()


@pytest.fixture
def i420() -> list[np.ndarray]:
    """The three planes of a frame of one colour, by OpenCV."""
    pixels = np.full((HEIGHT_PX, WIDTH_PX, 3), COLOUR, np.uint8)
    planes = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_I420))
    luma, chroma = planes[:HEIGHT_PX], planes[HEIGHT_PX:].reshape(2, HEIGHT_PX // 2, WIDTH_PX // 2)
    return [luma, chroma[0], chroma[1]]


def assert_right(memory: Memory, pixels: PixelFormat | None, tolerance: int = 3) -> None:
    frame = copied(memory.buffer, video(pixels))
    assert frame is not None
    bgr = frame.bgr()
    assert bgr is not None
    assert bgr.shape == (HEIGHT_PX, WIDTH_PX, 3)
    assert np.abs(bgr.astype(int) - COLOUR).max() <= tolerance


@pytest.mark.parametrize("offset", [0, 64])
def test_padding_is_left_out(i420: list[np.ndarray], offset: int) -> None:
    one = b"".join(padded(plane, stride) for plane, stride in zip(i420, (24, 12, 12), strict=True))
    assert_right(Memory((one, 24), offset=offset), PixelFormat.I420)


def test_planes_may_have_blocks_of_their_own(i420: list[np.ndarray]) -> None:
    blocks = [(padded(plane, stride), stride) for plane, stride in zip(i420, (24, 16, 10), strict=True)]
    assert_right(Memory(*blocks), PixelFormat.I420)


def test_a_stride_that_is_missing_follows_from_the_size(i420: list[np.ndarray]) -> None:
    assert_right(Memory((b"".join(plane.tobytes() for plane in i420), 0)), PixelFormat.I420)
    pixels = np.full((HEIGHT_PX, WIDTH_PX * 3), np.tile(COLOUR, WIDTH_PX), np.uint8)
    assert_right(Memory((padded(pixels, 52), 0)), PixelFormat.BGR)


def test_a_jpeg_is_decoded() -> None:
    written, data = cv2.imencode(".jpg", np.full((HEIGHT_PX, WIDTH_PX, 3), COLOUR, np.uint8))
    assert written
    assert_right(Memory((data.tobytes(), 0)), None, tolerance=6)


def test_a_damaged_jpeg_is_no_frame() -> None:
    frame = copied(Memory((b"\xff\xd8 damaged", 0)).buffer, video(None))
    assert frame is not None
    assert frame.bgr() is None


@pytest.mark.parametrize(
    "memory",
    [
        Memory((bytes(100), WIDTH_PX * 4)),
        Memory((bytes(WIDTH_PX * 4 * HEIGHT_PX), 8)),
        Memory((bytes(WIDTH_PX * 4 * HEIGHT_PX), WIDTH_PX * 4), flags=1),
        Memory((b"", 0)),
    ],
    ids=["too small", "stride too small", "corrupted", "empty"],
)
def test_damage_is_no_frame(memory: Memory) -> None:
    assert copied(memory.buffer, video(PixelFormat.BGRX)) is None
