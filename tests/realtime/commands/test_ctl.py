"""``greenless ctl`` against a real server on a session without a run."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from PIL import Image

from realtime.cli import main
from realtime.matting.remote_report import RemoteReport
from realtime.settings import file as settings_file
from realtime.web import access
from tests.realtime.web.conftest import Served, make_served, served

__all__ = ["make_served", "served"]  # fixtures


def test_set_changes_what_is_named(served: Served) -> None:
    assert main(["ctl", "set", "background=#00ff00", "scene.fit=contain", "framing=on"]) == 0
    settings = served.session.settings
    assert (settings.scene.background, settings.scene.fit, settings.look.framing) == ("#00ff00", "contain", True)


def test_a_number_among_choices_is_a_number(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ctl", "set", "rotate=270"]) == 0
    assert served.session.settings.camera.rotate == 270
    assert main(["ctl", "set", "rotate=45"]) == 2
    assert "expected rotate to be one of 0, 90, 180, 270, got '45'" in capsys.readouterr().err


def test_a_file_is_named_by_its_whole_path(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (16, 9)).save(tmp_path / "beach.png")
    monkeypatch.chdir(tmp_path)
    assert main(["ctl", "set", "background=beach.png", "overlay=beach.png:0,0,0.5"]) == 0
    scene = served.session.settings.scene
    assert (scene.background, scene.overlay) == (f"{tmp_path / 'beach.png'}", f"{tmp_path / 'beach.png'}:0,0,0.5")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["backgrund=blur"], "unknown key backgrund. Did you mean background in the table [scene]?"),
        (["scene=blur", "background=blur"], "expected a table [scene], got scene = 'blur'"),
        (["background"], "expected KEY=VALUE"),
        (["width=wide"], "expected camera.width to be a whole number, got 'wide'"),
        (["width=3"], "expected width from 16 to 7680"),
        (["fit=round"], "expected fit to be one of cover, contain, stretch"),
        (["framing=perhaps"], "expected look.framing to be true or false, got 'perhaps'"),
        (["host=0.0.0.0"], "the API cannot change control"),
    ],
)
def test_a_change_that_cannot_be_is_an_error_and_changes_nothing(
    served: Served, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    before = served.session.settings
    assert main(["ctl", "set", "background=#123456", *words]) == 2
    assert said in capsys.readouterr().err
    assert served.session.settings == before


def test_presets_are_saved_applied_and_forgotten(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    name = "On air / 2: ü"
    served.session.change({"scene": {"background": "#101010"}})
    assert main(["ctl", "preset", name, "--save"]) == 0
    served.session.change({"scene": {"background": "blur"}})
    assert main(["ctl", "preset", name]) == 0
    assert served.session.settings.scene.background == "#101010"
    assert main(["ctl", "preset", name, "--delete"]) == 0
    assert main(["ctl", "preset", name]) == 2
    assert f"there is no preset {name!r}" in capsys.readouterr().err


def test_next_says_the_background(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ctl", "next"]) == 0
    assert capsys.readouterr().out.strip() == served.session.settings.scene.background == "#00b140"


@pytest.mark.parametrize(("words", "closed"), [([], True), (["close"], True), (["open"], False), (["toggle"], True)])
def test_shutter(served: Served, words: list[str], closed: bool, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ctl", "shutter", *words]) == 0
    assert served.session.shutter_closed is closed
    assert capsys.readouterr().out == ("closed\n" if closed else "open\n")


def test_stop_and_start(served: Served) -> None:
    assert main(["ctl", "stop"]) == 0
    assert served.session.running is False
    assert main(["ctl", "start"]) == 0
    assert served.session.running is True


def test_stats(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ctl", "stats", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["recent"]["age"] == {"p50_ms": 40.0, "p95_ms": 55.0}
    assert main(["ctl", "stats"]) == 0
    assert capsys.readouterr().out == "29.0 fps, latency 40 ms (infer 20)\n"


def test_stats_of_a_remote_matter(
    served: Served, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    report = RemoteReport(
        **{"server": "wss://studio:8480", "connected": True, "network": "lite", "p50_ms": 12.0, "p95_ms": 18.5},
        **{"sent_mbit_s": 3.46, "received_mbit_s": 2.1, "answered": 900, "lost": 2, "local": 30},
    )
    stats = served.session.stats()
    monkeypatch.setattr(served.session, "stats", lambda: {**stats, "remote": asdict(report)})
    assert main(["ctl", "stats"]) == 0
    assert capsys.readouterr().out == (
        "29.0 fps, latency 40 ms (infer 20); server wss://studio:8480: 12 ms, 95 % within 18, 3.5 + 2.1 Mbit/s, "
        "900 mattes from there, 30 from here, 2 frames lost\n"
    )


def test_page_shows_the_address_with_the_token(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ctl", "page"]) == 0
    assert capsys.readouterr().out == f"{served.url}/#token={served.token}\n"
    assert main(["ctl", "page", "--overlay"]) == 0
    assert capsys.readouterr().out == f"{served.url}/overlay#token={served.token}\n"


@pytest.mark.parametrize("words", [["next"], ["page"], ["stats"], ["preset", "a"]])
def test_without_a_run_it_says_how_to_start_one(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ctl", *words]) == 2
    assert "no running greenless serves its page. Start it with: greenless run" in capsys.readouterr().err


def test_after_the_run_there_is_none(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    served.server.close()
    assert main(["ctl", "next"]) == 2
    assert "no running greenless" in capsys.readouterr().err


def test_a_run_that_does_not_answer_is_named(greenless_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with access.served("1-1", "http://127.0.0.1:9"):
        assert main(["ctl", "next"]) == 2
    assert "greenless at http://127.0.0.1:9 does not answer" in capsys.readouterr().err


def test_of_two_runs_the_newest_is_asked_and_then_the_one_that_is_left(
    make_served: Callable[..., Served], capsys: pytest.CaptureFixture[str]
) -> None:
    older, newer = make_served(), make_served()
    assert older.token == newer.token
    for run in (newer, older):
        assert main(["ctl", "page"]) == 0
        assert capsys.readouterr().out == f"{run.url}/#token={run.token}\n"
        assert main(["ctl", "set", "background=#123456"]) == 0
        assert run.session.settings.scene.background == "#123456"
        run.server.close()
    assert main(["ctl", "next"]) == 2
    assert "no running greenless" in capsys.readouterr().err


def test_no_proxy_learns_the_token(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert main(["ctl", "next"]) == 0


def test_the_settings_that_were_changed_can_be_kept(served: Served, greenless_home: Path) -> None:
    main(["ctl", "set", "background=#00ff00"])
    assert served.ask("POST", "/api/settings/save").status == 200
    assert settings_file.load(greenless_home / "settings.toml").settings.scene.background == "#00ff00"
