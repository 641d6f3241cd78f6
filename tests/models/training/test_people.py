import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.errors import GreenlessError
from models.training import people as people_module
from models.training.pack import load_people, load_sequences
from models.training.people import list_pairs, list_sequences, wrong_labels


def test_people_know_which_border_cuts_them(people: Path) -> None:
    person = load_people([people], cache=people / "cache")[0]
    assert person.cut == (False, False, False, True)


def test_the_foreground_loses_the_rim_of_the_old_background(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "mattes").mkdir()
    ramp = np.tile(np.clip((np.arange(64) - 24) / 16, 0, 1), (64, 1))
    red, green = np.array([0, 0, 200.0]), np.array([0, 200.0, 0])
    picture = ramp[..., None] * red + (1 - ramp[..., None]) * green
    cv2.imwrite(str(tmp_path / "images" / "a.png"), picture.astype(np.uint8))
    cv2.imwrite(str(tmp_path / "mattes" / "a.png"), (ramp * 255).astype(np.uint8))
    person = load_people([tmp_path], cache=tmp_path / "cache")[0]
    half = (ramp > 0.3) & (ramp < 0.7)
    before = np.abs(person.picture[half] - red).mean()
    assert np.abs(person.foreground[half] - red).mean() < before / 2


@pytest.mark.parametrize("fault", ["no folder", "no matte", "other size"])
def test_a_folder_with_a_fault_is_named(people: Path, fault: str) -> None:
    if fault == "no folder":
        people = people / "elsewhere"
    elif fault == "no matte":
        (people / "mattes" / "1.png").unlink()
    else:
        cv2.imwrite(str(people / "mattes" / "1.png"), np.zeros((5, 5), np.uint8))
    with pytest.raises(GreenlessError, match="elsewhere" if fault == "no folder" else r"1\.png"):
        load_people([people], cache=people / "cache")


def test_what_has_a_wrong_matte_is_left_out(
    people: Path, sequences: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(sequences / "walk", sequences / "another")
    listed = tmp_path / "wrong_labels.txt"
    listed.write_text("# looked at\n\n1  # an arm is missing\nwalk\n", encoding="utf-8")
    monkeypatch.setattr(people_module, "WRONG_LABELS", listed)
    wrong_labels.cache_clear()
    try:
        assert [image.stem for image, _ in list_pairs([people])] == ["0", "2"]
        assert len(load_people([people], cache=people / "cache")) == 2
        assert [frames[0][0].parent.name for frames in list_sequences([sequences])] == ["another"]
    finally:
        wrong_labels.cache_clear()


def test_the_list_of_wrong_labels_names_stems_once_in_order() -> None:
    names = [line for line in people_module.WRONG_LABELS.read_text().splitlines() if line[:1] != "#"]
    assert names == sorted(wrong_labels())
    assert all(name == Path(name).stem for name in names)


@pytest.mark.parametrize("fault", ["no folder", "no matte", "one frame", "other size"])
def test_a_sequence_with_a_fault_is_named(sequences: Path, fault: str) -> None:
    walk = sequences / "walk"
    if fault == "no folder":
        sequences = sequences / "elsewhere"
    elif fault == "no matte":
        (walk / "01.png").unlink()
    elif fault == "one frame":
        for image in sorted(sequences.glob("*/*.jpg"))[1:]:
            image.unlink()
    else:
        for suffix in (".jpg", ".png"):
            cv2.imwrite(str(walk / f"01{suffix}"), np.zeros((60, 50, 3), np.uint8))
    named = {"no folder": "elsewhere", "no matte": r"01\.png", "one frame": "no sequences", "other size": "walk differ"}
    with pytest.raises(GreenlessError, match=named[fault]):
        load_sequences([sequences], cache=sequences.parent / "cache")


def test_all_frames_of_a_sequence_are_cut_by_the_same_borders(sequences: Path) -> None:
    (frames,) = load_sequences([sequences], cache=sequences.parent / "cache")
    alone = [bool((person.alpha[:, -2:] > 127).any()) for person in frames]
    assert alone == [False, False, False, True]  # the walk reaches the right border in its last frame
    assert {person.cut for person in frames} == {(False, True, False, True)}
