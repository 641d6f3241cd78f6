"""What the comparison says while it runs."""

from contextlib import nullcontext

import pytest

from benchmarks.comparison import run
from realtime.commands.stage_times import SIZES


@pytest.mark.parametrize(("quick", "steps", "minutes"), [(True, 6, 2), (False, 4 + 2 * len(SIZES), 7)])
def test_it_says_how_long_it_takes_and_at_which_step_it_is(monkeypatch, quick, steps, minutes):
    """The minutes are those that the help promises, too."""
    for name in ("draw", "room", "coded_frames", "time_stages", "_live", "run_governed", "footprint", "ratios"):
        monkeypatch.setattr(run, name, lambda *_, **__: {})
    for name in ("open_implementations", "open_governed"):
        monkeypatch.setattr(run, name, lambda *_: nullcontext([]))
    said = []
    run.run(quick=quick, say=said.append)
    assert said[0].startswith(f"{minutes} minutes or so")
    assert [line.partition(":")[0] for line in said[1:]] == [f"{n} of {steps}" for n in range(1, steps + 1)]
    assert all(line.endswith(" s so far)") for line in said[1:])
