"""Own weights: imported, exported, and refused if they are no matting network."""

import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from models import weights
from models.errors import WeightsError
from tests.models.weights_server import CONTENT, SHA256, Table


def onnx_file(path: Path, *, batch: int | str = "N", channels: int = 3, outputs: int = 1) -> Path:
    """Write a network whose matte is the mean of its channels."""
    names = ["output", "second"][:outputs]
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["input"], [name], axes=[1]) for name in names],
        "tiny",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [batch, channels, "H", "W"])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", 1, "H", "W"]) for name in names],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    return path


def test_known_weights_are_imported_by_their_digest_whatever_they_are_called(
    table: Table, cache: Path, tmp_path: Path
) -> None:
    got_elsewhere = tmp_path / "model (1).onnx"
    got_elsewhere.write_bytes(CONTENT)
    assert weights.import_file(got_elsewhere) == cache / "net.onnx" == weights.verify("net")


def test_own_weights_are_imported_under_their_name(cache: Path, tmp_path: Path) -> None:
    own = onnx_file(tmp_path / "own.onnx")
    assert weights.import_file(own) == cache / "own.onnx"
    own.unlink()
    assert weights.find("own.onnx") == cache / "own.onnx"
    assert weights.import_file(cache / "own.onnx") == cache / "own.onnx"


def test_own_weights_that_lie_in_a_second_file_are_not_imported(cache: Path, tmp_path: Path) -> None:
    weight = onnx.numpy_helper.from_array(np.ones((1, 3, 1, 1), np.float32), "weight")
    graph = helper.make_graph(
        [helper.make_node("Conv", ["input", "weight"], ["output"])],
        "two files",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, "H", "W"])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", 1, "H", "W"])],
        [weight],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path = tmp_path / "own.onnx"
    onnx.save_model(model, path, save_as_external_data=True, location="own.onnx.data", size_threshold=0)
    assert (tmp_path / "own.onnx.data").exists()
    with pytest.raises(WeightsError, match=r"in another file beside it.*--weights .*own\.onnx"):
        weights.import_file(path)
    assert list(cache.glob("*")) == []


@pytest.mark.parametrize("home", ["file", "file/below"])
def test_a_cache_that_cannot_be_made_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("GREENLESS_HOME", str(tmp_path / home))
    with pytest.raises(WeightsError, match=r"cannot write .*GREENLESS_HOME"):
        weights.import_file(onnx_file(tmp_path / "own.onnx"))


@pytest.mark.parametrize("name", ["net.onnx", "NET.onnx"])
def test_a_stranger_under_a_known_name_is_refused(table: Table, cache: Path, tmp_path: Path, name: str) -> None:
    stranger = onnx_file(tmp_path / name)
    with pytest.raises(WeightsError, match="has the name of net, but"):
        weights.import_file(stranger)
    assert not cache.exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("text.onnx", "damaged or not an ONNX file"),
        ("grey.onnx", r"not a matting network: .* found input \('N', 1, 'H', 'W'\)"),
        ("two.onnx", "not a matting network: .* second"),
        ("four.onnx", r"not a matting network: .* found input \(4, 3, 'H', 'W'\)"),
        ("text.ckpt", "damaged or no checkpoint"),
        ("text.safetensors", "damaged or no checkpoint"),
        ("text.txt", "expected a .onnx"),
        ("none.onnx", "there is no weights file"),
    ],
)
def test_what_is_no_matting_network_is_not_imported(cache: Path, tmp_path: Path, name: str, message: str) -> None:
    path = tmp_path / name
    match path.stem:
        case "text":
            path.write_text("hello")
        case "grey":
            onnx_file(path, channels=1)
        case "four":  # it runs only on four images at a time
            onnx_file(path, batch=4)
        case "two":
            onnx_file(path, outputs=2)
    with pytest.raises(WeightsError, match=message):
        weights.import_file(path)
    assert not cache.exists()


def test_a_checkpoint_is_exported_once_and_kept_by_its_digest(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exports: list[Path] = []

    def export_onnx(network: str, path: Path, *, size: None) -> None:
        exports.append(path)
        onnx_file(path)

    monkeypatch.setattr("models.checkpoint.load_network", lambda path: f"network of {path}")
    monkeypatch.setattr("models.export.export_onnx", export_onnx)
    checkpoint = tmp_path / "own.ckpt"
    checkpoint.write_bytes(CONTENT)
    exported = weights.onnx_for(checkpoint)
    assert exported == cache / "exported" / f"own-{SHA256}.onnx"
    assert weights.onnx_for(checkpoint) == exported
    assert len(exports) == 1
    checkpoint.write_bytes(CONTENT[::-1])
    assert weights.onnx_for(checkpoint) != exported
    assert weights.onnx_for(exported) == exported


def test_a_checkpoint_without_pytorch_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("models.checkpoint", "models.export"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    for module in ("torch", "safetensors", "onnx"):
        monkeypatch.setitem(sys.modules, module, None)
    checkpoint = tmp_path / "own.ckpt"
    checkpoint.write_bytes(CONTENT)
    for use in (weights.onnx_for, weights.import_file):
        with pytest.raises(
            WeightsError, match=r"is not installed\. In the folder of greenless, type: pip install '.\[torch\]'"
        ):
            use(checkpoint)
