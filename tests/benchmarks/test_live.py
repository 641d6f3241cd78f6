"""The script that puts the benchmark into the README, on a result that was made up."""

from pathlib import Path

import pytest

from benchmarks import live
from realtime.commands.timing.machine import PLAIN

README = Path(__file__).resolve().parents[2] / "README.md"


def row(name, ms):
    stage, aside = {"p50_ms": ms / 2, "p95_ms": ms, "processor_ms": ms}, {"p50_ms": 5.0}
    shown = {"name": name, "network": "512x288", "ms": ms, "processor_ms": ms, "fps": 1000 / ms, "mad": None}
    return {**shown, "stages": {"capture": stage, "infer": stage, "prepare": aside}}


@pytest.fixture
def result():
    rows = [row(PLAIN, 900.0), row("lite <f32>", 40.0), row("lite, int8", 20.0)]
    return {
        "machine": {"processor": "Xeon", "cores": 2, "features": []},
        "versions": {},
        "sizes": {"1280x720": {"stages": rows, "live": []}},
        "footprint": {"start_s": None, "first_start_s": None, "memory_mb": 300.0},
        "ratios": {"processor of plain / lite, int8": 22.5},
        "missing": [],
    }


def test_the_section_takes_the_place_of_the_one_before(result):
    readme = f"head\n{live.BEGIN}\nold\n{live.END}\ntail\n"
    written = live.with_section(readme, live.section(result, "2026-11-22"))
    assert written.startswith("head\n")
    assert written.endswith("\ntail\n")
    assert "old" not in written
    assert "| lite, int8 |             22.5 |" in written
    again = live.with_section(written, live.section(result, "2026-11-22"))
    assert again == written
    with pytest.raises(ValueError, match="bench: begin"):
        live.with_section("no markers", "section")


def test_the_readme_has_the_markers():
    assert live.with_section(README.read_text(encoding="utf-8"), "")


def test_the_guard_names_what_fell_below_and_what_was_not_measured():
    good = {name: least + 1 for name, least in live.LEAST.items()}
    assert live.below(good) == []
    first, second, *_ = live.LEAST
    assert len(live.below({**good, first: 0.1, second: float("nan")})) == 2
    assert len(live.below({})) == len(live.LEAST)
