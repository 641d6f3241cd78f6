"""greenless evaluate: the figures of a network whose matte is known, here the picture's own red channel."""

import json
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from realtime.cli import main


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """``output`` is the first channel of ``input``, from [-1, 1] to [0, 1]."""
    nodes = [
        helper.make_node("Slice", ["input", "from", "to", "axis"], ["red"]),
        helper.make_node("Add", ["red", "one"], ["shifted"]),
        helper.make_node("Mul", ["shifted", "half"], ["output"]),
    ]
    integers, numbers = {"from": 0, "to": 1, "axis": 1}, {"one": 1.0, "half": 0.5}
    constants = [
        *(helper.make_tensor(name, TensorProto.INT64, [1], [value]) for name, value in integers.items()),
        *(helper.make_tensor(name, TensorProto.FLOAT, [], [value]) for name, value in numbers.items()),
    ]
    graph = helper.make_graph(
        nodes,
        "red",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, "H", "W"])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["N", 1, "H", "W"])],
        constants,
    )
    path = tmp_path / "red.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    return path


@pytest.fixture
def pairs(tmp_path: Path) -> tuple[Path, Path]:
    """Two pictures, red where the person is; the second one's matte says that nobody is there."""
    images, mattes = tmp_path / "images", tmp_path / "mattes"
    for folder in (images, mattes):
        folder.mkdir()
    red = np.zeros((64, 64, 3), np.uint8)
    red[:, :32, 2] = 255
    for stem, matte in (("right", red[..., 2]), ("wrong", np.zeros((64, 64), np.uint8))):
        cv2.imwrite(str(images / f"{stem}.png"), red)
        cv2.imwrite(str(mattes / f"{stem}.png"), matte)
    return images, mattes


def test_json_holds_every_picture_and_the_mean(
    network: Path, pairs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--images", str(pairs[0]), "--mattes", str(pairs[1])]
    assert main(["evaluate", *folders, "--weights", str(network), "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert measured["pictures"]["right"]["iou"] == pytest.approx(1, abs=0.02)
    assert measured["pictures"]["wrong"]["iou"] == 0
    assert measured["mean"]["mad"] == pytest.approx(0.25, abs=0.01)


def test_the_table_names_the_worst_first(
    network: Path, pairs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--images", str(pairs[0]), "--mattes", str(pairs[1])]
    assert main(["evaluate", *folders, "--weights", str(network)]) == 0
    worst = capsys.readouterr().out.partition("the worst by MAD")[2].split()
    assert worst[0] == "wrong:"


def test_a_missing_matte_is_an_error_that_names_it(
    network: Path, pairs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    (pairs[1] / "wrong.png").unlink()
    folders = ["--images", str(pairs[0]), "--mattes", str(pairs[1])]
    assert main(["evaluate", *folders, "--weights", str(network)]) == 2
    assert "wrong.png" in capsys.readouterr().err


def test_a_file_that_is_no_network_is_an_error(
    tmp_path: Path, pairs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(b"no network")
    folders = ["--images", str(pairs[0]), "--mattes", str(pairs[1])]
    assert main(["evaluate", *folders, "--weights", str(damaged)]) == 2
    assert "damaged" in capsys.readouterr().err
