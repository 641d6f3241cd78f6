"""``greenless obs`` against a server that speaks obs-websocket's protocol, as far as it is used."""

import base64
import hashlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.sync.server import ServerConnection, serve

from realtime.cli import main
from tests.realtime.web.conftest import PATIENCE_S, Served, make_served, served

__all__ = ["make_served", "served"]  # fixtures

SALT, CHALLENGE = "salt", "challenge"


def proof(password: str) -> str:
    """obs-websocket's: SHA-256 of (SHA-256 of password and salt) and challenge, each in base64."""
    secret = base64.b64encode(hashlib.sha256((password + SALT).encode()).digest()).decode()
    return base64.b64encode(hashlib.sha256((secret + CHALLENGE).encode()).digest()).decode()


class FakeObs:
    """OBS with one scene."""

    def __init__(self, msgpack: Any, password: str = "") -> None:
        self._msgpack = msgpack
        self.password = password
        self.inputs: dict[str, dict[str, Any]] = {}
        self.scenes: dict[str, list[str]] = {"Scene": []}
        self._server = serve(self._talk, "127.0.0.1", 0, subprotocols=["obswebsocket.msgpack"])  # type: ignore[list-item]
        self.url = f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()

    def _talk(self, connection: ServerConnection) -> None:
        hello: dict[str, Any] = {"obsWebSocketVersion": "5.5.0", "rpcVersion": 1}
        if self.password:
            hello["authentication"] = {"challenge": CHALLENGE, "salt": SALT}
        connection.send(self._msgpack.packb({"op": 0, "d": hello}))
        identify = self._msgpack.unpackb(connection.recv())["d"]
        if self.password and identify.get("authentication") != proof(self.password):
            connection.close(4009, "Authentication failed.")
            return
        connection.send(self._msgpack.packb({"op": 2, "d": {"negotiatedRpcVersion": 1}}))
        for message in connection:
            asked = self._msgpack.unpackb(message)["d"]
            status, data = self._do(asked["requestType"], asked.get("requestData") or {})
            answer = {"requestType": asked["requestType"], "requestId": asked["requestId"]}
            answer |= {"requestStatus": status, "responseData": data}
            connection.send(self._msgpack.packb({"op": 7, "d": answer}))

    def _do(self, request: str, data: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        good, answer = {"result": True, "code": 100}, {}
        if request == "GetInputList":
            answer = {"inputs": [{"inputName": name, "inputKind": row["kind"]} for name, row in self.inputs.items()]}
        elif request == "GetCurrentProgramScene":
            answer = {"currentProgramSceneName": "Scene"}
        elif request == "SetInputSettings":
            self.inputs[data["inputName"]]["settings"] |= data["inputSettings"]
        elif request == "CreateInput":
            if data["sceneName"] not in self.scenes:
                return {"result": False, "code": 600, "comment": "No source was found by that name"}, {}
            self.inputs[data["inputName"]] = {"kind": data["inputKind"], "settings": data["inputSettings"]}
            self.scenes[data["sceneName"]].append(data["inputName"])
        else:
            return {"result": False, "code": 204, "comment": f"unknown {request}"}, {}
        return good, answer


@pytest.fixture
def obs() -> Iterator[FakeObs]:
    pytest.importorskip("simpleobsws", reason="simpleobsws is in the extra obs")
    fake = FakeObs(pytest.importorskip("msgpack"))
    yield fake
    fake.close()


def test_it_shows_how_to_add_the_source(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    served.session.change({"camera": {"width": 640, "height": 360}})
    assert main(["obs"]) == 0
    shown = capsys.readouterr().out
    assert f"{served.url}/overlay#token={served.token}\n" in shown
    assert "640\n" in shown
    assert "360\n" in shown
    assert "Refresh" in shown, "a page that was not there yet is not tried again by OBS"


def test_the_size_is_the_one_granted_not_the_one_asked_for(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    served.session.change({"camera": {"width": 640, "height": 360}})
    assert served.ask("GET", "/api/stats").json["picture"] is None
    served.session.step(served.server.broadcast)
    assert served.ask("GET", "/api/stats").json["picture"] == {"width_px": 160, "height_px": 96}
    assert main(["obs"]) == 0
    shown = capsys.readouterr().out
    assert "  Width       160\n" in shown
    assert "  Height      96\n" in shown
    assert main(["obs", "--width", "320", "--height", "192"]) == 0
    assert "  Width       320\n" in capsys.readouterr().out


def test_it_makes_the_source(served: Served, obs: FakeObs, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["obs", "--make", "--url", obs.url]) == 0
    assert capsys.readouterr().out == "made: the source greenless, 1280x720\n"
    source = obs.inputs["greenless"]
    assert source["kind"] == "browser_source"
    assert source["settings"]["url"] == f"{served.url}/overlay#token={served.token}"
    assert (source["settings"]["width"], source["settings"]["height"], source["settings"]["css"]) == (1280, 720, "")
    assert obs.scenes == {"Scene": ["greenless"]}


def test_an_existing_source_is_updated(served: Served, obs: FakeObs, capsys: pytest.CaptureFixture[str]) -> None:
    obs.inputs["greenless"] = {"kind": "browser_source", "settings": {"url": "http://old", "fps": 30}}
    assert main(["obs", "--make", "--url", obs.url, "--width", "640", "--height", "360"]) == 0
    assert capsys.readouterr().out == "changed: the source greenless, 640x360\n"
    assert obs.inputs["greenless"]["settings"]["url"] == f"{served.url}/overlay#token={served.token}"
    assert obs.inputs["greenless"]["settings"]["fps"] == 30
    assert obs.scenes == {"Scene": []}


def test_the_password_is_proved_not_sent(served: Served, obs: FakeObs, monkeypatch: pytest.MonkeyPatch) -> None:
    obs.password = "hunter2"
    monkeypatch.setenv("OBS_WEBSOCKET_PASSWORD", "hunter2")
    assert main(["obs", "--make", "--url", obs.url]) == 0
    assert "greenless" in obs.inputs


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--password", "wrong"], "OBS refuses the password"),
        (["--password", "hunter2", "--scene", "Nowhere"], "OBS refuses CreateInput: No source was found by that name"),
        (["--password", "hunter2", "--name", "Microphone"], "the kind wasapi. Choose another name with --name"),
    ],
)
def test_what_obs_refuses_is_said(
    served: Served, obs: FakeObs, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    obs.password = "hunter2"
    obs.inputs["Microphone"] = {"kind": "wasapi", "settings": {}}
    assert main(["obs", "--make", "--url", obs.url, *words]) == 2
    assert said in capsys.readouterr().err


def test_a_wrong_password_is_reported_at_once(served: Served, obs: FakeObs, monkeypatch: pytest.MonkeyPatch) -> None:
    """OBS closes the connection; nothing more is waited for."""
    monkeypatch.setattr("realtime.web.obs._TIMEOUT_S", PATIENCE_S)
    obs.password = "hunter2"
    start_s = time.monotonic()
    assert main(["obs", "--make", "--url", obs.url, "--password", "wrong"]) == 2
    assert time.monotonic() - start_s < PATIENCE_S


@pytest.mark.parametrize("url", ["ws://127.0.0.1:9", "nonsense"])
def test_an_obs_that_does_not_answer_is_said(served: Served, capsys: pytest.CaptureFixture[str], url: str) -> None:
    pytest.importorskip("simpleobsws", reason="simpleobsws is in the extra obs")
    assert main(["obs", "--make", "--url", url]) == 2
    assert f"OBS does not answer at {url}. In OBS: Tools" in capsys.readouterr().err


def test_without_a_run_it_says_how_to_start_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["obs"]) == 2
    assert "Start it with: greenless run" in capsys.readouterr().err
