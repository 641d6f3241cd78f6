"""The comparison of two checkouts offline: what its figures mean, and that the work it names can be done."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import offline_speed

ROOT = Path(__file__).resolve().parents[2]


def test_a_ratio_is_that_of_the_medians_and_above_one_for_the_faster() -> None:
    before = [{"cpu_s": cpu_s, "wall_s": 3 * cpu_s} for cpu_s in (2.0, 1.0, 9.0)]
    after = [{"cpu_s": cpu_s, "wall_s": 8 * cpu_s} for cpu_s in (0.5, 4.0, 1.0)]
    assert offline_speed.rates(before, after, amount=6) == {
        "before": 3.0,
        "after": 6.0,
        "ratio": 2.0,
        "wall_ratio": 0.75,
    }


def test_without_a_checkout_it_says_what_it_needs(tmp_path: Path) -> None:
    words = [sys.executable, "benchmarks/offline_speed.py", "--before", str(tmp_path)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.endswith("--before needs the root of a checkout\n")


@pytest.mark.slow
def test_a_checkout_is_compared_with_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["offline_speed.py", "--before", str(ROOT), "--rounds", "1", "--json", str(tmp_path / "figures.json")]
    monkeypatch.setattr(sys, "argv", words)
    monkeypatch.setattr(offline_speed, "IMAGES", 1)
    monkeypatch.setattr(offline_speed, "IMAGE_PX", (320, 240))
    assert offline_speed.main() == 0
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert list(figures) == list(offline_speed.TASKS)
    assert all(row["before"] > 0 and row["after"] > 0 for row in figures.values())
    assert capsys.readouterr().out.count("\n") == 1 + len(offline_speed.TASKS)
