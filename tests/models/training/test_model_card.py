"""The model card: what is told, and what is not."""

import hashlib
import math
from dataclasses import replace
from pathlib import Path

import pytest

from models.training.model_card import ModelCard, write_model_card


@pytest.fixture
def card(tmp_path: Path) -> ModelCard:
    weights = tmp_path / "mine.onnx"
    weights.write_bytes(b"weights")
    return ModelCard(
        title="mine",
        summary="For a test.",
        files={weights: "what runs"},
        measured_on="On two pictures.",
        figures={"before": {"IoU": 0.9, "MAD": math.nan}, "after": {"IoU": 0.95, "MAD": 0.0123}},
        data=["Two pictures."],
        recipe={
            "start": Path("/home/me/secret/first.ckpt"),
            "people": (Path("a/b"), Path("c")),
            "steps": 4,
            "no": None,
        },
        limits=["a | b"],
    )


def test_the_card_names_files_with_their_digests_and_figures(card: ModelCard, tmp_path: Path) -> None:
    write_model_card(card, tmp_path / "mine.md")
    text = (tmp_path / "mine.md").read_text()
    assert text.startswith("# Model card: mine\n\nFor a test.\n")
    assert f"| `mine.onnx` | what runs | `{hashlib.sha256(b'weights').hexdigest()}` |" in text
    assert "|  | IoU | MAD |\n| --- | --- | --- |\n| before | 0.9000 | - |\n| after | 0.9500 | 0.0123 |" in text
    assert "- Two pictures." in text


def test_settings_are_shown_without_the_folders_of_the_trainer(card: ModelCard, tmp_path: Path) -> None:
    write_model_card(card, tmp_path / "mine.md")
    text = (tmp_path / "mine.md").read_text()
    for row in ("| `start` | first.ckpt |", "| `people` | b, c |", "| `steps` | 4 |", "| `no` | none |"):
        assert row in text
    assert "secret" not in text


def test_nothing_measured_leaves_no_table(card: ModelCard, tmp_path: Path) -> None:
    write_model_card(replace(card, figures={}, measured_on="Nothing was measured."), tmp_path / "mine.md")
    assert "Nothing was measured.\n\n## Data" in (tmp_path / "mine.md").read_text()
