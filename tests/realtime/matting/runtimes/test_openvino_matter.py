"""OpenVINO against ONNX Runtime on greenless-lite, with random weights."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from realtime.errors import MatterError, WeightsError
from realtime.frame import Frame

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")
ov = pytest.importorskip("openvino")

from models.lite import Lite  # noqa: E402
from realtime.matting.runtimes.onnx_matter import OnnxMatter  # noqa: E402
from realtime.matting.runtimes.openvino_matter import OpenVinoMatter  # noqa: E402

REFERENCE_PX = 64


@pytest.fixture(scope="module")
def network(save_twins):
    """Its head is so strong that the mattes reach from 0 to 1."""
    torch.manual_seed(5)
    lite = Lite().eval()
    torch.nn.init.normal_(lite.matte_head.weight, std=2.0)
    return save_twins(lite).with_suffix(".onnx")


@pytest.fixture(scope="module")
def frame():
    blobs = np.random.default_rng(11).integers(0, 256, (6, 9, 3), np.uint8)
    pixels = cv2.resize(blobs, (160, 120), interpolation=cv2.INTER_CUBIC)
    return Frame(pixels=np.asarray(pixels, np.uint8), index=0, captured_s=0.0)


def opened(path, **options):
    return OpenVinoMatter(path, title="random", reference_px=REFERENCE_PX, **options)


@pytest.mark.slow
def test_it_agrees_with_onnx_runtime(network, frame):
    [ours] = opened(network).matte_batch([frame])
    [theirs] = OnnxMatter(network, title="random", reference_px=REFERENCE_PX, provider="cpu").matte_batch([frame])
    assert np.ptp(theirs.alpha) > 0.5
    np.testing.assert_allclose(ours.alpha, theirs.alpha, atol=1e-3)


def test_the_name_shows_size_runtime_and_precision(network, frame):
    matter = opened(network, threads=1)
    matter.matte_batch([frame])
    assert matter.name == "random 96x64, openvino, CPU"
    assert opened(network, precision="int8").name == "random, openvino int8, CPU"


def test_a_processor_without_bfloat16_is_an_error(network, monkeypatch):
    monkeypatch.setattr(ov.Core, "get_property", lambda *_: ["FP32", "INT8"])
    with pytest.raises(MatterError, match=r"does not support bfloat16.*--precision auto"):
        opened(network, precision="bfloat16")


def test_a_damaged_file_and_another_kind_of_network_are_errors(network, tmp_path):
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(network.read_bytes()[:5000])
    with pytest.raises(MatterError, match=r"OpenVINO cannot load .*damaged\.onnx.*weights verify"):
        opened(damaged)
    model = onnx.load(network)
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 3
    model.graph.output.append(onnx.helper.make_tensor_value_info(model.graph.node[0].output[0], 1, None))
    onnx.save(model, tmp_path / "two.onnx")
    with pytest.raises(WeightsError, match=r"not a matting network.*outputs in .*two\.toml"):
        opened(tmp_path / "two.onnx")


def test_a_network_of_one_size_and_one_picture_keeps_them(network, frame, tmp_path):
    model = onnx.load(network)
    for end in (model.graph.input[0], model.graph.output[0]):
        for axis, value in ((0, 1), (2, 32), (3, 64)):
            end.type.tensor_type.shape.dim[axis].dim_value = value
    onnx.save(model, tmp_path / "fixed.onnx")
    mattes = opened(tmp_path / "fixed.onnx").matte_batch([frame, frame], (128, 128))
    assert [matte.alpha.shape for matte in mattes] == [(32, 64)] * 2
    np.testing.assert_array_equal(mattes[0].alpha, mattes[1].alpha)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="only Linux tells the threads of a process here")
def test_another_size_is_no_other_network(network, frame):
    def threads() -> set[str]:
        return {task.name for task in Path("/proc/self/task").iterdir()}

    matter = opened(network, threads=2)
    [first] = matter.matte_batch([frame])
    matter.matte_batch([frame], (96, 128))
    before = threads()
    for size in ((64, 64), (128, 96), (160, 128), (96, 96), (192, 128), (128, 128)):
        [matte] = matter.matte_batch([frame], size)
        assert matte.alpha.shape == size[::-1]
    assert threads() <= before
    np.testing.assert_array_equal(matter.matte_batch([frame])[0].alpha, first.alpha)


def test_openvino_sends_no_statistics():
    code = (
        "import realtime.matting.runtimes.openvino_matter, sys;"
        "from openvino.tools.ovc import telemetry_utils;"
        "print(telemetry_utils.tm.__name__, sys.modules['openvino_telemetry'])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.split() == ["openvino.tools.ovc.telemetry_stub", "None"]
