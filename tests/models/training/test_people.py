from pathlib import Path

import cv2
import numpy as np
import pytest

from models.errors import GreenlessError
from models.training.pack import load_people


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
