"""greenless adapt: what it hands over and what it refuses, with a network of two numbers instead of a real one."""

import copy
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is an extra")

from models import checkpoint, weights  # noqa: E402
from models.pairs import Pair  # noqa: E402
from models.prediction import Prediction  # noqa: E402
from realtime.cli import main  # noqa: E402
from realtime.commands.network.adapt import checkpoint as checkpoint_of  # noqa: E402


class Light(torch.nn.Module):  # type: ignore[misc, name-defined]
    """Takes light for the person."""

    def __init__(self, slope: float = 4.0) -> None:
        super().__init__()
        self.slope = torch.nn.Parameter(torch.tensor(slope))

    def forward(self, image: Any) -> Any:
        return torch.sigmoid(self.slope * image.mean(1, keepdim=True))

    def branches(self, image: Any) -> Prediction:
        matte = self(image)
        return Prediction(torch.nn.functional.avg_pool2d(matte, 16), matte, matte)


def picture(number: int) -> Any:
    """``(48, 64, 3) uint8``: a light square that goes through the dark."""
    pixels = np.full((48, 64, 3), 30, np.uint8)
    pixels[12:, 4 * number : 4 * number + 24] = 230
    return pixels


@pytest.fixture
def adaptation(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module under test, with a network and persons that cost no time."""
    from realtime.commands.network import adaptation, sample_pairs

    pairs = [Pair(name="a", pixels=picture(3), alpha=np.asarray(picture(3)[..., 0] > 128, np.float32))]
    monkeypatch.setattr(sample_pairs, "sample_pairs", lambda: iter(pairs))
    monkeypatch.setattr(adaptation, "load_network", lambda path: Light())
    monkeypatch.setattr(adaptation, "export_onnx", lambda network, path, **_: path.write_bytes(b"onnx"))
    monkeypatch.setitem(checkpoint.NETWORKS, "light", Light)
    return adaptation


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    folder = tmp_path / "clip"
    folder.mkdir()
    for number in range(8):
        cv2.imwrite(str(folder / f"{number}.png"), picture(number))
    return folder


@pytest.fixture
def words(clip: Path, tmp_path: Path) -> list[str]:
    base = tmp_path / "base.safetensors"
    base.write_bytes(b"")
    output = str(tmp_path / "out" / "mine.safetensors")
    return ["adapt", str(clip), "-o", output, "--weights", str(base), "--epochs", "1", "--reference-size", "32"]


def becomes(network: Any, adaptation: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every adaptation end in ``network``."""
    monkeypatch.setattr(adaptation, "adapt", lambda *_, **__: copy.deepcopy(network))


def written(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "out").glob("*"))


@pytest.mark.slow
@pytest.mark.usefixtures("adaptation")
def test_it_hands_over_weights_their_twin_a_card_and_a_sheet(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 0
    assert written(tmp_path) == ["mine.md", "mine.onnx", "mine.png", "mine.safetensors"]
    said = capsys.readouterr()
    assert [Path(line).name for line in said.out.split()] == ["mine.safetensors", "mine.onnx", "mine.md", "mine.png"]
    assert "comparing on 1 drawn persons" in said.err
    assert "greenless settings --weights" in said.err
    sheet = cv2.imread(str(tmp_path / "out" / "mine.png"))
    assert sheet.shape == (8 + 26 + 4 * (300 + 8), 8 + 3 * (400 + 8), 3)
    card = (tmp_path / "out" / "mine.md").read_text()
    assert "6 frames of one camera" in card
    assert str(tmp_path) not in card


@pytest.mark.slow
@pytest.mark.parametrize("slope", [-4.0, 2.0, float("nan")])
def test_weights_that_got_worse_are_not_written(
    slope: float,
    words: list[str],
    tmp_path: Path,
    adaptation: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    becomes(Light(slope), adaptation, monkeypatch)
    assert main(words) == 2
    assert written(tmp_path) == ["mine.png"]
    assert "the adapted network is worse on 1 drawn persons" in capsys.readouterr().err


@pytest.mark.slow
def test_a_little_worse_is_allowed(
    words: list[str],
    tmp_path: Path,
    adaptation: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    becomes(Light(3.99), adaptation, monkeypatch)
    assert main(words) == 0
    assert "mine.safetensors" in written(tmp_path)
    assert "no improvement" not in capsys.readouterr().err


@pytest.mark.slow
def test_no_gain_is_said(
    words: list[str], adaptation: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    becomes(Light(), adaptation, monkeypatch)
    assert main(words) == 0
    assert "no improvement" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.usefixtures("adaptation")
def test_ones_own_validation_takes_the_place_of_the_drawn_persons(
    words: list[str], clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("images", "mattes"):
        (tmp_path / "own" / name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "own" / name / "a.png"), picture(2)[..., :1] if name == "mattes" else picture(2))
    assert main([*words, "--validation", str(tmp_path / "own")]) == 0
    assert "comparing on the 1 images of own" in capsys.readouterr().err


class Camera:
    """Eight pictures of a camera at ten a second."""

    name, fps, live = "stand-in", 10.0, True

    def __iter__(self) -> Iterator[Any]:
        from realtime.frame import Frame

        return (Frame(pixels=picture(n), index=n, captured_s=n / 10) for n in range(8))

    def __enter__(self) -> "Camera":
        return self

    def __exit__(self, *exc: object) -> None: ...


@pytest.mark.slow
@pytest.mark.usefixtures("adaptation")
@pytest.mark.parametrize("kept", [False, True])
def test_of_a_recording_nothing_is_left_unless_it_is_kept(
    kept: bool,
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("realtime.capture.open_source", lambda *_, **__: Camera())
    before = set(tmp_path.rglob("*"))
    words[1] = "camera"
    assert main(words + ["--keep", str(tmp_path / "kept.mp4")] * kept) == 0
    left = {path for path in set(tmp_path.rglob("*")) - before if path.relative_to(tmp_path).parts[0] != "out"}
    assert left == ({tmp_path / "kept.mp4"} if kept else set())
    assert "recording 60 s" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--epochs", "0"], "expected --epochs of 1 or more, got 0"),
        (["--learning-rate", "0"], "expected --learning-rate above 0"),
        (["--keep", "x.mp4"], "--keep is only for a camera"),
        (["--validation", "nowhere"], "no images in nowhere/images"),
        (["-o", "mine.onnx"], "expected a .safetensors file as output, got mine.onnx"),
    ],
)
@pytest.mark.usefixtures("adaptation")
def test_what_cannot_be_done_is_said(
    more: list[str], message: str, words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words + more) == 2
    assert message in capsys.readouterr().err
    assert written(tmp_path) == []


def test_weights_are_not_written_over_what_they_come_from(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "-o", str(tmp_path / "base.safetensors")]) == 2
    assert "is the network to adapt" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["own.onnx", "own-int8.onnx", "own-fp16.onnx", "own.safetensors"])
def test_the_twin_of_an_onnx_file_is_found_whatever_its_precision(name: str, tmp_path: Path) -> None:
    for file in (name, "own.safetensors"):
        (tmp_path / file).write_bytes(b"")
    assert checkpoint_of(str(tmp_path / name)) == tmp_path / "own.safetensors"


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("greenless-lite", "in a clone of greenless, use --weights pretrained/greenless-lite.safetensors"),
        ("modnet-webcam", "greenless weights fetch modnet-webcam-ckpt"),
        ("modnet-photographic-fp16", "greenless weights fetch modnet-photographic-ckpt"),
        ("{}/own.onnx", "Name a .ckpt or .safetensors file"),
    ],
)
def test_onnx_files_without_a_twin_have_a_cure(
    name: str,
    cure: str,
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(weights, "place", lambda row: tmp_path / row.file)
    for file in ("greenless-lite", "modnet-webcam", "modnet-photographic-fp16", "own"):
        (tmp_path / f"{file}.onnx").write_bytes(b"")
    assert main([*words, "--weights", name.format(tmp_path)]) == 2
    assert cure in capsys.readouterr().err
