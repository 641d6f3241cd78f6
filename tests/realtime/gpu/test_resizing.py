"""What OpenCV does to pictures, on a device."""

import cv2
import numpy as np
import pytest

from realtime import frame

torch = pytest.importorskip("torch")

from realtime.gpu.resizing import box, halved, planes, reduced, resized  # noqa: E402

RNG = np.random.default_rng(4)


def array(values):
    return values[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize("shape", [(90, 160, 3), (135, 240, 3), (67, 121, 3), (36, 65, 3), (1, 9, 3)])
def test_a_picture_is_halved_as_the_frame_does_it(shape):
    pixels = RNG.integers(0, 256, shape, np.uint8)
    difference = np.abs(array(halved(planes(torch.from_numpy(pixels)))) - frame.halved(pixels))
    assert difference.max() <= (0 if shape[0] % 2 == shape[1] % 2 == 0 else 1)  # a half may go either way
    assert (difference > 0).mean() < 0.02


@pytest.mark.parametrize("side_px", [90, 46, 45, 22, 0.3])
def test_it_is_halved_as_often(side_px):
    pixels = RNG.integers(0, 256, (90, 160, 3), np.uint8)
    whole = frame.Frame(pixels=pixels, index=0, captured_s=0.0)
    assert array(reduced(planes(torch.from_numpy(pixels)), side_px)).shape == whole.reduced(side_px).shape


@pytest.mark.parametrize("side_px", [3, 7, 23])
def test_neighbourhoods_are_those_of_opencv_at_the_borders_too(side_px):
    values = RNG.random((45, 80, 4), np.float32) * 255
    np.testing.assert_allclose(
        array(box(planes(torch.from_numpy(values)), side_px)), cv2.blur(values, (side_px, side_px)), atol=1e-3
    )


@pytest.mark.parametrize("size", [(160, 90), (31, 200), (80, 45)])
def test_a_picture_is_resized_as_by_opencv(size):
    values = RNG.random((45, 80, 2), np.float32)
    ours = array(resized(planes(torch.from_numpy(values)), size[1], size[0]))
    np.testing.assert_allclose(ours, cv2.resize(values, size, interpolation=cv2.INTER_LINEAR), atol=1e-4)
