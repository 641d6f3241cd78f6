"""Weights stored in 8 bits: a smaller file, the same matte, no cost when it runs."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import numpy_helper  # noqa: E402

from models.onnx_session import cpu_session, fold_options  # noqa: E402
from models.training import quantise, rounding  # noqa: E402
from models.training.rounding import round_weights  # noqa: E402
from tests.models.training.test_quantise import run  # noqa: E402


def kernels(path: Path) -> list[np.ndarray]:
    arrays = (numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer)
    return [array for array in arrays if array.ndim == 4 and array.shape[1:] != (1, 1, 1)]


def test_every_weight_has_eight_bits_and_the_matte_stays(network: Path, tmp_path: Path) -> None:
    rounded = tmp_path / "rounded.onnx"
    round_weights(network, rounded)
    onnx.checker.check_model(onnx.load(rounded), full_check=True)
    assert [kernel.dtype for kernel in kernels(rounded)] == [np.int8] * 2
    assert all(np.abs(kernel.astype(int)).max(axis=(1, 2, 3)).min() == 127 for kernel in kernels(rounded))
    for size in ((64, 96), (32, 160)):
        assert 0 < np.abs(run(rounded, *size) - run(network, *size)).max() < 0.03


def test_a_channel_without_weights_stays_empty(network: Path, tmp_path: Path) -> None:
    model = onnx.load(network)
    (head,) = (tensor for tensor in model.graph.initializer if tensor.name == "head")
    values = numpy_helper.to_array(head).copy()
    values[1] = 0
    head.CopyFrom(numpy_helper.from_array(values, "head"))
    onnx.save(model, network)
    round_weights(network, tmp_path / "rounded.onnx")
    assert np.isfinite(run(tmp_path / "rounded.onnx", 64, 96)).all()


def test_the_runtime_folds_what_turns_the_weights_back(network: Path, tmp_path: Path) -> None:
    rounded, loaded = tmp_path / "rounded.onnx", tmp_path / "loaded.onnx"
    round_weights(network, rounded)
    cpu_session(rounded, fold_options(loaded))
    assert {node.op_type for node in onnx.load(loaded).graph.node}.isdisjoint({"Cast", "Mul"})
    assert {kernel.dtype for kernel in kernels(loaded)} == {np.dtype(np.float32)}


@pytest.mark.parametrize("growth", [0.004, 0.006])
def test_the_command_writes_the_file_only_if_the_mattes_stay(
    network: Path,
    folders: tuple[Path, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    growth: float,
) -> None:
    errors = iter([0.5] * 6 if growth < 0.005 else [0.5, 0.5 * (1 + growth)] * 3)
    monkeypatch.setattr(quantise, "mad", lambda *_: next(errors))
    images, mattes = folders
    output = tmp_path / "out" / "tiny.onnx"
    words = [str(network), "--images", images, "--mattes", mattes, "--output", output]
    monkeypatch.setattr(sys, "argv", ["rounding", *map(str, words)])
    kept = growth < 0.005
    assert rounding.main() == (0 if kept else 1)
    assert output.exists() == kept
    assert json.loads(capsys.readouterr().out)["kept"] == kept
