"""A server that speaks obs-websocket's protocol, as far as it is used."""

import base64
import hashlib
import json
import threading
from collections.abc import Callable
from typing import Any

from websockets.sync.server import ServerConnection, serve

SALT, CHALLENGE = "salt", "challenge"
BROWSER = {"browser_source", "v4l2_input", "ffmpeg_source", "image_source"}
DEBIAN = BROWSER - {"browser_source"}


def proof(password: str) -> str:
    """obs-websocket's: SHA-256 of (SHA-256 of password and salt) and challenge, each in base64."""
    secret = base64.b64encode(hashlib.sha256((password + SALT).encode()).digest()).decode()
    return base64.b64encode(hashlib.sha256((secret + CHALLENGE).encode()).digest()).decode()


class Listening:
    """A WebSocket server on a port of its own."""

    def __init__(self, talk: Callable[[ServerConnection], None]) -> None:
        self._server = serve(talk, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()


class FakeObs(Listening):
    """OBS with two scenes; the first is on air."""

    def __init__(self) -> None:
        self.password = ""
        self.kinds = BROWSER
        self.inputs: dict[str, dict[str, Any]] = {}
        self.scenes: dict[str, dict[str, bool]] = {"Scene": {}, "Break": {}}
        """Scene -> its sources -> whether they are visible."""
        super().__init__(self._talk)

    def _talk(self, connection: ServerConnection) -> None:
        hello: dict[str, Any] = {"obsWebSocketVersion": "5.5.0", "rpcVersion": 1}
        if self.password:
            hello["authentication"] = {"challenge": CHALLENGE, "salt": SALT}
        connection.send(json.dumps({"op": 0, "d": hello}))
        identify = json.loads(connection.recv())["d"]
        if self.password and identify.get("authentication") != proof(self.password):
            connection.close(4009, "Authentication failed.")
            return
        connection.send(json.dumps({"op": 2, "d": {"negotiatedRpcVersion": 1}}))
        for message in connection:
            asked = json.loads(message)["d"]
            status, data = self._do(asked["requestType"], asked.get("requestData") or {})
            answer = {"requestType": asked["requestType"], "requestId": asked["requestId"]}
            answer |= {"requestStatus": status, "responseData": data}
            connection.send(json.dumps({"op": 5, "d": {"eventType": "SomethingHappened"}}))
            connection.send(json.dumps({"op": 7, "d": answer}))

    def _do(self, request: str, data: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        good, answer = {"result": True, "code": 100}, {}
        if request == "GetInputKindList":
            answer = {"inputKinds": sorted(self.kinds)}
        elif request == "GetSceneList":
            scenes = [{"sceneName": name} for name in reversed(self.scenes)]
            answer = {"currentProgramSceneName": "Scene", "scenes": scenes}
        elif request == "GetInputList":
            rows = self.inputs.items()
            answer = {"inputs": [{"inputName": name, "unversionedInputKind": row["kind"]} for name, row in rows]}
        elif request == "SetInputSettings":
            self.inputs[data["inputName"]]["settings"] |= data["inputSettings"]
        elif request == "GetSceneItemList":
            names = enumerate(self.scenes[data["sceneName"]])
            answer = {"sceneItems": [{"sceneItemId": index, "sourceName": name} for index, name in names]}
        elif request == "SetSceneItemEnabled":
            name = list(self.scenes[data["sceneName"]])[data["sceneItemId"]]
            self.scenes[data["sceneName"]][name] = data["sceneItemEnabled"]
        elif request == "CreateSceneItem":
            self.scenes[data["sceneName"]][data["sourceName"]] = data["sceneItemEnabled"]
        elif request == "CreateInput":
            if data["inputName"] in self.scenes:
                return {"result": False, "code": 601, "comment": "A source already exists by that input name."}, {}
            self.inputs[data["inputName"]] = {"kind": data["inputKind"], "settings": data["inputSettings"]}
            self.scenes[data["sceneName"]][data["inputName"]] = data["sceneItemEnabled"]
        else:
            return {"result": False, "code": 204, "comment": f"unknown {request}"}, {}
        return good, answer
