"""What can be asked, and what is answered."""

import json
import struct
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from websockets.sync.client import ClientConnection, connect

from realtime.capture import cameras
from realtime.capture.cameras import Device
from realtime.errors import SceneError
from realtime.settings.group import Group
from realtime.settings.schema import Settings
from realtime.web import describe
from tests.realtime.web.conftest import PATIENCE_S, Served


def listen(served: Served, path: str) -> ClientConnection:
    return connect(
        f"ws://127.0.0.1:{served.port}{path}",
        additional_headers={"Authorization": f"Bearer {served.token}"},
        open_timeout=PATIENCE_S,
        ping_timeout=PATIENCE_S,
    )


def file_in_folder(home: Path, name: str, colour: tuple[int, int, int] = (0, 0, 255)) -> Path:
    folder = home / "backgrounds"
    folder.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / name), np.full((90, 160, 3), colour, np.uint8))
    return folder / name


def test_the_state_is_what_the_page_shows(served: Served, greenless_home: Path) -> None:
    path = file_in_folder(greenless_home, "my_beach.png")
    served.session.save_preset("meeting")
    state = served.ask("GET", "/api/state").json
    assert state["settings"]["scene"]["background"] == "blur"
    assert state["settings"]["camera"]["fps"] == 30.0
    assert (state["running"], state["shutter_closed"], state["presets"]) == (True, False, ["meeting"])
    assert state["preset"] == "meeting"
    rows = {row["spec"]: row for row in state["backgrounds"]}
    assert rows["blur"]["kind"] == "blur"
    assert rows["none"]["warning"]
    assert rows[str(path)] | {"thumbnail": ""} == {
        "spec": str(path),
        "label": "my beach",
        "kind": "picture",
        "warning": "",
        "name": "my_beach.png",
        "thumbnail": "",
    }


def test_a_background_from_elsewhere_is_in_the_list_too(served: Served, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.zeros((9, 16, 3), np.uint8))
    for background, kind in ((str(tmp_path / "wall.png"), "picture"), ("#123456", "colour")):
        state = served.ask("POST", "/api/settings", {"scene": {"background": background}}).json
        [row] = [row for row in state["backgrounds"] if row["spec"] == background]
        assert (row["kind"], row["name"]) == (kind, None)
    state = served.ask("POST", "/api/settings", {"scene": {"background": "blur:0.8"}}).json
    assert [row["kind"] for row in state["backgrounds"]].count("blur") == 1


def test_every_setting_has_what_a_control_needs(served: Served) -> None:
    told = {
        (group["group"], row["name"]): row for group in served.ask("GET", "/api/fields").json for row in group["fields"]
    }
    tree = {"": Settings(), **{f.name: f.default for f in fields(Settings) if isinstance(f.default, Group)}}
    del tree["control"]
    wanted = {(name, f.name) for name, group in tree.items() for f in fields(group) if not isinstance(f.default, Group)}
    assert told.keys() == wanted
    assert told["camera", "fps"]["range"] == [1, 240]
    assert (told["camera", "fps"]["unit"], told["camera", "fps"]["type"]) == ("fps", "number")
    assert told["scene", "fit"]["choices"] == ["cover", "contain", "stretch"]
    assert told["look", "framing"]["type"] == "switch"
    assert told["", "sink"]["type"] == "list"
    for row in told.values():
        assert row["help"]
        assert row["type"] in ("text", "integer", "number", "switch", "choice", "list")


def test_a_change_is_applied_and_answered_with_the_state(served: Served) -> None:
    answer = served.ask("POST", "/api/settings", {"scene": {"background": "#00ff00"}, "camera": {"width": 640}})
    assert answer.status == 200
    assert answer.json["settings"]["camera"]["width"] == 640
    assert served.session.settings.scene.background == "#00ff00"


@pytest.mark.parametrize(
    ("tables", "error", "cure"),
    [
        (
            {"scene": {"background": "#123456", "fitt": 1}},
            "unknown key scene.fitt",
            "Did you mean fit in the table [scene]?",
        ),
        ({"camera": {"width": 3}}, "expected width from 16 to 7680 px, got 3", ""),
        ({"camera": {"width": "wide"}}, "expected camera.width to be a whole number, got 'wide'", ""),
    ],
)
def test_what_cannot_be_is_said_with_its_cure_and_changes_nothing(
    served: Served, tables: dict[str, Any], error: str, cure: str
) -> None:
    answer = served.ask("POST", "/api/settings", tables)
    assert (answer.status, answer.json) == (400, {"error": error, "cure": cure})
    assert served.session.settings == Settings()


def test_an_error_of_the_run_is_said(served: Served) -> None:
    served.session.broken = SceneError("the file is gone", cure="Bring it back")
    answer = served.ask("POST", "/api/next")
    assert (answer.status, answer.json) == (400, {"error": "the file is gone", "cure": "Bring it back"})


def test_a_missing_page_is_an_error_that_says_so(served: Served) -> None:
    assert served.ask("GET", "/api/nothing").status == 404
    assert served.ask("GET", "/nothing").status == 404
    assert served.ask("GET", "/api/next").status == 405
    assert served.ask("GET", "/api/backgrounds/none.jpg/thumbnail").status == 400


@pytest.mark.parametrize(("closed", "then"), [(True, True), (False, False), (None, True)])
def test_the_shutter(served: Served, closed: bool | None, then: bool) -> None:
    assert served.ask("POST", "/api/shutter", {"closed": closed}).json["shutter_closed"] is then


@pytest.mark.parametrize("body", [{"closed": "yes"}, {"closed": 1}, [], None])
def test_a_shutter_that_is_neither_is_refused(served: Served, body: Any) -> None:
    assert served.ask("POST", "/api/shutter", body).status == 400


def test_thumbnails_show_the_file_and_follow_it(served: Served, greenless_home: Path) -> None:
    for colour in ((0, 0, 255), (0, 255, 0)):
        file_in_folder(greenless_home, "a ü&#.png", colour)
        time.sleep(0.01)
        [row] = [row for row in served.ask("GET", "/api/state").json["backgrounds"] if row["name"]]
        answer = served.ask("GET", row["thumbnail"])
        assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
        pixels = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
        assert pixels.shape == (180, 320, 3)
        np.testing.assert_allclose(pixels[90, 160], colour, atol=4)


def test_a_background_is_deleted_but_not_while_it_is_shown(served: Served, greenless_home: Path) -> None:
    path = file_in_folder(greenless_home, "a.png")
    served.session.change({"scene": {"background": str(path)}})
    assert served.ask("DELETE", "/api/backgrounds/a.png").status == 400
    served.session.change({"scene": {"background": "blur"}})
    assert served.ask("DELETE", "/api/backgrounds/a.png").status == 200
    assert not path.exists()


@pytest.mark.parametrize(
    "name", ["..%2fsettings.toml", "%2e%2e/settings.toml", "..", "%00", "settings.toml", ".hidden.png"]
)
def test_nothing_outside_the_folder_is_deleted_or_shown(served: Served, greenless_home: Path, name: str) -> None:
    file_in_folder(greenless_home, ".hidden.png")
    (greenless_home / "settings.toml").write_text("")
    assert served.ask("DELETE", f"/api/backgrounds/{name}").status in (400, 404, 405)
    assert served.ask("GET", f"/api/backgrounds/{name}/thumbnail").status in (400, 404, 405)
    assert (greenless_home / "settings.toml").exists()
    assert (greenless_home / "backgrounds" / ".hidden.png").exists()


def test_networks_and_cameras_are_listed(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cameras, "list_cameras", lambda: [Device(handle="/dev/video0", name="Logitech")])
    assert served.ask("GET", "/api/cameras").json == [{"value": "/dev/video0", "label": "Logitech (/dev/video0)"}]
    rows = {row["value"]: row for row in served.ask("GET", "/api/networks").json}
    assert rows["greenless-lite"]["present"] is True
    assert rows["greenless-lite"]["fetch"] == ""
    assert any(not row["present"] and row["fetch"].startswith("greenless weights fetch ") for row in rows.values())


@pytest.mark.parametrize("fed", ["/dev/video10", "OBS Virtual Camera"])
def test_the_run_is_not_offered_its_own_output(served: Served, monkeypatch: pytest.MonkeyPatch, fed: str) -> None:
    own = Device(handle="/dev/video10", name="OBS Virtual Camera")
    others = [Device(handle="/dev/video0", name="Logitech"), Device(handle="/dev/video11", name="DroidCam")]
    monkeypatch.setattr(cameras, "list_cameras", lambda: [*others, own])
    assert len(served.ask("GET", "/api/cameras").json) == 3
    monkeypatch.setattr(describe, "FED", {fed})
    rows = served.ask("GET", "/api/cameras").json
    assert [row["value"] for row in rows] == ["/dev/video0", "/dev/video11"]


class TestEvents:
    def test_the_state_comes_at_first_and_after_each_change_by_anybody(self, served: Served) -> None:
        with listen(served, "/api/events") as client:
            first = self.next_of(client, "state")
            assert first["settings"]["scene"]["background"] == "blur"
            served.session.change({"scene": {"background": "#010203"}})
            assert self.next_of(client, "state")["settings"]["scene"]["background"] == "#010203"

    def test_figures_come_by_themselves(self, served: Served) -> None:
        with listen(served, "/api/events") as client:
            for _ in range(2):
                assert self.next_of(client, "stats")["recent"]["age"]["p50_ms"] == 40.0

    def next_of(self, client: ClientConnection, event: str) -> Any:
        for message in client:
            told = json.loads(message)
            if told["event"] == event:
                return told[event]
        raise AssertionError("it ended")


class TestPictures:
    def test_a_picture_comes_as_it_is_described(self, served: Served) -> None:
        served.session.step(served.server.broadcast)
        with listen(served, "/api/pictures/overlay") as client:
            message = client.recv(timeout=PATIENCE_S)
        number, width, height, top, notice, age_ms = struct.unpack_from("<IHHHHf", message)
        assert (number, width, height, notice) == (1, 160, 96, 0)
        assert np.isnan(age_ms)
        stack = cv2.imdecode(np.frombuffer(message[16:], np.uint8), cv2.IMREAD_COLOR)
        assert stack.shape == (top + 96, 160, 3)

    def test_a_notice_is_marked(self, served: Served) -> None:
        served.session.shutter(True)
        served.session.step(served.server.broadcast)
        with listen(served, "/api/pictures/preview") as client:
            assert struct.unpack_from("<H", client.recv(timeout=PATIENCE_S), 10) == (1,)

    def test_no_more_than_two_are_on_the_way_and_the_newest_comes_next(self, served: Served) -> None:
        """A client that shows nothing gets no third picture; when it has shown one it gets the newest, not the next."""
        with listen(served, "/api/pictures/preview") as client:
            numbers = []
            for _ in range(2):
                served.session.step(served.server.broadcast)
                numbers.append(struct.unpack_from("<I", client.recv(timeout=PATIENCE_S))[0])
            done = [self.encoded(served) for _ in range(5)]
            with pytest.raises(TimeoutError):
                client.recv(timeout=0.5)
            client.send(str(numbers[0]))
            assert struct.unpack_from("<I", client.recv(timeout=PATIENCE_S))[0] == done[-1]

    def test_a_slow_client_holds_up_neither_the_run_nor_the_others(self, served: Served) -> None:
        with listen(served, "/api/pictures/preview"), listen(served, "/api/pictures/preview") as quick:
            for _ in range(8):  # the slow one never says that it has shown anything
                served.session.step(served.server.broadcast)
                quick.send(str(struct.unpack_from("<I", quick.recv(timeout=PATIENCE_S))[0]))
            assert served.session.frames == 8

    def test_the_latency_comes_with_the_next_frame(self, served: Served) -> None:
        with listen(served, "/api/pictures/preview") as client:
            ages = []
            for _ in range(4):
                served.session.step(served.server.broadcast)
                number, *_, age_ms = struct.unpack_from("<IHHHHf", client.recv(timeout=PATIENCE_S))
                ages.append(age_ms)
                client.send(str(number))
                time.sleep(0.05)
        assert ages[-1] > 0

    def test_who_has_gone_is_forgotten(self, served: Served) -> None:
        watching = served.server.broadcast.watching
        for _ in range(3):
            with listen(served, "/api/pictures/overlay"):
                self.until(lambda: watching("overlay") == 1)
            self.until(lambda: watching("overlay") == 0)

    def test_another_view_is_refused(self, served: Served) -> None:
        with pytest.raises(Exception, match="403"), listen(served, "/api/pictures/camera"):
            pass

    def encoded(self, served: Served) -> int:
        """Send a picture and wait until it was handed out; its number."""
        seen: dict[float, int] = {}  # who begins to watch gets the picture before, too
        leave = served.server.broadcast.watch(
            "preview", lambda picture: seen.update({picture.captured_s: picture.number})
        )
        captured_s = served.session.step(served.server.broadcast).frame.captured_s
        self.until(lambda: captured_s in seen)
        leave()
        return seen[captured_s]

    def until(self, true: Callable[[], bool]) -> None:
        end_s = time.monotonic() + 60
        while not true():
            assert time.monotonic() < end_s
            time.sleep(0.01)
