"""The script of the long run judges it: what grew, or became slower, is named; the run itself is not tried here."""

from typing import Any

import pytest

from benchmarks import soak


def samples(**late: float) -> list[dict[str, Any]]:
    """Ten minutes at 30 fps, a rest at the end of each five; ``late`` is what the second half holds instead."""
    rows = []
    for second in range(5, 605, 5):
        held = {"memory_mb": 400.0, "threads": 20, "descriptors": 50, "fps": 30.0}
        frames = 30.0 * second
        if second > 300:
            held |= late
            frames = 9000 + held["fps"] * (second - 300)
        row = held | {"minute": second / 60, "frames": frames, "resting": second % 300 > 285 or second % 300 == 0}
        rows.append(row | {"age_p50_ms": 30.0, "overlay_age_p50_ms": 35.0})
    return rows


def faults(rows: list[dict[str, Any]]) -> list[str]:
    return soak.worse(soak.verdict(10, rows, {"failures": 0}, {"errors": []}))


@pytest.mark.parametrize(
    "late", [{}, {"memory_mb": 419.0}, {"memory_mb": 300.0, "threads": 19, "descriptors": 49}, {"fps": 29.8}]
)
def test_a_run_that_stays_as_it_is_has_no_fault(late: dict[str, float]) -> None:
    assert faults(samples(**late)) == []


@pytest.mark.parametrize(
    ("late", "said"),
    [
        ({"memory_mb": 424.0}, "memory grew by 6.0 percent, from 400.0 to 424.0 MB"),
        ({"threads": 21}, "threads grew from 20 to 21"),
        ({"descriptors": 51}, "descriptors grew from 50 to 51"),
        ({"fps": 29.6}, "the rate fell from 30.0 to 29.6 fps"),
    ],
)
def test_what_is_worse_at_the_end_is_named(late: dict[str, float], said: str) -> None:
    (fault,) = faults(samples(**late))
    assert fault.startswith(said)


def test_every_fault_is_named() -> None:
    assert len(faults(samples(memory_mb=800.0, threads=40, descriptors=90, fps=15.0))) == 4


def test_a_descriptor_in_one_sample_of_a_rest_is_no_leak() -> None:
    rows = samples()
    rows[-1]["descriptors"] += 1
    assert faults(rows) == []


def test_the_exit_status_says_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = soak.verdict(10, samples(threads=21), {"failures": 0}, {"errors": []})
    monkeypatch.setattr(soak, "soak", lambda *options: found)
    monkeypatch.setattr("sys.argv", ["soak.py"])
    monkeypatch.setenv("GREENLESS_HOME", "")
    with pytest.raises(SystemExit) as ended:
        soak.main()
    assert ended.value.code == "threads grew from 20 to 21", "a text is status 1, on standard error"
    assert '"threads": 21' in capsys.readouterr().out
