"""What travels comes back as it was, and what is damaged is named."""

import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image

from realtime.matting.runtimes import remote_wire
from realtime.matting.runtimes.remote_wire import Kind, WireError

LARGEST_PX = 640 * 1024
NOISE = np.random.default_rng(1).integers(0, 256, (96, 160, 3), np.uint8)


def png(pixels: np.ndarray) -> bytes:
    """By another encoder than the one that is tested."""
    data = io.BytesIO()
    Image.fromarray(pixels[..., ::-1]).save(data, "PNG")
    return data.getvalue()


def test_a_lossless_frame_comes_back_bit_for_bit() -> None:
    message = remote_wire.request(7, NOISE, "lossless")
    assert remote_wire.head_of(message) == (7, (160, 96))
    np.testing.assert_array_equal(remote_wire.pixels_of(message, LARGEST_PX), NOISE)


def test_blue_stays_blue_in_jpeg() -> None:
    blue = np.zeros((96, 160, 3), np.uint8)
    blue[..., 0] = 200
    came = remote_wire.pixels_of(remote_wire.request(7, blue, "jpeg"), LARGEST_PX)
    assert np.abs(came.astype(int) - blue).max() <= 4


def test_a_png_of_another_encoder_is_read() -> None:
    message = struct.pack("!IHH", 1, 160, 96) + png(NOISE)
    np.testing.assert_array_equal(remote_wire.pixels_of(message, LARGEST_PX), NOISE)


def test_the_orientation_in_a_file_turns_nothing() -> None:
    data = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(NOISE).save(data, "JPEG", exif=exif)
    message = struct.pack("!IHH", 1, 160, 96) + data.getvalue()
    assert remote_wire.pixels_of(message, LARGEST_PX).shape == (96, 160, 3)


@pytest.mark.parametrize("number", [0, 2**32 - 1, 2**32, 2**40 + 5])
def test_numbers_wrap_around(number: int) -> None:
    assert remote_wire.head_of(remote_wire.request(number, NOISE, "jpeg"))[0] == number % 2**32


def test_a_matte_comes_back_in_8_bits() -> None:
    alpha = np.random.default_rng(2).random((96, 160), np.float32)
    number, came = remote_wire.answer_of(remote_wire.answer(9, alpha))
    assert number == 9
    assert not isinstance(came, str)
    assert (came.dtype, came.shape) == (np.float32, (96, 160))
    np.testing.assert_array_equal(np.rint(came * 255), np.rint(alpha * 255))


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_black_and_white_are_exact(value: float) -> None:
    _, came = remote_wire.answer_of(remote_wire.answer(9, np.full((32, 32), value, np.float32)))
    assert not isinstance(came, str)
    assert (came == value).all()


def test_an_error_is_a_text() -> None:
    message = remote_wire.failure(3, "größer")
    assert remote_wire.answer_head(message)[1] is Kind.FAILED
    assert remote_wire.answer_of(message) == (3, "größer")
    assert remote_wire.answer_head(remote_wire.failure(3, "x", invalid=True))[1] is Kind.INVALID


def test_a_large_image_in_a_small_header_is_not_decoded() -> None:
    """A black PNG is a thousand times smaller than its pixels, so the size is compared before it is decoded."""
    bomb = struct.pack("!IHH", 1, 160, 96) + png(np.zeros((20000, 32, 3), np.uint8))
    with pytest.raises(WireError, match="160x96, the image is 32x20000"):
        remote_wire.pixels_of(bomb, LARGEST_PX)


def test_only_two_formats_are_read() -> None:
    data = cv2.imencode(".bmp", NOISE)[1].tobytes()
    with pytest.raises(WireError, match="JPEG or a PNG"):
        remote_wire.pixels_of(struct.pack("!IHH", 1, 160, 96) + data, LARGEST_PX)


@pytest.mark.parametrize("size", [(0, 96), (160, 0), (161, 96), (160, 100), (32000, 32000)])
def test_a_size_that_no_network_takes_is_an_error(size: tuple[int, int]) -> None:
    with pytest.raises(WireError, match="multiples of 32"):
        remote_wire.pixels_of(struct.pack("!IHH", 1, *size) + png(NOISE), LARGEST_PX)


@pytest.mark.parametrize("cut", range(0, 400, 37))
def test_a_cut_answer_is_an_error(cut: int) -> None:
    message = remote_wire.answer(9, np.random.default_rng(3).random((96, 160), np.float32))
    with pytest.raises(WireError):
        remote_wire.answer_of(message[:cut])


def test_an_answer_that_unpacks_to_more_is_an_error() -> None:
    message = bytearray(remote_wire.answer(9, np.zeros((960, 960), np.float32)))
    message[5:9] = struct.pack("!HH", 32, 32)
    with pytest.raises(WireError, match="32x32"):
        remote_wire.answer_of(bytes(message))


def test_noise_fits_the_limit() -> None:
    large = np.random.default_rng(4).integers(0, 256, (640, 640, 3), np.uint8)
    for coding in ("jpeg", "lossless"):
        assert len(remote_wire.request(1, large, coding)) < remote_wire.largest_request(640 * 640)
