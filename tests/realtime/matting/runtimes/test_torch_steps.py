"""The way over a GPU, run on the processor: the same steps but for the graph, which needs CUDA."""

import cv2
import numpy as np
import pytest

from realtime.frame import Frame
from realtime.matting.resize import prepare

torch = pytest.importorskip("torch")

from models.lite import Lite  # noqa: E402
from realtime.errors import MatterError  # noqa: E402
from realtime.matting.runtimes.torch_matter import TorchMatter, prepared  # noqa: E402


def picture(width_px, height_px, seed=0):
    blobs = np.random.default_rng(seed).integers(0, 256, (6, 9, 3), np.uint8)
    return np.asarray(cv2.resize(blobs, (width_px, height_px), interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.mark.parametrize("size", [(96, 64), (160, 96), (64, 32), (256, 160)])
@pytest.mark.parametrize("frame", [(96, 64), (320, 200), (640, 360), (1100, 500)])
def test_it_prepares_pictures_as_the_processor_does(frame, size):
    pixels = picture(*frame)
    [ours] = prepared(torch.from_numpy(pixels)[None], size).numpy()
    difference = np.abs(ours - prepare(pixels, size)) * 127.5
    assert difference.mean() < 0.6  # OpenCV rounds to whole levels on the way, twice
    assert difference.max() < 4


@pytest.fixture(scope="module")
def weights(save_twins):
    torch.manual_seed(5)
    lite = Lite().eval()
    torch.nn.init.normal_(lite.matte_head.weight, std=2.0)
    return save_twins(lite)


@pytest.mark.slow
def test_the_way_over_the_device_gives_the_same_mattes(weights):
    def matter():
        return TorchMatter(weights, title="random", reference_px=64, device="cpu")

    frames = [
        Frame(pixels=picture(*size, seed=seed), index=seed, captured_s=0.0)
        for seed, size in enumerate([(320, 200), (320, 200), (200, 320)])
    ]
    direct = matter().matte_batch(frames)
    over = matter()
    over._on_gpu = True  # the steps of a GPU, run on the CPU
    for _ in range(2):  # the second time in memory that was used
        for ours, theirs in zip(over.matte_batch(frames), direct, strict=True):
            assert ours.frame is theirs.frame
            difference = np.abs(ours.alpha - theirs.alpha)
            assert np.ptp(theirs.alpha) > 0.3
            assert difference.mean() < 0.005
            assert difference.max() < 0.1
    assert over._steps.cache_info().currsize == 2
    over.close()


def test_a_network_that_gives_another_size_is_found(weights):
    matter = TorchMatter(weights, title="random", reference_px=64, device="cpu")
    matter._network, matter._on_gpu = torch.nn.AvgPool2d(2), True
    with pytest.raises(MatterError, match=r"expected a matte of \(1, 1, 64, 96\).*got \(1, 3, 32, 48\)"):
        matter.matte_batch([Frame(pixels=picture(96, 64), index=0, captured_s=0.0)])
