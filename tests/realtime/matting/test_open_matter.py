"""From settings to a matter that is warm, with a network made here."""

import sys

import numpy as np
import pytest

from models import weights
from realtime.errors import MatterError, MissingExtra, WeightsError
from realtime.frame import Frame
from realtime.matting import open_matter
from realtime.settings.schema import MattingSettings

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx import TensorProto, helper  # noqa: E402


@pytest.fixture
def tiny(tmp_path):
    """A network whose matte is 0.5 where the picture is black."""
    nodes = [
        helper.make_node("ReduceMax", ["input"], ["most"], axes=[1]),
        helper.make_node("HardSigmoid", ["most"], ["output"], alpha=0.5, beta=1.0),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ("N", 3, "H", "W"))],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ("N", 1, "H", "W"))],
    )
    path = tmp_path / "tiny.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def test_a_matter_is_warm_for_the_size_that_is_to_come(tiny):
    matter = open_matter(MattingSettings(weights=str(tiny), provider="cpu"), width_px=640, height_px=360)
    assert matter.name == "tiny 896x512, onnx, CPU"
    frame = Frame(pixels=np.zeros((360, 640, 3), np.uint8), index=0, captured_s=0.0)
    [matte] = matter.matte_batch([frame])
    assert matte.frame is frame
    assert matte.alpha == pytest.approx(0.5)
    matter.close()


def test_the_reference_size_of_the_settings_wins_over_the_weights_own(tiny):
    settings = MattingSettings(weights=str(tiny), provider="cpu", reference_size=288)
    assert open_matter(settings).name == "tiny 512x288, onnx, CPU"


def test_a_network_that_does_not_run_is_found_before_the_first_frame(tiny):
    model = onnx.load(tiny)
    model.graph.node[1].op_type = "Log"
    del model.graph.node[1].attribute[:]
    onnx.save(model, tiny)
    with pytest.raises(MatterError, match="NaN"):
        open_matter(MattingSettings(weights=str(tiny), provider="cpu"))


def test_a_checkpoint_is_exported_for_onnx_runtime(tiny, tmp_path, monkeypatch):
    checkpoint = tmp_path / "mine.ckpt"
    checkpoint.touch()
    monkeypatch.setattr(weights, "onnx_for", lambda path: tiny if path == checkpoint else path)
    assert open_matter(MattingSettings(weights=str(checkpoint), provider="cpu")).name.startswith("mine 896x512, onnx")


def test_weights_that_are_not_there_are_an_error(tmp_path):
    with pytest.raises(WeightsError):
        open_matter(MattingSettings(weights=str(tmp_path / "none.onnx")))


def test_torch_reads_the_twin_beside_an_onnx_file(tmp_path):
    torch = pytest.importorskip("torch")
    from models.checkpoint import save_network
    from models.modnet import MODNet

    onnx_file = tmp_path / "mine.onnx"
    onnx_file.touch()
    settings = MattingSettings(weights=str(onnx_file), runtime="torch", provider="cpu", reference_size=64)
    with pytest.raises(MatterError, match=r"no mine\.safetensors.*--runtime onnx"):
        open_matter(settings)
    torch.manual_seed(1)
    save_network(MODNet(), tmp_path / "mine.safetensors", {})
    assert open_matter(settings, width_px=64, height_px=64).name == "mine 96x96, torch, CPU"


def test_torch_that_is_not_installed_is_a_missing_extra(tiny, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, "realtime.matting.runtimes.torch_matter", raising=False)
    with pytest.raises(MissingExtra, match=r"package torch is not installed.*'\.\[torch\]'"):
        open_matter(MattingSettings(weights=str(tiny), runtime="torch"))
