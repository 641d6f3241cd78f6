"""The model card's figures: groups as they are tagged, and the text between the marks."""

import csv
import math
from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks import model_card
from benchmarks.people.drawn import SEEDS, drawn_pairs, empty_rooms
from models import weights
from models.evaluation import Evaluation, Figures
from models.metrics import mean_of_rows

NOTHING = dict.fromkeys((field.name for field in fields(Figures)), math.nan)


def evaluation(**mads: float) -> Evaluation:
    rows = {name: Figures(**{**NOTHING, "iou": 1 - mad, "mad": mad, "band_mad": 2 * mad}) for name, mad in mads.items()}
    return Evaluation(pictures=rows, mean=mean_of_rows(rows.values()))


def test_each_group_has_the_mean_of_its_pictures_and_the_worst_group_comes_first() -> None:
    cases = {"a": ["glasses"], "b": ["glasses", "dim"], "unmeasured": ["dim"]}
    lines = model_card.group_table("case", model_card.group(evaluation(a=0.01, b=0.03, c=0.5), cases))
    assert lines[2:] == ["| dim | 1 | 0.9700 | 30.0 | 60 |", "| glasses | 2 | 0.9800 | 20.0 | 40 |"]


def test_a_table_keeps_the_order_it_is_given() -> None:
    groups = model_card.group(evaluation(a=0.01, b=0.03), {"a": ["light skin"], "b": ["dark skin"]})
    labels = [line.split(" | ")[0] for line in model_card.group_table("tone", groups, model_card.SKIN_TONES)[2:]]
    assert labels == ["| light skin", "| dark skin"]


def test_rooms_count_in_which_a_piece_is_seen() -> None:
    text = model_card.nobody(evaluation(a=0.0, b=0.0009, c=0.02))
    assert "in 1 of 3 drawn empty rooms" in text


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    before = f"head\n{model_card.BEGIN}\nold\n{model_card.END}\ntail\n"
    after = model_card.between_marks(before, "new")
    assert after == f"head\n{model_card.BEGIN}\n\nnew\n\n{model_card.END}\ntail\n"
    assert model_card.between_marks(after, "new") == after


@pytest.mark.parametrize("text", ["nothing", f"{model_card.BEGIN} only", f"{model_card.END} {model_card.BEGIN}"])
def test_a_card_without_the_marks_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected the lines"):
        model_card.between_marks(text, "new")


def test_drawn_persons_are_tagged_by_how_they_are_drawn() -> None:
    # The first eight are the kinds as designed.
    assert model_card.drawn_cases(2) == ["long or curly hair", "dark skin"]
    assert model_card.drawn_cases(1) == ["glasses", "light skin"]
    assert model_card.drawn_cases(5) == ["headphones", "long or curly hair", "light skin"]
    assert model_card.drawn_cases(4) == ["beard", "medium skin"]


@pytest.mark.slow
def test_the_whole_section_is_made_from_a_folder_of_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("images", "mattes"):
        (tmp_path / "val" / folder).mkdir(parents=True)
    (person,) = drawn_pairs(SEEDS[:1], size_px=(160, 90))
    cv2.imwrite(str(tmp_path / "val" / "images" / "18fgsagov_0010.jpg"), person.pixels)
    cv2.imwrite(str(tmp_path / "val" / "mattes" / "18fgsagov_0010.png"), np.rint(255 * person.alpha).astype(np.uint8))
    (tmp_path / "sources.csv").write_text("file,source\nval/images/18fgsagov_0010.jpg,staff\n")
    monkeypatch.setattr(model_card, "drawn_pairs", lambda: iter([person]))
    monkeypatch.setattr(model_card, "empty_rooms", lambda: empty_rooms(SEEDS[:1], size_px=(160, 90)))
    text = model_card.section(tmp_path, "greenless-lite", weights.find("greenless-lite"))
    lines = text.splitlines()
    for start in (
        *("| greenless-lite | 1 validation |", "| the first network | 1 drawn, exact alpha |"),
        *("| long or curly hair | 1 |", "| light skin | 1 |", "| staff | 1 |", "The network finds"),
    ):
        assert any(line.startswith(start) for line in lines), start
    assert "nan" not in text


def test_every_validation_picture_is_tagged_and_no_other(data_folder: Path) -> None:
    stems = {path.stem for path in (data_folder / "val" / "images").iterdir()}
    cases = model_card.read_cases(model_card.CASES)
    assert set(cases) == stems
    assert set(model_card.read_sources(data_folder / "sources.csv")) == stems


def test_a_picture_has_no_case_twice_and_one_skin_tone_at_most() -> None:
    with model_card.CASES.open(newline="") as file:
        rows = [(row["stem"], row["case"]) for row in csv.DictReader(file)]
    assert len(rows) == len(set(rows))
    tones = [stem for stem, case in rows if case in model_card.SKIN_TONES]
    assert len(tones) == len(set(tones))
