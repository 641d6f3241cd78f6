"""The script that shows the governor at work counts pictures, not what is sent again in their place."""

import time
from types import SimpleNamespace

import pytest

from benchmarks import load
from realtime.loop.stats import Stats


def test_what_is_sent_again_is_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    stats = Stats()

    def second(seconds: float) -> None:
        """Three pictures, and two that were filled in."""
        for _ in range(3):
            stats.sent(time.perf_counter())
        stats.held += 2

    monkeypatch.setattr(load, "time", SimpleNamespace(sleep=second))
    pipeline, governor = SimpleNamespace(stats=stats), SimpleNamespace(level="all", name="a network")
    assert load.watched(pipeline, governor, 2, "busy") == [(3, "all"), (3, "all")]
