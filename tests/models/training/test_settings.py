"""The settings of a training: what makes no sense is refused before anything begins."""

from pathlib import Path
from typing import Any

import pytest

from models.errors import GreenlessError
from models.training.settings import TrainSettings


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"people": ()}, "no folder of people"),
        ({"steps": 0}, "expected --steps from 1 to .*, got 0"),
        ({"batch": 0}, "expected --batch from 1 to 4096, got 0"),
        ({"learning_rate": -1.0}, "expected --learning-rate from .*, got -1"),
        ({"learning_rate": float("nan")}, "expected --learning-rate from .*, got nan"),
        ({"weight_decay": -0.1}, "expected --weight-decay from 0 to 1, got -0.1"),
        ({"pairs_from": 7.0}, "expected --pairs-from from 0 to 1, got 7"),
        ({"average": 2.0}, "expected --average from 0 to 1, got 2"),
        ({"report_every": 0}, "expected --report-every from 1"),
        ({"validate_every": 0}, "expected --validate-every from 1"),
        ({"workers": -1}, "expected --workers from 0 to 256, got -1"),
        ({"seed": -1}, "expected --seed from 0"),
        ({"device": "xyz"}, "expected --device cpu, cuda, mps, got 'xyz'"),
        ({"device": "cpu:1"}, "expected --device"),
        ({"device": "cuda:"}, "expected --device"),
    ],
)
def test_what_makes_no_sense_is_an_error_that_names_the_range(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(GreenlessError, match=message):
        TrainSettings(**{"people": (Path("people"),), "rooms": Path("rooms"), **asked})


def test_a_second_card_can_be_named() -> None:
    assert TrainSettings(people=(Path("people"),), rooms=Path("rooms"), device="cuda:1").device == "cuda:1"
