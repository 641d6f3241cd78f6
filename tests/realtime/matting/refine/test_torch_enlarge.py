"""Enlarging on a device, against the processor's on a drawn person."""

import cv2
import numpy as np
import pytest

from benchmarks.people.sample import Rendered
from realtime.frame import Frame
from realtime.matting.refine import enlarge

torch = pytest.importorskip("torch")

from realtime.gpu.memory import frame_on_device  # noqa: E402
from realtime.matting.refine.torch_enlarge import bilinear, enlarged, guided  # noqa: E402


@pytest.fixture(scope="module", params=[(640, 360), (810, 450)])
def hair(request):
    """A drawn person with loose hair; halved, the second size is odd."""
    return Rendered(*request.param, seed=2).truth(20)


def coarse(truth, factor, soft=1.0):
    height, width = truth.alpha.shape
    size = round(width / factor), round(height / factor)
    return cv2.GaussianBlur(cv2.resize(truth.alpha, size, interpolation=cv2.INTER_AREA), (0, 0), soft)


def framed(pixels):
    return Frame(pixels=pixels, index=0, captured_s=0.0)


@pytest.mark.parametrize("factor", [1, 1.05, 2.5, 3.75])
def test_it_is_interpolated_as_by_the_processor(hair, factor):
    alpha = coarse(hair, factor)
    ours = bilinear(torch.from_numpy(alpha), torch.from_numpy(hair.pixels)).numpy()
    np.testing.assert_allclose(ours, enlarge.bilinear(alpha, hair.pixels.shape[1::-1]), atol=1e-4)


@pytest.mark.parametrize("soft", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("factor", [1.05, 2.5, 3.75])
def test_the_picture_leads_the_edges_as_on_the_processor(hair, factor, soft):
    alpha = coarse(hair, factor, soft)
    theirs = enlarge.guided(alpha, framed(hair.pixels))
    ours = guided(torch.from_numpy(alpha), torch.from_numpy(hair.pixels)).numpy()
    difference = 255 * np.abs(ours - theirs)
    # The processor takes whole runs of pixels and leaves out the faint ends of the band between them.
    assert difference.mean() < 0.02
    assert np.mean(difference > 2) < 2e-4
    assert difference.max() < 8


@pytest.mark.parametrize("points", [(0.0, 1.0), (0.2, 0.7)])
def test_the_finished_matte_stays_there_with_its_frame(hair, points):
    frame = framed(hair.pixels)
    there = frame_on_device(frame, "cpu")
    matte = enlarged(coarse(hair, 2.5), frame, led=False, black_point=points[0], white_point=points[1])
    assert matte.frame is frame
    assert frame.on_gpu is there
    plain = enlarge.bilinear(coarse(hair, 2.5), hair.pixels.shape[1::-1])
    expected = np.clip((plain - points[0]) / (points[1] - points[0]), 0, 1)
    np.testing.assert_allclose(matte.on_gpu.numpy(), expected, atol=2e-4)
