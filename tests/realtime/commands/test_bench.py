"""``greenless bench``: what is printed and kept of a made-up result, and what a measurement of small frames holds."""

import json

import pytest

from realtime.cli import main
from realtime.commands import stage_times
from realtime.commands.bench import STAGES, report
from realtime.errors import MatterError


def row(name, ms):
    stage = {"p50_ms": ms / 2, "p95_ms": ms, "processor_ms": ms}
    shown = {"name": name, "network": "512x288", "ms": ms, "processor_ms": ms, "fps": 1000 / ms, "mad": 0.0123}
    return {**shown, "stages": dict.fromkeys(STAGES, stage)}


RESULT = {
    "machine": {"processor": "Xeon", "cores": 2, "features": []},
    "versions": {},
    "sizes": {"1280x720": {"stages": [row("lite <f32>", 40.0), row("lite, int8", 20.0)]}},
    "missing": [],
    "seconds": 127.4,
}


@pytest.fixture
def runs(monkeypatch):
    """How often it was measured."""
    found = []
    monkeypatch.setattr(stage_times, "measure", lambda **given: found.append(given) or RESULT)
    return found


def test_the_tables_are_printed_and_what_was_asked_for_is_kept(runs, tmp_path, capsys):
    kept = tmp_path / "bench.json"
    assert main(["bench", "--quick", "--json", str(kept)]) == 0
    assert runs[0]["quick"]
    printed = capsys.readouterr()
    assert "lite, int8 " in printed.out
    assert "it took 2 min 7 s\n" in printed.err
    assert json.loads(kept.read_text()) == RESULT
    assert list(tmp_path.iterdir()) == [kept]


def test_a_folder_that_is_not_there_is_told_before_anything_is_measured(runs, tmp_path, capsys):
    assert main(["bench", "--json", str(tmp_path / "none" / "bench.json")]) == 2
    assert "mkdir" in capsys.readouterr().err
    assert not runs


def test_a_folder_in_place_of_a_file_is_reported_before_anything_is_measured(runs, tmp_path, capsys):
    assert main(["bench", "--json", str(tmp_path)]) == 2
    assert "Is a directory" in capsys.readouterr().err
    assert not runs


def test_a_file_that_cannot_be_written_is_reported_with_the_measurements(runs, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    assert main(["bench", "--json", str(tmp_path / "bench.json")]) == 2
    said = capsys.readouterr()
    assert "the disk is full" in said.err
    assert "lite, int8 " in said.out


def test_a_failure_of_something_else_is_not_one_of_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(stage_times, "measure", lambda **_: (_ for _ in ()).throw(OSError(24, "Too many open files")))
    with pytest.raises(OSError, match="Too many open files"):
        main(["bench", "--json", str(tmp_path / "bench.json")])
    assert not list(tmp_path.iterdir())


def test_the_help_promises_what_was_measured(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit):
        main(["bench", "--help"])
    text = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "about two minutes" in text


def test_it_times_the_stages_over_the_sample(monkeypatch):
    some = {"one": {"runtime": "onnx", "precision": "float32", "threads": 1, "reference_size": 64}}
    some["other"] = {"runtime": "openvino", "precision": "bfloat16"}
    there = stage_times.open_matter

    def opened(settings, **size):
        if settings.precision == "bfloat16":
            raise MatterError("this processor does not compute in bfloat16")
        return there(settings, **size)

    monkeypatch.setattr(stage_times, "CONFIGURATIONS", some)
    monkeypatch.setattr(stage_times, "open_matter", opened)
    monkeypatch.setattr(stage_times, "MAIN", (96, 54))
    result = stage_times.measure(quick=True)
    [row] = result["sizes"]["96x54"]["stages"]
    assert (row["name"], row["network"]) == ("one", "128x64")
    assert list(row["stages"]) == list(STAGES)
    assert all(0 <= stage["p50_ms"] <= stage["p95_ms"] for stage in row["stages"].values())
    assert row["fps"] == pytest.approx(1000 / row["ms"], rel=0.01)
    assert 0 < row["mad"] < 0.1  # 64 px are few, but the person is found
    assert result["missing"] == ["other: this processor does not compute in bfloat16"]
    assert "one 128x64" in " ".join(report(result).split())
    assert "Skipped: other" in report(result)
