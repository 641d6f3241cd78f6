import tracemalloc

import cv2
import numpy as np
import pytest

from models.evaluation import evaluation_size
from realtime.matting.resize import Scratch, network_size, prepare

RNG = np.random.default_rng(3)


@pytest.mark.parametrize(
    ("frame", "reference_px", "expected"),
    [
        *(((width, width * 9 // 16), 288, (512, 288)) for width in (640, 1280, 1920, 3840)),
        *(((width, width * 9 // 16), 224, (384, 224)) for width in (640, 1280, 1920, 3840)),
        ((1280, 720), 192, (352, 192)),
        ((1280, 720), 256, (448, 256)),
        ((1280, 720), 512, (896, 512)),
        ((720, 1280), 288, (288, 512)),
        ((720, 1280), 512, (512, 896)),
        *(((width, width * 3 // 4), 288, (384, 288)) for width in (320, 640, 1024, 1600)),
        ((640, 480), 224, (288, 224)),
        ((640, 480), 512, (672, 512)),
        ((800, 600), 512, (672, 512)),
        ((768, 512), 288, (448, 288)),
    ],
)
def test_the_reference_size_is_the_shorter_side_of_a_landscape_frame(frame, reference_px, expected):
    assert network_size(*frame, reference_px) == expected


@pytest.mark.parametrize("reference_px", [192, 224, 288, 512])
@pytest.mark.parametrize(
    "image",
    [(500, 500), (512, 768), (600, 800), (1000, 800), (250, 250), (210, 374), (432, 768), (2560, 1080)],
)
def test_every_other_shape_gets_the_pixels_of_a_wide_frame(image, reference_px):
    width, height = network_size(*image, reference_px)
    wide = reference_px**2 * 16 / 9
    # Each side may go to the next multiple of 32, half of that away.
    assert (width - 16) * (height - 16) <= wide <= (width + 16) * (height + 16)


def test_the_product_and_the_evaluation_agree_on_the_size_but_for_landscape_frames():
    assert network_size(1280, 720, 288) == evaluation_size(1280, 720)
    for height, width in RNG.integers(150, 4000, (2000, 2)).tolist():
        landscape = 1.3 <= width / height <= 16 / 9
        if max(width, height) < 3 * min(width, height) and not landscape:
            assert network_size(width, height, 288) == evaluation_size(width, height)


@pytest.mark.parametrize(
    ("image", "expected"), [((600, 4000), (192, 1280)), ((4000, 600), (1280, 192)), ((3, 4000), (32, 1280))]
)
def test_an_odd_shape_neither_explodes_nor_vanishes(image, expected):
    assert network_size(*image, 512) == expected


@pytest.mark.parametrize("reference_px", [32, 100, 288, 511])
@pytest.mark.parametrize("picture", [(1921, 1079), (33, 31), (500, 300), (300, 5000)])
def test_both_sides_are_multiples_of_32_whatever_is_asked(picture, reference_px):
    assert all(side >= 32 and side % 32 == 0 for side in network_size(*picture, reference_px))


def test_a_picture_is_normalised_as_rgb_planes():
    pixels = np.empty((64, 96, 3), np.uint8)
    pixels[:] = (0, 51, 255)
    planes = prepare(pixels, (96, 64))
    assert planes.shape == (3, 64, 96)
    assert planes.dtype == np.float32
    np.testing.assert_allclose(planes[:, 5, 7], [1.0, -0.6, -1.0], atol=1e-6)


@pytest.mark.parametrize(
    ("width_px", "height_px", "size"),
    [
        (640, 480, (384, 288)),
        (1280, 720, (512, 288)),
        (1920, 1080, (512, 288)),
        (3000, 2000, (192, 128)),
        (97, 61, (96, 64)),
    ],
)
def test_shrinking_aliases_no_more_than_the_area_mode(width_px, height_px, size):
    noise = RNG.integers(0, 256, (height_px // 2 + 1, width_px // 2 + 1, 3), np.uint8)
    pixels = np.asarray(cv2.resize(noise, (width_px, height_px), interpolation=cv2.INTER_CUBIC), np.uint8)
    exact = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).transpose(2, 0, 1)[::-1]
    difference = np.abs((prepare(pixels, size) + 1) * 127.5 - exact)
    assert difference.mean() < 6
    bilinear = cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR).transpose(2, 0, 1)[::-1]
    assert difference.mean() < np.abs(bilinear.astype(np.float32) - exact).mean() + 1e-3


def test_preparing_leaves_the_picture_alone():
    pixels = RNG.integers(0, 256, (64, 64, 3), np.uint8)
    before = pixels.copy()
    prepare(pixels, (64, 64))
    prepare(pixels, (32, 32))
    np.testing.assert_array_equal(pixels, before)


@pytest.mark.parametrize("size", [(512, 288), (1024, 576)])
def test_with_preallocated_memory_no_frame_allocates_any(size):
    pixels, other = RNG.integers(0, 256, (2, 720, 1280, 3), np.uint8)
    expected = prepare(pixels, size)
    out, scratch = np.empty((3, size[1], size[0]), np.float32), Scratch(size)
    prepare(other, size, out, scratch)
    tracemalloc.start()
    try:
        prepare(pixels, size, out, scratch)
        _, most_bytes = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        prepare(pixels, size)
        _, anew_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    np.testing.assert_array_equal(out, expected)
    assert most_bytes < 20_000 < anew_bytes
