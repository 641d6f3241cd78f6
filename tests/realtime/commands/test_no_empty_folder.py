"""A command that fails leaves no empty folder where its output was to go."""

from pathlib import Path

import numpy as np
import pytest

from models.errors import WeightsError
from models.files import removed_if_empty, replacing
from realtime.cli import main
from realtime.media.image_file import write_picture
from realtime.sinks import open_sink


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"no picture")
    return path


@pytest.fixture
def room(tmp_path: Path) -> Path:
    folder = tmp_path / "room"
    folder.mkdir()
    write_picture(folder / "a.png", np.zeros((8, 8, 3), np.uint8))
    return folder


def test_image(broken: Path, tiny_network: Path, tmp_path: Path) -> None:
    words = ["--weights", str(tiny_network), "--runtime", "onnx", "--provider", "cpu"]
    for place in ("-o", str(tmp_path / "new" / "out")), ("--zip", str(tmp_path / "new" / "out.zip")):
        assert main(["image", str(broken), *place, *words]) == 1
        assert not (tmp_path / "new").exists()


def test_video(broken: Path, tiny_network: Path, tmp_path: Path) -> None:
    words = ["--weights", str(tiny_network), "--runtime", "onnx", "--provider", "cpu"]
    assert main(["video", str(broken), "-o", str(tmp_path / "new" / "out"), *words]) == 1
    assert not (tmp_path / "new").exists()


@pytest.mark.slow
def test_train(room: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="training is made of PyTorch")
    output = tmp_path / "runs" / "mine"
    words = ["--people", str(tmp_path / "none"), "--rooms", str(room), "--output", str(output)]
    assert main(["train", *words]) == 2
    assert not output.parent.exists()


def test_adapt(broken: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="adapting is made of PyTorch")
    output = tmp_path / "new" / "mine.safetensors"
    assert main(["adapt", str(broken), "-o", str(output)]) == 2
    assert not output.parent.exists()


def test_a_folder_of_a_run_that_did_not_begin(tmp_path: Path) -> None:
    with open_sink(f"{tmp_path}/new/frames/", width_px=8, height_px=8, fps=30, live=False):
        assert (tmp_path / "new" / "frames").is_dir()
    assert not (tmp_path / "new").exists()


def test_weights(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="damaged"), replacing(tmp_path / "new" / "x.onnx"):
        raise WeightsError("damaged")
    assert not (tmp_path / "new").exists()


def test_what_was_there_before_and_what_holds_something_stays(tmp_path: Path) -> None:
    old, full = tmp_path / "old", tmp_path / "full" / "one"
    old.mkdir()
    with removed_if_empty(old, full):
        full.mkdir(parents=True)
        (full.parent / "kept").touch()
    assert old.is_dir()
    assert not full.exists()
    assert full.parent.is_dir()
