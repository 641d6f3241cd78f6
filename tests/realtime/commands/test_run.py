"""greenless run: what it opens when nothing is said, what it says when something is missing, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from realtime.cli import main
from realtime.errors import ControlError, SinkError, SourceError
from realtime.loop.stats import Spread, Summary
from realtime.session.session import Session
from realtime.web import client, server

NO_CAMERA = SourceError("there is no camera 0", cure="Plug one in")
NO_VIRTUAL_CAMERA = SinkError("there is no virtual camera on this machine", cure="Install v4l2loopback")


def test_camera_goes_to_the_virtual_camera_and_a_preview(stage: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert stage.sources == ["camera"]
    assert [sink.spec for sink in stage.sinks] == ["preview", "virtual-camera"]
    assert [len(sink.composites) for sink in stage.sinks] == [5, 5]
    out, err = capsys.readouterr()
    assert out.startswith("5 frames in ")
    assert err == "source: pictures\nnetwork: half\noutput: virtual-camera, preview\n"


def test_without_a_display_there_is_no_preview(stage: Any) -> None:
    stage.display = False
    assert main([]) == 0
    assert [sink.spec for sink in stage.sinks] == ["virtual-camera"]


def test_without_a_virtual_camera_the_preview_will_do_and_the_cure_is_said(
    stage: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    stage.missing = {"virtual-camera": NO_VIRTUAL_CAMERA}
    assert main([]) == 0
    assert [sink.spec for sink in stage.sinks] == ["preview"]
    assert str(NO_VIRTUAL_CAMERA) in capsys.readouterr().err


def test_without_both_it_says_the_cure_and_what_works(stage: Any, capsys: pytest.CaptureFixture[str]) -> None:
    stage.missing = {"virtual-camera": NO_VIRTUAL_CAMERA}
    stage.display = False
    assert main([]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"greenless: error: {NO_VIRTUAL_CAMERA}. ")
    assert "greenless run --sink greenless.mp4 --seconds 10" in last


def test_a_sink_that_was_asked_for_must_open(stage: Any, capsys: pytest.CaptureFixture[str]) -> None:
    stage.missing = {"virtual-camera": NO_VIRTUAL_CAMERA}
    assert main(["--sink", "null", "--sink", "virtual-camera"]) == 2
    assert capsys.readouterr().err.endswith(f"greenless: error: {NO_VIRTUAL_CAMERA}\n")


@pytest.mark.parametrize(("display", "sink"), [(True, "preview"), (False, "sample.mp4 --seconds 10")])
def test_without_a_camera_it_says_the_cure_and_what_works(
    stage: Any, capsys: pytest.CaptureFixture[str], display: bool, sink: str
) -> None:
    stage.missing = {"camera": NO_CAMERA}
    stage.display = display
    assert main([]) == 2
    assert capsys.readouterr().err.endswith(
        f"{NO_CAMERA}. To try greenless without a camera: greenless run --source sample --sink {sink}\n"
    )


def test_without_a_virtual_camera_what_works_keeps_the_source(stage: Any, capsys: pytest.CaptureFixture[str]) -> None:
    stage.missing = {"virtual-camera": NO_VIRTUAL_CAMERA}
    stage.display = False
    assert main(["--source", "sample"]) == 2
    works = "greenless run --source sample --sink greenless.mp4 --seconds 10\n"
    assert capsys.readouterr().err.endswith(f"To try greenless without one: {works}")


@pytest.mark.parametrize(
    ("source", "sink", "named"),
    [
        ("talk.mp4", "out.mp4", "greenless video talk.mp4 -o out.mp4"),
        ("my talk.gif", "out.webm", "greenless video 'my talk.gif' -o out.webm"),
        ("talk.mp4", "null", "greenless video talk.mp4 -o talk_composite.mp4"),
        ("faces", "out.mp4", "greenless image faces --background blur -o composites"),
        ("faces", "null", "greenless image faces --background blur -o composites"),
        ("camera", "out.mp4", ""),
        ("sample:portrait", "out.mp4", ""),
        ("face.jpg", "out.mp4", ""),
        ("rtsp://camera/talk.mp4", "out.mp4", ""),
    ],
)
def test_a_clip_or_a_folder_says_once_that_frames_are_dropped_and_names_the_command_that_drops_none(
    stage: Any,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    sink: str,
    named: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "faces").mkdir()
    assert main(["--source", source, "--sink", sink]) == 0
    err = capsys.readouterr().err
    assert err.count("frames are dropped to keep time") == bool(named)
    assert err.count(f"To keep every frame: {named}\n") == bool(named)


@pytest.mark.parametrize("seconds", ["0", "-4", "nan"])
def test_no_time_at_all_is_an_error(stage: Any, capsys: pytest.CaptureFixture[str], seconds: str) -> None:
    assert main(["--sink", "null", "--seconds", seconds]) == 2
    assert capsys.readouterr().err == f"greenless: error: expected seconds above 0, got {seconds}\n"


def test_another_source_that_is_missing_is_its_own_error(stage: Any, capsys: pytest.CaptureFixture[str]) -> None:
    stage.missing = {"clip.mp4": SourceError("there is no file clip.mp4")}
    assert main(["--source", "clip.mp4"]) == 2
    assert capsys.readouterr().err == "greenless: error: there is no file clip.mp4\n"


def test_json_is_all_that_standard_output_gets(stage: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--sink", "null", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["source"], result["matter"], result["sinks"]) == ("pictures", "half", ["null"])
    assert result["frames"] == 5
    assert result["age"]["p95_ms"] >= 0


def test_the_background_that_was_asked_for_is_behind_the_person(stage: Any) -> None:
    main(["--sink", "null", "--background", "#0000ff"])
    pixels = stage.sinks[0].composites[-1].pixels
    np.testing.assert_array_equal(pixels[10, 10], [128, 128, 128])
    np.testing.assert_array_equal(pixels[10, -10], [255, 0, 0])


def test_it_stops_after_so_many_seconds(stage: Any, capsys: pytest.CaptureFixture[str]) -> None:
    stage.count, stage.period_s = 10_000, 0.01
    assert main(["--sink", "null", "--seconds", "0.2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["frames"] < 10_000


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send")
def test_a_request_to_terminate_ends_it_well(stage: Any, capsys: pytest.CaptureFixture[str]) -> None:
    stage.count, stage.period_s = 10_000, 0.01
    before = signal.getsignal(signal.SIGTERM)

    def terminate() -> None:
        while not (stage.sinks and stage.sinks[0].composites):
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGTERM)

    terminator = threading.Thread(target=terminate)
    terminator.start()
    assert main(["--sink", "null"]) == 0
    terminator.join()
    assert "frames in " in capsys.readouterr().out
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_page_is_served_while_it_runs(
    stage: Any, capsys: pytest.CaptureFixture[str], greenless_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (greenless_home / "settings.toml").write_text("[control]\nport = 0\n")
    stage.count, stage.period_s = 10_000, 0.01
    answers = []

    def ask(session: Any, seconds: float | None) -> Summary:
        def then_quit() -> None:
            answers.append(client.ask("POST", "/api/next"))
            session.quit()

        asking = threading.Thread(target=then_quit)
        asking.start()
        summary = run(session, seconds)
        asking.join()
        return summary

    run = Session.run
    monkeypatch.setattr(Session, "run", ask)
    assert main(["--sink", "null", "--seconds", "60"]) == 0
    assert answers[0]["settings"]["scene"]["background"] == "#00b140"
    assert "\npage: http://127.0.0.1:" in capsys.readouterr().err
    with pytest.raises(ControlError, match="no running greenless"):
        client.running()


def test_without_a_page_that_nobody_asked_for_the_run_goes_on(
    stage: Any, capsys: pytest.CaptureFixture[str], greenless_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (greenless_home / "settings.toml").write_text("")

    def refuse(*args: Any) -> None:
        raise ControlError("the disk is full")

    monkeypatch.setattr(server, "_bound", refuse)
    assert main(["--sink", "null"]) == 0
    assert "no page: the disk is full" in capsys.readouterr().err
    assert main(["--sink", "null", "--port", "0"]) == 2
    assert "the disk is full" in capsys.readouterr().err


def test_a_token_that_cannot_be_kept_is_one_for_this_run(
    stage: Any, capsys: pytest.CaptureFixture[str], greenless_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (greenless_home / "settings.toml").write_text("")

    def refuse(*args: Any) -> None:
        raise ControlError("the disk is full")

    monkeypatch.setattr(server.access, "_kept", refuse)
    tokens = set()
    for _ in range(2):
        assert main(["--sink", "null", "--port", "0"]) == 0
        said = capsys.readouterr().err
        assert said.count("greenless ctl cannot find this run: the disk is full\n") == 1
        [page] = [line for line in said.splitlines() if line.startswith("page: http://127.0.0.1:")]
        tokens.add(page.partition("#token=")[2])
    assert len(tokens) == 2
    assert min(map(len, tokens)) >= 43  # 256 bits


def test_the_overlay_alone_wants_the_server_too(stage: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--sink", "overlay", "--port", "0"]) == 0
    err = capsys.readouterr().err
    assert "output: overlay, page\n" in err
    assert "/overlay#token=" in err
    assert stage.sinks[0].spec == "overlay"


def test_something_that_failed_on_the_way_is_status_1(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from realtime.session.session import Pipeline

    summary = Summary(
        seconds=1,
        frames=9,
        held=0,
        dropped=0,
        fps=9,
        stages={},
        age=Spread(p50_ms=0, p95_ms=0),
        processor_s=1,
        errors=("null: full",),
    )
    monkeypatch.setattr(Pipeline, "run", lambda *_: summary)
    assert main(["--sink", "null"]) == 1


@pytest.mark.slow
def test_the_whole_way_of_a_picture(tiny_network: Path, tmp_path: Path) -> None:
    """The one test of a command with nothing faked, but the size of the network."""
    out = tmp_path / "out.mp4"
    words = f"run --source sample:rendered --width 160 --height 96 --weights {tiny_network} --reference-size 64"
    words += f" --runtime onnx --threads 1 --sink {out} --seconds 2 --json"
    done = subprocess.run(
        [sys.executable, "-m", "realtime", *words.split()], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["frames"] >= 2
    assert "160x96" in result["source"]
    assert "CPU" in result["matter"]
    assert result["stages"].keys() >= {"capture", "infer", "scene"}
    assert out.stat().st_size > 1000
