"""PyTorch against ONNX Runtime on MODNet itself, with random weights."""

import cv2
import numpy as np
import pytest

from realtime.errors import MatterError, WeightsError
from realtime.frame import Frame

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from models.modnet import MODNet  # noqa: E402
from realtime.matting.runtimes.onnx_matter import OnnxMatter  # noqa: E402
from realtime.matting.runtimes.torch_matter import TorchMatter, choose_device  # noqa: E402

REFERENCE_PX = 96


@pytest.fixture(scope="module")
def weights(save_twins):
    """MODNet as ``.safetensors`` and ``.onnx``: random, its last layer so strong that the mattes reach from 0 to 1."""
    torch.manual_seed(5)
    network = MODNet().eval()
    last = [layer for layer in network.f_branch.modules() if isinstance(layer, torch.nn.Conv2d)][-1]
    with torch.no_grad():
        last.weight *= 200
    return save_twins(network)


@pytest.fixture(scope="module")
def matter(weights):
    return TorchMatter(weights, title="random", reference_px=REFERENCE_PX, device="cpu")


def frames(*sizes):
    rng = np.random.default_rng(11)
    for index, (width_px, height_px) in enumerate(sizes):
        blobs = rng.integers(0, 256, (6, 9, 3), np.uint8)
        pixels = cv2.resize(blobs, (width_px, height_px), interpolation=cv2.INTER_CUBIC)
        yield Frame(pixels=np.asarray(pixels, np.uint8), index=index, captured_s=0.0)


@pytest.mark.slow
def test_the_runtimes_agree_within_the_gates(weights, matter):
    pictures = list(frames((160, 96), (320, 240), (160, 96), (96, 128)))
    by_torch = matter.matte_batch(pictures)
    onnx_matter = OnnxMatter(weights.with_suffix(".onnx"), title="random", reference_px=REFERENCE_PX, provider="cpu")
    by_onnx = onnx_matter.matte_batch(pictures)
    for ours, theirs, picture in zip(by_torch, by_onnx, pictures, strict=True):
        assert ours.frame is theirs.frame is picture
        assert np.ptp(ours.alpha) > 0.5
        difference = np.abs(ours.alpha - theirs.alpha)
        assert difference.max() <= 0.1
        assert difference.mean() <= 0.002
        assert np.percentile(difference, 99) <= 0.01


def test_the_name_shows_size_runtime_and_device(matter):
    matter.matte_batch(list(frames((160, 96))))
    assert matter.name == "random 160x96, torch, CPU"


def test_a_closed_matter_says_so(matter, monkeypatch):
    monkeypatch.setattr(matter, "_network", matter._network)
    matter.close()
    with pytest.raises(MatterError, match="closed"):
        matter.matte_batch(list(frames((160, 96))))


def test_a_run_that_fails_names_the_runtime_and_the_batch(matter, monkeypatch):
    def out_of_memory(images):
        raise torch.OutOfMemoryError("CUDA out of memory.\nTried to allocate ...")

    monkeypatch.setattr(matter, "_network", out_of_memory)
    with pytest.raises(
        MatterError, match=r"torch, CPU failed on a batch of \(1, 3, 96, 160\): CUDA out of memory\.\. Try"
    ):
        matter.matte_batch(list(frames((160, 96))))


def test_a_damaged_checkpoint_is_an_error(weights, tmp_path):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(WeightsError, match=r"broken\.safetensors"):
        TorchMatter(broken, title="broken", reference_px=REFERENCE_PX)


@pytest.mark.parametrize(
    ("cuda", "mps", "wanted", "expected"),
    [
        (True, False, "auto", "cuda"),
        (False, True, "auto", "mps"),
        (False, False, "auto", "cpu"),
        (True, True, "cpu", "cpu"),
        (True, True, "mps", "mps"),
    ],
)
def test_the_device_is_the_one_asked_for_or_the_best(monkeypatch, cuda, mps, wanted, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert choose_device(wanted) == expected


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("cuda", r"cannot run on cuda \(available: cpu\).*pytorch\.org"),
        ("tensorrt", r"cannot run on tensorrt \(available: cpu\).*--provider auto"),
    ],
)
def test_a_device_that_is_not_there_is_an_error(monkeypatch, wanted, message):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(MatterError, match=message):
        choose_device(wanted)
