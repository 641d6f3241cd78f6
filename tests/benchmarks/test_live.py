"""The script that writes the benchmark into the documentation, on a result that was made up."""

import json
from pathlib import Path

import pytest

from benchmarks import live
from benchmarks.comparison.candidates import PLAIN

ROOT = Path(__file__).resolve().parents[2]


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


def test_the_tables_take_the_place_of_those_before(result):
    begin, end = live.TABLES
    page = f"head\n{begin}\nold\n{end}\ntail\n"
    written = live.between(live.TABLES, page, live.section(result, "2026-11-22"))
    assert written.startswith("head\n")
    assert written.endswith("\ntail\n")
    assert "old" not in written
    assert "| lite, int8    |     22.5 |" in written
    again = live.between(live.TABLES, written, live.section(result, "2026-11-22"))
    assert again == written
    with pytest.raises(ValueError, match="bench: begin"):
        live.between(live.TABLES, "no markers", "section")


def test_the_figures_are_those_of_the_fastest_way_live(result):
    with pytest.raises(ValueError, match="lite, fastest here"):
        live.figures(result, "2026-11-22")
    measured = {"fps": 30.04, "age_ms": {"p50": 28.8, "p95": 35.8}, "processor_share": 1.218}
    result["sizes"]["1280x720"]["live"] = [{"name": live.FASTEST, **measured}]
    result["ratios"] |= {f"loop of {live.FASTEST} / plain": 25.3}
    line = " ".join(live.figures(result, "2026-11-22").split())
    assert line.startswith("1280x720 at 30 fps: 122 % of one CPU core of 2, frames 29 ms old (p95 36 ms).")
    assert "25 times" in line
    assert "Xeon, 2026-11-22." in line


def test_the_pages_hold_what_the_kept_result_says():
    result = json.loads((ROOT / "docs/data/bench.json").read_text(encoding="utf-8"))
    pages = {"docs/benchmarks.md": (live.TABLES, live.section), "README.md": (live.FIGURES, live.figures)}
    for name, (markers, written) in pages.items():
        page = (ROOT / name).read_text(encoding="utf-8")
        assert live.between(markers, page, written(result, result["day"])) == page, (
            f"{name} differs from its data: python benchmarks/live.py --from docs/data/bench.json"
        )


def test_the_guard_names_what_fell_below_and_what_was_not_measured():
    good = {name: least + 1 for name, least in live.LEAST.items()}
    assert live.below(good) == []
    first, second, *_ = live.LEAST
    assert len(live.below({**good, first: 0.1, second: float("nan")})) == 2
    assert len(live.below({})) == len(live.LEAST)
