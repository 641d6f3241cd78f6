"""The page of the finish before and after: what is measured, and what is written of it."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import before_after
from benchmarks.people.drawn import drawn_pairs

FIGURES = {"iou": 0.98, "mad": 0.005, "grad": 2.0, "band_mad": 0.08}
BETTER = {"iou": 0.99, "mad": 0.004, "grad": 1.0, "band_mad": 0.06}


def measured() -> dict[str, Any]:
    bare = {"MAD x1000": 5.0, "dtSSD x100": 2.0, "MESSDdt x1000": 0.0, "processor ms": 0.0}
    edge = {"grad_bilinear": 60, "grad_guided": 45, "mad_bilinear": 0.01, "mad_guided": 0.009}
    return {
        "date": "2026-01-02",
        "processor": "a processor",
        "pictures": {"sample": 1, "drawn": 2},
        "matte": {"sample": {**edge, "band_mad_bilinear": 0.1, "band_mad_guided": 0.08}, "validation": {}},
        "colour": {"sample": {"camera": 20, "balanced": 5, "best": 4}},
        "halo": {"blur:0.5 plain": 200, "blur:0.5 masked": 1}
        | {"blur:0.5 plain_from_room": 200, "blur:0.5 masked_from_room": 20},
        "linear": {"before_white": 30, "before_black": 2},
        "processor_ms": {"blend": 1.5},
        "qualities": {"drawn": {"none": FIGURES, "best": BETTER}},
        "steadiness": {"sample": {"network alone": bare, "smooth": {**bare, "dtSSD x100": 1.2, "processor ms": 3.0}}},
        "chroma": {
            "colour threshold (HSV), green": {"MAD x1000": 8, "band MAD x1000": 100, "Grad": 4},
            "chroma key, green": {"MAD x1000": 6, "band MAD x1000": 50, "Grad": 1},
        },
        "stills": {"drawn, as JPEG": {"best": FIGURES, "closed-form": BETTER}},
    }


def test_each_line_stands_before_and_after() -> None:
    lines = before_after.page(measured()).splitlines()
    for line in (
        "| drawn, none | 0.9800 | 5.0 | 2.000 | 80.0 |",
        "| drawn, best | 0.9900 (+1.0 %) | 4.0 (-20.0 %) | 1.000 (-50.0 %) | 60.0 (-25.0 %) |",
        "| drawn, 1920x1080 | 60 -> 45 (-25 %) | 10 -> 9 (-10 %) | 100 -> 80 (-20 %) |",
        "| drawn, 1920x1080 | 20 -> 5 (-75 %) | 20 -> 4 (-80 %) |",
        "| blur:0.5 | 200 -> 1 (-100 %) | 200 -> 20 (-90 %) |",
        "| smooth | 5 -> 5 (+0 %) | 2 -> 1.2 (-40 %) | 0.00 | 3.00 |",
        "| green | 8 -> 6 (-25 %) | 4 -> 1 (-75 %) | 100 -> 50 (-50 %) |",
        "| drawn, as JPEG | 0.9900 (+1.0 %) | 4.0 (-20.0 %) | 1.000 (-50.0 %) | 60.0 (-25.0 %) |",
        "| blend | 1.50 |",
    ):
        assert line in lines
    assert "30.0 levels of 255 lighter in front of white" in before_after.page(measured())


def test_without_pymatting_the_page_has_no_stills() -> None:
    assert "closed-form" not in before_after.page({**measured(), "stills": {}})


def test_the_page_is_drawn_again_from_the_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "finish.json").write_text(json.dumps(measured()))
    monkeypatch.setattr(sys, "argv", ["before_after.py", "--draw", "--output", str(tmp_path)])
    before_after.main()
    assert (tmp_path / "finish.md").read_text() == before_after.page(measured())


@pytest.mark.slow
def test_qualities_are_measured_on_the_same_pictures() -> None:
    found = before_after.qualities({"drawn": list(drawn_pairs([1000]))})["drawn"]
    assert list(found) == ["none", "fast", "balanced", "best"]
    assert found["best"]["grad"] < found["none"]["grad"]
