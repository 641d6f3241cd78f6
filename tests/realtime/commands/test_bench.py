"""``greenless bench`` on a result that was made up: what is printed and kept."""

import json

import pytest

from realtime.cli import main
from realtime.commands.timing import measure
from realtime.commands.timing.machine import PLAIN


def row(name, ms):
    stage, aside = {"p50_ms": ms / 2, "p95_ms": ms, "processor_ms": ms}, {"p50_ms": 5.0}
    shown = {"name": name, "network": "512x288", "ms": ms, "processor_ms": ms, "fps": 1000 / ms, "mad": None}
    return {**shown, "stages": {"capture": stage, "infer": stage, "prepare": aside}}


RESULT = {
    "machine": {"processor": "Xeon", "cores": 2, "features": []},
    "versions": {},
    "sizes": {
        "1280x720": {"stages": [row(PLAIN, 900.0), row("lite <f32>", 40.0), row("lite, int8", 20.0)], "live": []}
    },
    "footprint": {"start_s": None, "first_start_s": None, "memory_mb": 300.0},
    "ratios": {"processor of plain / lite, int8": 22.5},
    "missing": [],
    "seconds": 127.4,
}


@pytest.fixture
def runs(monkeypatch):
    """How often it was measured."""
    found = []
    monkeypatch.setattr(measure, "measure", lambda **given: found.append(given) or RESULT)
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
    assert "it is a folder" in capsys.readouterr().err
    assert not runs


def test_a_file_that_cannot_be_written_is_reported_with_the_measurements(runs, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    assert main(["bench", "--json", str(tmp_path / "bench.json")]) == 2
    said = capsys.readouterr()
    assert "No space left" in said.err
    assert "lite, int8 " in said.out


def test_the_help_promises_what_was_measured(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "100")
    with pytest.raises(SystemExit):
        main(["bench", "--help"])
    text = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "about two minutes" in text
