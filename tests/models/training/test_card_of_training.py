"""The card that a training leaves, and where greenless train puts it."""

from dataclasses import replace
from pathlib import Path

import pytest

from models.training import card_of_training as module
from models.training.card_of_training import card_of_training
from models.training.settings import TrainSettings
from realtime.cli import main

LOG = """step,rate,seconds,total,iou,mad,band_mad
2,0.1,30,2.5,0.5,0.3,0.4
4,0.1,60,1.5,0.75,0.2,0.25
6,0.1,30,1.25,,,
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainSettings:
    """A training that is over: two persons, one room, one validation picture."""
    for folder, names in (("people/images", "ab"), ("rooms", "c"), ("val/images", "d")):
        (tmp_path / folder).mkdir(parents=True)
        for name in names:
            (tmp_path / folder / f"{name}.jpg").touch()
    (tmp_path / "people" / "images" / "notes.txt").touch()
    output = tmp_path / "run"
    output.mkdir()
    (output / "log.csv").write_text(LOG)
    for name in ("weights.onnx", "weights.safetensors"):
        (output / name).write_bytes(b"weights")
    monkeypatch.setattr(module, "_size", lambda weights: "1.38 million parameters.")
    return TrainSettings(
        people=(tmp_path / "people",), rooms=(tmp_path / "rooms",), validation=tmp_path / "val", output=output
    )


def test_it_prints_the_figures_of_the_last_validation(settings: TrainSettings) -> None:
    card = card_of_training(settings)
    assert card.figures == {"validation": {"IoU": 0.75, "MAD": 0.2, "MAD in the unknown band": 0.25}}
    assert "1 images of val" in card.measured_on
    assert card.data[:2] == ["2 images of people with mattes, people", "1 rooms, rooms"]
    assert card.recipe["minutes"] == "2.0"
    assert card.recipe["steps"] == settings.steps
    assert "from random weights. 1.38 million parameters." in card.summary


def test_it_counts_what_was_trained_on(settings: TrainSettings, tmp_path: Path) -> None:
    (settings.people[0] / "images" / "roweb3_0419.jpg").touch()  # one of models/training/wrong_labels.txt
    (tmp_path / "moving" / "walk").mkdir(parents=True)
    for name in ("00.jpg", "01.jpg"):
        (tmp_path / "moving" / "walk" / name).touch()
    card = card_of_training(replace(settings, sequences=(tmp_path / "moving",)))
    assert card.data[:2] == ["2 images of people with mattes, people", "1 sequences of people who move, moving"]


def test_without_a_validation_it_says_that_nothing_was_measured(settings: TrainSettings) -> None:
    card = card_of_training(replace(settings, validation=None, start=Path("a/first.ckpt")))
    assert card.measured_on == "Nothing was measured: no validation folder was named."
    assert "from `first.ckpt`" in card.summary


def test_the_command_leaves_the_card_beside_the_weights(
    settings: TrainSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    supervised = pytest.importorskip("models.training.supervised", reason="torch is an extra")
    monkeypatch.setattr(supervised, "train", lambda settings, progress: settings.output / "weights.onnx")
    folders = ["--people", str(settings.people[0]), "--rooms", str(settings.rooms[0]), "--output", str(settings.output)]
    assert main(["train", *folders]) == 0
    assert [Path(line).name for line in capsys.readouterr().out.split()] == [
        *("weights.safetensors", "weights.onnx", "README.md")
    ]
    assert (settings.output / "README.md").read_text().startswith("# Model card: run\n")
