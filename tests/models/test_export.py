"""Exported networks agree with PyTorch, take the sizes they should, and are written whole or not at all."""

import logging
from pathlib import Path

import numpy as np
import onnx
import onnxruntime  # type: ignore[import-untyped]
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models import export
from models.errors import WeightsError
from models.evaluation import Pixels, network_input
from models.export import export_onnx
from models.modnet import MODNet


class Tiny(nn.Module):
    """What the real networks are made of, small: strided convolution, BatchNorm, gate, bilinear up, pixel shuffle."""

    error = 0.0
    """Added to the matte, in PyTorch alone where the trace was made before."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, 4, 1), nn.BatchNorm2d(8), nn.ReLU(inplace=True))
        self.head = nn.Conv2d(8, 4, 1)

    def forward(self, image: Tensor) -> Tensor:
        features = self.body(image)
        gated = features * F.adaptive_avg_pool2d(features, 1)
        up = F.interpolate(gated, scale_factor=2, mode="bilinear", align_corners=False)
        return torch.sigmoid(F.pixel_shuffle(self.head(up), 2)) + self.error


class BakedSize(Tiny):
    """Writes the size that it sees while it is traced into the graph."""

    def forward(self, image: Tensor) -> Tensor:
        matte = super().forward(image)
        return matte * torch.linspace(0, 1, image.shape[2])[:, None]


@pytest.fixture(scope="module")
def trace() -> tuple[Tiny, onnx.ModelProto]:
    """A network and what the exporter makes of it: tracing takes seconds, so it is done once."""
    torch.manual_seed(0)
    network = Tiny()
    return network, export._trace(export._plain(network), export.TRACE_SHAPE)


@pytest.fixture
def traced(trace: tuple[Tiny, onnx.ModelProto], monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """A network whose trace is there already."""
    network, model = trace

    def again(_network: nn.Module, _shape: tuple[int, ...]) -> onnx.ModelProto:
        copied = onnx.ModelProto()
        copied.CopyFrom(model)
        return copied

    monkeypatch.setattr("models.export._trace", again)
    monkeypatch.setattr(network, "error", 0.0)
    return network


def run(path: Path, image: Tensor) -> Tensor:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return torch.from_numpy(session.run(["output"], {"input": image.numpy()})[0])


@pytest.mark.slow
@torch.no_grad()
def test_modnet_exports_for_any_number_and_size_with_batchnorm_folded(tmp_path: Path) -> None:
    network, path = MODNet().eval(), tmp_path / "modnet.onnx"
    parity = export_onnx(network, path)
    assert parity.max < 1e-3
    image = torch.rand(3, 3, 160, 64) * 2 - 1
    torch.testing.assert_close(run(path, image), network(image), atol=1e-3, rtol=0)
    operators = [node.op_type for node in onnx.load(path).graph.node]
    assert operators.count("Conv") == 69
    assert operators.count("BatchNormalization") == 16, "only IBNorm's halves stay"
    assert not {"Identity", "Shape", "Reshape", "Cast"} & set(operators)


@pytest.mark.slow
@torch.no_grad()
def test_a_fixed_size_is_the_only_one_taken_and_the_network_is_left_as_it_was(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    network, path = Tiny().train(), tmp_path / "tiny.onnx"
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    export_onnx(network, path, size=(32, 64))
    assert network.training
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    image = torch.rand(1, 3, 32, 64)
    torch.testing.assert_close(run(path, image), network.eval()(image), atol=1e-5, rtol=0)
    shape = onnx.load(path).graph.input[0].type.tensor_type.shape
    assert [dim.dim_value for dim in shape.dim] == [1, 3, 32, 64]


@pytest.mark.parametrize("fp16_weights", [False, True])
def test_the_file_is_a_checked_and_bare_graph_named_input_and_output(
    traced: Tiny, tmp_path: Path, fp16_weights: bool
) -> None:
    path = tmp_path / "tiny.onnx"
    export_onnx(traced, path, fp16_weights=fp16_weights)
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    ends = [model.graph.input[0], model.graph.output[0]]
    assert [value.name for value in ends] == ["input", "output"]
    assert [[dim.dim_param or dim.dim_value for dim in value.type.tensor_type.shape.dim] for value in ends] == [
        ["N", 3, "H", "W"],
        ["N", 1, "H", "W"],
    ]
    assert not any(node.metadata_props or node.doc_string for node in model.graph.node)
    assert __file__.encode() not in path.read_bytes()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.slow
@torch.no_grad()
def test_half_weights_halve_the_file_and_are_folded_away_when_it_is_loaded(tmp_path: Path) -> None:
    head = (nn.Conv2d(128, 4, 3, padding=1), nn.PixelShuffle(2))
    wide = nn.Sequential(nn.Conv2d(3, 128, 7, 2, 3), nn.ReLU(), *head, nn.Sigmoid()).eval()
    half, loaded = tmp_path / "half.onnx", tmp_path / "loaded.onnx"
    export_onnx(wide, half, fp16_weights=True)
    assert half.stat().st_size < 0.6 * 4 * sum(parameter.numel() for parameter in wide.parameters())
    image = torch.rand(1, 3, 32, 32) * 2 - 1
    assert 0 < (run(half, image) - wide(image)).abs().max() < 0.01
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = str(loaded)
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    onnxruntime.InferenceSession(half, options, providers=["CPUExecutionProvider"])
    graph = onnx.load(loaded).graph
    assert "Cast" not in {node.op_type for node in graph.node}
    assert {tensor.data_type for tensor in graph.initializer} == {onnx.TensorProto.FLOAT}


@pytest.mark.parametrize("error", [0.05, float("nan")])
def test_a_network_that_onnx_runtime_sees_otherwise_is_not_written(
    traced: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: float
) -> None:
    path = tmp_path / "tiny.onnx"
    path.write_text("the file that was there")
    monkeypatch.setattr(traced, "error", error)
    with pytest.raises(WeightsError, match="disagree"):
        export_onnx(traced, path)
    assert path.read_text() == "the file that was there"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.slow
def test_a_network_that_bakes_the_size_in_is_refused_as_dynamic(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="has a fixed size"):
        export_onnx(BakedSize(), tmp_path / "baked.onnx")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_network_in_channels_last_exports_for_any_size(tmp_path: Path) -> None:
    network = Tiny().to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
    export_onnx(network, tmp_path / "tiny.onnx")
    assert not {"Gather", "Reshape"} & {node.op_type for node in onnx.load(tmp_path / "tiny.onnx").graph.node}


def test_given_pictures_are_compared_as_well(traced: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[tuple[int, int]] = []

    def note(pixels: Pixels, size_px: tuple[int, int]) -> object:
        sizes.append(pixels.shape[:2])
        return network_input(pixels, size_px)

    monkeypatch.setattr("models.export.network_input", note)
    export_onnx(traced, tmp_path / "tiny.onnx", pictures=[np.zeros((50, 40, 3), np.uint8)])
    assert sizes == [shape for size in export.DYNAMIC_SIZES for shape in (size, (50, 40))]


def test_a_full_disk_is_a_clear_error_and_leaves_nothing(
    traced: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: Path, _content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(WeightsError, match="No space left on device"):
        export_onnx(traced, tmp_path / "tiny.onnx")
    assert not list(tmp_path.iterdir())


def test_the_comparison_takes_one_thread_and_gives_the_others_back(
    traced: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine several threads wait for each other before every layer."""
    threads: list[int] = []
    monkeypatch.setattr("models.export._parity", lambda *_: threads.append(torch.get_num_threads()) or export.GATES)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        export_onnx(traced, tmp_path / "tiny.onnx")
        assert (set(threads), torch.get_num_threads()) == ({1}, 2)
    finally:
        torch.set_num_threads(before)
