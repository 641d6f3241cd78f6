"""A handful of made-up people, sequences and rooms, so that training runs without any data."""

from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Three pictures of an ellipse, each with its matte."""
    folder = tmp_path / "people"
    for name in ("images", "mattes"):
        (folder / name).mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(3):
        matte = np.zeros((96, 80), np.uint8)
        cv2.ellipse(matte, (40, 60), (20 + 4 * number, 44), 0, 0, 360, 255, -1)
        matte = cv2.GaussianBlur(matte, (5, 5), 0)
        picture = np.where(matte[..., None] > 127, 60 * number + 90, rng.integers(0, 80, (96, 80, 3))).astype(np.uint8)
        cv2.imwrite(str(folder / "images" / f"{number}.png"), picture)
        cv2.imwrite(str(folder / "mattes" / f"{number}.png"), matte)
    return folder


@pytest.fixture
def rooms(tmp_path: Path) -> Path:
    """Two rooms of plain noise."""
    folder = tmp_path / "rooms"
    folder.mkdir()
    for number in range(2):
        noise = np.random.default_rng(number).integers(100, 255, (70, 90, 3), np.uint8)
        cv2.imwrite(str(folder / f"{number}.jpg"), noise)
    return folder


@pytest.fixture
def sequences(tmp_path: Path) -> Path:
    """One sequence of four frames: an ellipse that walks by 10 px a frame, until it touches the right border."""
    folder = tmp_path / "sequences"
    (folder / "walk").mkdir(parents=True)
    wall = np.random.default_rng(5).integers(0, 80, (96, 80, 3), np.uint8)
    for number in range(4):
        matte = np.zeros((96, 80), np.uint8)
        cv2.ellipse(matte, (32 + 10 * number, 60), (18, 44), 0, 0, 360, 255, -1)
        picture = np.where(matte[..., None] > 127, 200, wall).astype(np.uint8)
        cv2.imwrite(str(folder / "walk" / f"{number:02}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 100])
        cv2.imwrite(str(folder / "walk" / f"{number:02}.png"), matte)
    return folder


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """Stem of stride 2, head of 4 channels, pixel shuffle, sigmoid: greenless-lite's ends."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    weights = {
        "stem": rng.normal(0, 0.4, (8, 3, 3, 3)).astype(np.float32),
        "head": rng.normal(0, 0.4, (4, 8, 3, 3)).astype(np.float32),
    }
    around = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["input", "stem"], ["a"], name="stem_conv", strides=[2, 2], **around),
            helper.make_node("Relu", ["a"], ["b"], name="relu"),
            helper.make_node("Conv", ["b", "head"], ["c"], name="head_conv", **around),
            helper.make_node("DepthToSpace", ["c"], ["d"], name="shuffle", blocksize=2, mode="CRD"),
            helper.make_node("Sigmoid", ["d"], ["output"], name="sigmoid"),
        ],
        "tiny",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ("N", 3, "H", "W"))],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ("N", 1, "H", "W"))],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    path = tmp_path / "tiny.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10), path)
    return path


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Three pictures and mattes."""
    images, mattes = tmp_path / "images", tmp_path / "mattes"
    images.mkdir()
    mattes.mkdir()
    for index in range(3):
        pixels = np.random.default_rng(index).integers(0, 256, (64, 96, 3), np.uint8)
        cv2.imwrite(str(images / f"{index}.png"), pixels)
        cv2.imwrite(str(mattes / f"{index}.png"), pixels[..., 0])
    return images, mattes
