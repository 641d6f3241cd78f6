"""Fixtures."""

from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper


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
