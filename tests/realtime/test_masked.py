"""The password of a stream is used, and never shown: by no page, log, file for others, statistics, help or error."""

import json
import logging
import os
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from realtime.capture.file import open_video
from realtime.cli import main
from realtime.commands.common import Common, logged, say
from realtime.errors import SinkError, SourceError
from realtime.session import instances
from realtime.session.session import Session
from realtime.settings import file as settings_file
from realtime.settings import paths
from realtime.settings.schema import CameraSettings, ControlSettings, Settings
from realtime.web.server import Server
from tests.realtime.stand_ins import running, until
from tests.realtime.web.conftest import Served

SOURCE = "http://me:hunter2@camera/live?channel=1&key=hunter2"
SHOWN = "http://***@camera/live?channel=***&key=***"


@pytest.fixture
def session(world, path: Path) -> Iterator[Session]:
    """A session whose source, from the command line, has a password."""
    with closing(Session(Settings(source=SOURCE, sink=("null",)), path=path)) as session:
        yield session


@pytest.fixture
def served(session: Session) -> Iterator[Served]:
    with Server(ControlSettings(port=0)) as server:
        server.serve(session)
        yield Served(server, session)


def test_the_page_gets_it_masked_and_may_send_it_back(served: Served, path: Path) -> None:
    state = served.ask("GET", "/api/state").json
    assert state["settings"]["source"] == SHOWN
    changed = {**state["settings"], "camera": {**state["settings"]["camera"], "width": 640}}
    answer = served.ask("POST", "/api/settings", changed)
    assert answer.status == 200
    assert b"hunter2" not in answer.content
    assert served.session.settings == Settings(source=SOURCE, sink=("null",), camera=CameraSettings(width=640))
    assert served.ask("POST", "/api/settings/save").status == 200
    assert settings_file.load(path).settings.source == SOURCE


@pytest.mark.parametrize(
    "source", ["http://***@other/live", "http://***@camera/live?channel=2&key=***", "http://camera/live?key=***"]
)
def test_a_masked_one_that_was_edited_is_refused(served: Served, source: str) -> None:
    answer = served.ask("POST", "/api/settings", {"source": source})
    assert (answer.status, "contains a masked password" in answer.json["error"]) == (400, True)
    assert "Type the address" in answer.json["cure"]
    assert served.session.settings.source == SOURCE


def test_the_key_of_a_stream_out_is_not_shown_and_may_be_sent_back(served: Served, world, path: Path) -> None:
    sink = ["rtmp://live.server/app/hunter2", "whip:https://hunter2@live.server/hunter2", "null"]
    shown = ["rtmp://live.server/app/***", "whip:https://***@live.server/***", "null"]
    answer = served.ask("POST", "/api/settings", {"sink": sink})
    assert answer.json["settings"]["sink"] == shown
    assert served.ask("POST", "/api/settings", {"sink": shown, "camera": {"width": 640}}).status == 200
    assert served.session.settings.sink == tuple(sink)
    answers = [answer, served.ask("GET", "/api/state")]
    world.missing["rtmp://live.server/app/hunter3"] = SinkError("cannot stream to rtmp://live.server/app/hunter3: no")
    answers.append(served.ask("POST", "/api/settings", {"sink": ["rtmp://live.server/app/hunter3"]}))
    refused = served.ask("POST", "/api/settings", {"sink": ["rtmp://live.server/other/***"]})
    assert (answers[-1].status, refused.status) == (400, 400)
    assert "contains a masked password" in refused.json["error"]
    assert b"hunter" not in b"".join(answer.content for answer in answers)


def test_another_address_takes_its_place(served: Served) -> None:
    source = "http://me:hunter3@camera/live?channel=1&key=hunter3"
    assert served.ask("POST", "/api/settings", {"source": source}).json["settings"]["source"] == SHOWN
    assert served.session.settings.source == source


def test_no_answer_has_it(served: Served, world) -> None:
    world.missing["http://x:hunter2@y"] = SourceError("cannot open http://x:hunter2@y", cure="See http://y?key=hunter2")
    asked = [
        served.ask("GET", "/api/state"),
        served.ask("GET", "/api/stats"),
        served.ask("POST", "/api/settings", {"source": "http://x:hunter2@y"}),
        served.ask("POST", "/api/settings", {"camera": {"width": SOURCE}}),
        served.ask("POST", "/api/settings", {"scene": {"background": SOURCE}}),
        served.ask("POST", "/api/settings", {"sink": [SOURCE, "null"], "camera": 3}),
        served.ask("POST", "/api/settings", {SOURCE: {}}),
    ]
    assert [answer.status for answer in asked] == [200, 200, *([400] * 5)]
    assert b"hunter2" not in b"".join(answer.content for answer in asked)


def test_other_processes_get_it_masked(session: Session) -> None:
    folder = paths.instances_folder()
    with running(session):
        until(lambda: list(folder.glob("*.json")))
        [notes] = folder.glob("*.json")
        assert json.loads(notes.read_text())["source"] == [SHOWN]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_what_a_process_holds_is_for_its_user_alone() -> None:
    folder = paths.instances_folder()
    folder.mkdir(parents=True, mode=0o755)
    (folder / f"{os.getpid()}.json").touch(0o644)
    with instances.listed({"source": [SOURCE]}):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_no_log_has_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "greenless.log"

    def fail() -> None:
        with logged(Common(log_file=log, verbose=True)):
            logging.getLogger("greenless").warning("%s is lost", SOURCE)
            say(f"source: {SOURCE}")
            raise OSError(f"odd: {SOURCE}")

    with pytest.raises(OSError, match="odd"):
        fail()
    said = capsys.readouterr().err + log.read_text()
    assert said.count(SHOWN) >= 4
    assert "hunter2" not in said


def test_no_error_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    streams = ("http://me:hunter2@127.0.0.1:9/live?key=hunter2", "nosuch://me:hunter2@camera")
    for source in (*streams, Path("http://me:hunter2@camera/live")):
        with pytest.raises(SourceError) as refused:
            open_video(source, paced=False)
        assert "hunter2" not in str(refused.value)
    assert (
        main(["run", "--debug", "--source", "http://me:hunter2@127.0.0.1:9/live", "--sink", "null", "--no-page"]) == 2
    )
    assert main(["video", "http://me:hunter2@127.0.0.1:9/live.mp4", "-o", "x.mp4"]) == 1
    said = capsys.readouterr()
    assert "http://***@127.0.0.1:9/live" in said.err
    assert "hunter2" not in said.out + said.err


def test_neither_settings_nor_help_nor_doctor_show_it(
    greenless_home: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sink = ("rtmp://live.server/app/hunter2",)
    settings_file.write(greenless_home / "settings.toml", Settings(source=SOURCE, sink=sink))
    assert main(["settings"]) == 0
    text = capsys.readouterr().out
    assert f'source = "{SHOWN}"' in text
    assert 'sink = ["rtmp://live.server/app/***"]' in text
    (tmp_path / "copy.toml").write_text(text)
    assert main(["settings", "--settings", str(tmp_path / "copy.toml")]) == 2
    assert "source contains a masked password" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    assert "hunter2" not in (shown := capsys.readouterr().out)
    assert "http://camera/live" in shown
    assert "rtmp://live.server/app" in shown
    assert main(["settings", "--width", "640", "--write"]) == 0
    assert settings_file.load(greenless_home / "settings.toml").settings == Settings(
        source=SOURCE, camera=CameraSettings(width=640), sink=sink
    )
