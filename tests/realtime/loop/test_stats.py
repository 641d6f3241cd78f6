import json
import time
from dataclasses import asdict

import pytest

from realtime.loop.stats import Stats, Timer


def test_quantiles_of_a_run_are_exact_to_one_percent():
    timer = Timer()
    for ms in range(1, 1001):
        timer.add(ms / 1000)
    assert timer.spread().p50_ms == pytest.approx(500, rel=0.011)
    assert timer.spread().p95_ms == pytest.approx(950, rel=0.011)


def test_recent_quantiles_forget_what_is_long_ago():
    timer = Timer()
    for seconds in [9.0] * 1000 + [0.01] * 150:
        timer.add(seconds)
    assert timer.recent().p95_ms == pytest.approx(10)
    assert timer.spread().p50_ms > 8000


@pytest.mark.parametrize("seconds", [0.0, -1e-9, 1e-9, 3600.0])
def test_any_duration_can_be_counted(seconds):
    timer = Timer()
    timer.add(seconds)
    assert timer.spread().p50_ms == pytest.approx(1000 * seconds, rel=0.011, abs=0.002)


def test_the_memory_of_a_long_run_is_bounded():
    timer = Timer()
    for i in range(50_000):
        timer.add(0.001 + (i % 977) * 1e-5)
    assert len(timer._bins) < 200
    assert len(timer.recent_s) == 150


def test_nothing_measured_is_a_summary_of_zeros():
    summary = Stats().summary(dropped=0)
    assert (summary.frames, summary.fps, summary.age.p50_ms, summary.stages) == (0, 0.0, 0.0, {})
    assert "0 frames" in summary.table()


@pytest.fixture
def clock(monkeypatch):
    """A clock that only moves when told; the processor is busy for half of the time."""
    now = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(time, "process_time", lambda: now[0] / 2)

    def forward(seconds):
        now[0] += seconds

    return forward


def test_a_run_is_summed_up(clock):
    stats = Stats()
    clock(5)
    stats.start()
    for _ in range(31):
        captured_s = time.perf_counter()
        clock(0.02)
        stats.add("infer", 0.02)
        stats.add("null", 0.001)
        stats.sent(captured_s)
        clock(0.08)
    stats.held = 2
    stats.errors.append("the sink is gone")
    summary = stats.summary(dropped=7)
    assert summary.seconds == pytest.approx(3.1)
    assert summary.processor_s == pytest.approx(1.55)
    assert summary.fps == pytest.approx(10)
    assert (summary.frames, summary.held, summary.dropped) == (31, 2, 7)
    assert summary.age.p50_ms == pytest.approx(20, rel=0.011)
    assert list(summary.stages) == ["infer", "null"]


def test_finishing_files_after_the_end_does_not_count(clock):
    stats = Stats()
    clock(10)
    stats.end()
    clock(2)
    summary = stats.summary(dropped=0)
    assert (summary.seconds, summary.processor_s) == (10, 5)


def test_replacement_frames_are_mentioned_only_if_there_are_some():
    stats = Stats()
    assert "filled in" not in stats.summary(dropped=0).table()
    stats.held = 3
    assert "0 dropped, 3 filled in\n" in stats.summary(dropped=0).table()


def test_the_summary_can_be_read_by_programs_and_people(clock):
    stats = Stats()
    stats.add("a sink with a long name", 0.005)
    stats.errors.append("the sink is gone")
    clock(2)
    summary = stats.summary(dropped=3)
    read = json.loads(json.dumps(asdict(summary)))
    assert read["dropped"] == 3
    assert read["stages"]["a sink with a long name"]["p50_ms"] == pytest.approx(5, rel=0.011)
    assert read["errors"] == ["the sink is gone"]
    lines = summary.table().splitlines()
    assert "3 dropped" in lines[0]
    assert len({len(line) for line in lines[1:4]}) == 1
    assert "50 % of one core" in summary.table()
    assert lines[-1] == "the sink is gone"


def test_the_lines_show_the_last_seconds_and_are_made_twice_a_second(clock):
    stats = Stats()
    for _ in range(20):
        clock(0.1)
        stats.sent(time.perf_counter() - 0.04)
    stats.add("infer", 0.0121)
    stats.add("infer", 0.0209)
    assert stats.line(5).splitlines() == [
        "10.0 fps, 5 dropped, ms median / p95:",
        "latency 40 / 40",
        "infer 21 / 21",
    ]
    assert "5 dropped" in stats.line(6)
    clock(1)
    assert "6 dropped" in stats.line(6)
    assert float(stats.line(6).split()[0]) < 10
