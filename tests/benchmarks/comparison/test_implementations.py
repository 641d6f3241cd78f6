"""The benchmark on pictures of 96x64: what comes out has the right form; how fast it was is nobody's business here."""

import os

import numpy as np
import pytest

from benchmarks.comparison import candidates, loop
from benchmarks.comparison.candidates import MODNET, PLAIN, Greenless
from benchmarks.comparison.coded_frames import coded_frames
from benchmarks.comparison.implementations import BEFORE, GOVERNED, Truthful, open_governed, open_implementations
from benchmarks.comparison.loop import run_governed, run_in_turns, run_live
from benchmarks.comparison.run import ratios
from benchmarks.comparison.stages import time_stages
from benchmarks.comparison.stopwatch import Stopwatch
from benchmarks.comparison.table import details, markdown, tables
from benchmarks.comparison.webcam import save_clip
from models.weights import cache_folder
from realtime.commands.machine import first_start
from realtime.errors import MatterError
from realtime.frame import CoarseMatte, Frame
from realtime.matting.choice.runtime_choice import remembered

ROW = {"p50_ms": 2.0, "p95_ms": 3.0, "processor_ms": 4.0}


@pytest.fixture(scope="module")
def shown():
    rng = np.random.default_rng(0)
    drawn = [(rng.integers(0, 256, (64, 96, 3), np.uint8), rng.integers(0, 256, (64, 96), np.uint8)) for _ in range(3)]
    return coded_frames(drawn, (96, 64), np.zeros((64, 96, 3), np.uint8))


@pytest.fixture
def one_way(monkeypatch):
    """One configuration of greenless, and one that is unavailable; MODNet takes too long for a test."""
    some = {"one": {"runtime": "onnx", "precision": "float32", "threads": 1, "reference_size": 64}}
    some["other"] = {"runtime": "openvino", "precision": "bfloat16", "threads": 1}

    def of_torch(*_):
        return iter(())

    def ours(name, *rest):
        if name == "other":
            raise MatterError("this processor does not compute in bfloat16")
        return Greenless(name, *rest)

    monkeypatch.setattr(candidates, "CONFIGURATIONS", some)
    monkeypatch.setattr(candidates, "Greenless", ours)
    monkeypatch.setattr("benchmarks.comparison.implementations._of_torch", of_torch)


def test_every_stage_is_timed_and_what_is_missing_is_named_once(shown, one_way):
    missing: list[str] = []
    for _ in range(2):
        with open_implementations(shown, missing) as opened:
            [row] = time_stages(opened, shown, 4)
    assert missing == ["other: this processor does not compute in bfloat16"]
    assert (row["name"], row["network"]) == ("one", "96x64")
    assert list(row["stages"]) == ["capture", "infer", "finish", "scene", "send", "prepare"]
    assert all(stage["p50_ms"] >= 0 for stage in row["stages"].values())
    assert row["fps"] == pytest.approx(1000 / row["ms"], rel=0.01)  # prepare, a part of infer, does not count again
    assert 0 <= row["mad"] <= 1


@pytest.mark.slow
def test_a_live_run_reports_frame_rate_and_latency(shown, one_way):
    with open_implementations(shown, []) as [candidate]:
        row = run_live(candidate, shown, 3.0)
        again = run_live(candidate, shown, 0.2)  # a candidate outlives its run
    assert row["fps"] > 0
    assert 0 < row["age_ms"]["p50"] <= row["age_ms"]["p95"]
    assert again["name"] == "one"


@pytest.mark.slow
def test_live_runs_take_turns_and_a_clip_is_played_in_a_row_of_its_own(shown, one_way, tmp_path):
    save_clip(shown, tmp_path / "clip.mp4", 60)
    with open_implementations(shown, []) as [candidate]:
        row, clip, rest = run_in_turns(
            [candidate], shown, seconds=1.0, turns=2, clip=("one", tmp_path / "clip.mp4"), at_rest="one"
        )
    assert (row["name"], clip["name"], rest["name"]) == ("one", "one, a clip", "one, at rest")
    assert rest["fps"] > 0
    assert rest["loop_fps"] is None
    assert row["loop_fps"] > 0
    assert clip["loop_fps"] is None
    assert clip["fps"] > 0
    assert 0 < clip["age_ms"]["p50"] <= clip["age_ms"]["p95"]


def test_other_weights_run_in_turn_with_those_on_board(shown, one_way):
    with open_implementations(shown, [], "greenless-lite") as opened:
        assert [candidate.name for candidate in opened] == ["one", BEFORE]


@pytest.mark.slow
def test_runs_with_a_governor_see_a_webcam_of_the_asked_rate(shown, monkeypatch):
    monkeypatch.setattr(loop, "_SETTLES_S", 0.5)
    with first_start(), open_governed(shown, "greenless-lite") as opened:
        assert all(len(candidate.matter._levels) > 1 for candidate in opened)
        rows = run_governed(opened, shown, fps=60.0, seconds=1.0, turns=1)
    assert [row["name"] for row in rows] == [GOVERNED, f"before, {GOVERNED}"]
    assert all(row["asked_fps"] == 60 and row["fps"] > 0 and row["loop_fps"] is None for row in rows)
    assert all(row["network"] != "0x0" for row in rows)
    kept = result()
    kept["sizes"]["1280x720"]["governed"] = [rows]
    assert "live from a webcam at 60 fps" in tables(kept)
    assert "| before, governor on | " in tables(kept)


def test_a_network_of_random_weights_gives_the_true_mattes(shown):
    class Random:
        name, closed = "random", 0

        def matte_batch(self, frames, size_px=None):
            return [CoarseMatte(alpha=np.full((32, 48), 0.3, np.float32), frame=frame) for frame in frames]

        def close(self):
            self.closed += 1

    matter = Truthful(random := Random(), shown)
    frame = Frame(pixels=shown.decoded(1), index=1, captured_s=0.0)
    [coarse] = matter.matte_batch([frame])
    assert coarse.frame is frame
    assert coarse.alpha.shape == (32, 48)
    assert coarse.alpha.mean() == pytest.approx(float(shown.alphas[1].mean()) / 255, abs=0.01)
    matter.close()
    assert random.closed


def test_the_plain_way_reads_its_camera_picture_by_picture(shown):
    class Plain:
        name, network_px, slow = PLAIN, (672, 512), True

        def __init__(self):
            self.seen = []

        def step(self, frame, watch):
            self.seen.append(frame.index)

    candidate = Plain()
    row = run_live(candidate, shown, 0.3)
    assert candidate.seen == sorted(candidate.seen)
    assert row["dropped"] is None
    assert row["age_ms"]["p50"] >= 0


def test_the_plain_way_shows_the_part_that_the_demo_shows(shown):
    pytest.importorskip("torch")
    from benchmarks.comparison.plain import Plain

    candidate = Plain()
    candidate._network = lambda image, **_: image[:, :1] * 0 + 1  # everything is the person
    pixels = np.zeros((720, 1280, 3), np.uint8)
    pixels[:, 640:] = (10, 20, 30)
    assert candidate.step(Frame(pixels=pixels, index=0, captured_s=0.0), Stopwatch()) is None
    assert candidate.shown.shape == (512, 672, 3)
    assert candidate.shown[0, 0].tolist() == [10, 20, 30]  # mirrored
    assert candidate.shown[0, -1].tolist() == [0, 0, 0]


def result():
    def stage(name, network_ms, fps):
        infer = {**ROW, "processor_ms": network_ms}
        prepare = {} if name == PLAIN else {"prepare": {**ROW, "processor_ms": 1000.0}}
        return {
            "name": name,
            "network": "512x288",
            "stages": {"capture": ROW, "infer": infer, **prepare},
            "ms": 1000 / fps,
            "processor_ms": 12.3,
            "fps": fps,
            "mad": None if name == PLAIN else 0.0123,
        }

    def live(name, age_ms, loop_fps):
        return {
            "name": name,
            "network": "512x288",
            "asked_fps": 30.0,
            "fps": 29.9,
            "age_ms": {"p50": age_ms, "p95": 2 * age_ms},
            "processor_share": 0.5,
            "loop_fps": loop_fps,
        }

    measured = {
        "stages": [stage(PLAIN, 900.0, 2.0), stage(MODNET, 240.0, 5.0), stage("lite", 20.0, 50.0)],
        "live": [live(PLAIN, 2500.0, 2.0), live("lite", 25.0, 60.0), live("lite, a clip", 20.0, None)],
    }
    return {
        "machine": {"processor": "Xeon", "cores": 2, "features": ["avx2"]},
        "versions": {"numpy": "2.4"},
        "sizes": {"1280x720": measured},
        "footprint": {"start_s": 1.5, "first_start_s": 2.5, "memory_mb": None},
        "ratios": ratios(measured),
        "missing": ["OpenVINO: not installed"],
    }


@pytest.mark.parametrize("home", ["/somewhere", None])
def test_what_an_earlier_start_measured_does_not_count(monkeypatch, home):
    if home is None:
        monkeypatch.delenv("GREENLESS_HOME", raising=False)
    else:
        monkeypatch.setenv("GREENLESS_HOME", home)
    before = cache_folder()
    with first_start():
        assert cache_folder() != before
        assert remembered() == {}
    assert cache_folder() == before
    assert os.environ.get("GREENLESS_HOME") == home


def test_the_ratios_are_of_processor_network_rate_and_age():
    assert ratios(result()["sizes"]["1280x720"]) == {
        f"processor of plain / {MODNET}": 3.7,
        "processor of plain / lite": 37.7,
        f"network of {MODNET} / lite": 12.0,
        "loop of lite / plain": 30.0,
        "age of plain / lite": 100.0,
        "age of plain / lite, a clip": 125.0,
    }
    assert ratios({"stages": [], "live": []}) == {}
    none_in_time = result()["sizes"]["1280x720"]
    none_in_time["live"][1]["age_ms"]["p50"] = 0.0
    assert "age of plain / lite" not in ratios(none_in_time)


def test_the_tables_tell_machine_stages_live_runs_and_what_was_left_out():
    text = tables(result())
    assert "Xeon, 2 cores, avx2; numpy 2.4" in text
    assert "| lite                     | 512x288 |     2.0 |   2.0 |        |       |      |      12.3 | 50.0 |" in text
    assert "| lite                   | 512x288 | 29.9 |              25 |              50 |" in text
    assert "| lite                     |     37.7 |                      12 |             30 |     100 |" in text
    assert "one frame after the other" not in tables(result(), stages_at=[])
    assert "memory with ONNX Runtime: unknown" in text
    assert "Left out: OpenVINO: not installed" in text


def test_the_details_tell_each_stage_and_what_is_a_part_of_another():
    text = details(result())
    assert "2.0 / 3.0 / 20.0 | 2.0 / 3.0 / 1000.0 |" in text
    assert "send |" in text


def test_a_markdown_table_is_aligned():
    assert markdown(["a", "b", "c"], [["x", "yy", "10.0"]]) == [
        "| a | b  |    c |",
        "|---|----|-----:|",
        "| x | yy | 10.0 |",
    ]


def test_a_stopwatch_leaves_the_warm_up_out():
    watch = Stopwatch()
    watch._laps["infer"] = [(9.0, 9.0), (0.001, 0.002), (0.003, 0.004)]
    watch._laps["scene"] = [(9.0, 9.0), (0.001, 0.001), (0.001, 0.001)]
    assert watch.to_dict(1)["infer"] == {"p50_ms": 2.0, "p95_ms": 3.0, "processor_ms": 3.0}
    assert watch.totals(1) == pytest.approx((3.0, 4.0))
