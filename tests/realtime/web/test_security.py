"""Attacks on the control server, each of which must come to nothing."""

import hashlib
import hmac
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from realtime.settings.schema import ControlSettings
from realtime.web import security
from realtime.web.server import Server
from tests.realtime.web.conftest import PATIENCE_S, Served
from tests.realtime.web.raw_request import raw

CHANGE = {"scene": {"background": "none"}}


SECRET_READS = (
    *("/api/state", "/api/fields", "/api/cameras", "/api/networks", "/api/stats", "/api/overlay"),
    "/api/backgrounds/beach.jpg/thumbnail",
)


SECRET_VERBS = (
    *(("POST", f"/api/{verb}") for verb in ("settings", "settings/save", "next", "shutter", "start", "stop")),
    ("POST", "/api/ticket"),
    *(("POST", "/api/presets/a/apply"), ("PUT", "/api/presets/a"), ("DELETE", "/api/presets/a")),
    *(("POST", "/api/backgrounds?name=a.png"), ("DELETE", "/api/backgrounds/a.png")),
)


SOCKETS = ("/api/events", "/api/pictures/overlay", "/api/pictures/preview", "/api/pictures/matte")


def key_of(served: Served) -> str:
    """What a page gets for the token."""
    return str(served.ask("POST", "/api/login", {"token": served.token}, token=None).json["key"])


class TestWithoutTheToken:
    @pytest.mark.parametrize("path", SECRET_READS)
    @pytest.mark.parametrize("token", [None, "wrong", "é"])
    def test_nothing_can_be_read(self, served: Served, path: str, token: str | None) -> None:
        answer = served.ask(
            "GET", path, token=None, headers={"Authorization": f"Bearer {token}".encode().decode("latin-1")}
        )
        assert answer.status == 401
        assert "greenless ctl page" in answer.json["cure"]

    @pytest.mark.parametrize(("method", "path"), SECRET_VERBS)
    def test_nothing_can_be_changed(self, served: Served, method: str, path: str) -> None:
        before = served.session.settings
        assert served.ask(method, path, CHANGE, token=None).status == 401
        assert (served.session.settings, served.session.running, served.session.shutter_closed) == (before, True, False)

    @pytest.mark.parametrize("path", SOCKETS)
    def test_no_picture_and_no_event_comes(self, served: Served, path: str) -> None:
        with (
            pytest.raises(InvalidStatus) as refused,
            connect(f"ws://127.0.0.1:{served.port}{path}", open_timeout=PATIENCE_S),
        ):
            pass
        assert refused.value.response.status_code == 403

    @pytest.mark.parametrize("name", ["Authorization", "Sec-WebSocket-Protocol"])
    @pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "greenless", "greenless, ", "other, {key}", "{key}"])
    def test_a_key_elsewhere_than_behind_its_word_does_not_open(self, served: Served, name: str, value: str) -> None:
        headers = {name: value.format(key=key_of(served))}
        assert served.ask("GET", "/api/state", token=None, headers=headers).status == 401

    @pytest.mark.parametrize(
        "body", [{"token": "wrong"}, {"token": ""}, {"token": None}, {}, [], "x", b"{", b"[" * 50000]
    )
    def test_a_wrong_login_gets_no_key(self, served: Served, body: Any) -> None:
        answer = served.ask("POST", "/api/login", body, token=None)
        assert answer.status == 401
        assert "key" not in answer.json

    def test_the_pages_hold_no_secret(self, served: Served) -> None:
        for path in ("/", "/overlay", "/static/overlay.js", "/static/pictures.js", "/static/access.js"):
            answer = served.ask("GET", path, token=None)
            assert answer.status == 200
            assert served.token.encode() not in answer.content
            assert "set-cookie" not in answer.headers


def old_cookie(served: Served) -> str:
    """The cookie that greenless gave to pages before they had a key: browsers may have it for a year."""
    value = hmac.new(served.token.encode(), b"cookie", hashlib.sha256).hexdigest()
    return f"greenless-{served.port}={value}"


class TestACookieAlone:
    """Browsers send a cookie to every port of 127.0.0.1, so that another user's server can read and replay it."""

    @pytest.fixture(params=["old", "{name}={token}", "{name}={key}", "key={key}; token={token}"])
    def headers(self, served: Served, request: pytest.FixtureRequest) -> dict[str, str]:
        made = request.param.format(name=f"greenless-{served.port}", token=served.token, key=key_of(served))
        cookie = old_cookie(served) if request.param == "old" else made
        return {"Cookie": cookie, "Origin": served.url, "Sec-Fetch-Site": "same-origin"}

    @pytest.mark.parametrize("path", SECRET_READS)
    def test_reads_nothing(self, served: Served, headers: dict[str, str], path: str) -> None:
        answer = served.ask("GET", path, token=None, headers=headers)
        assert answer.status == 401
        assert served.token.encode() not in answer.content

    @pytest.mark.parametrize(("method", "path"), SECRET_VERBS)
    def test_changes_nothing(self, served: Served, headers: dict[str, str], method: str, path: str) -> None:
        before = served.session.settings
        body = {"closed": True} if path == "/api/shutter" else CHANGE
        assert served.ask(method, path, body, token=None, headers=headers).status == 401
        assert (served.session.settings, served.session.running, served.session.shutter_closed) == (before, True, False)

    @pytest.mark.parametrize("path", SOCKETS)
    def test_shows_no_picture_and_no_event(self, served: Served, headers: dict[str, str], path: str) -> None:
        url = f"ws://127.0.0.1:{served.port}{path}"
        with pytest.raises(InvalidStatus) as refused, connect(url, additional_headers=headers, open_timeout=PATIENCE_S):
            pass
        assert refused.value.response.status_code == 403

    def test_is_given_to_nobody(self, served: Served) -> None:
        for method, path, body in (("POST", "/api/login", {"token": served.token}), ("GET", "/api/state", None)):
            assert "set-cookie" not in served.ask(method, path, body).headers


class TestThePagesKey:
    def test_opens_the_api_and_its_sockets(self, served: Served) -> None:
        key = key_of(served)
        assert served.ask("GET", "/api/state", token=key).status == 200
        url = f"ws://127.0.0.1:{served.port}/api/events"
        with connect(url, subprotocols=["greenless", key], open_timeout=PATIENCE_S) as client:  # type: ignore[list-item]
            assert client.subprotocol == "greenless"
            assert json.loads(client.recv(timeout=PATIENCE_S))["event"] == "state"

    @pytest.mark.parametrize("path", SOCKETS)
    @pytest.mark.parametrize("named", [["greenless"], ["greenless", "wrong"], ["other", "{key}"], ["{key}"]])
    def test_opens_no_socket_unless_it_is_right(self, served: Served, path: str, named: list[str]) -> None:
        named = [name.format(key=key_of(served)) for name in named]
        url = f"ws://127.0.0.1:{served.port}{path}"
        with (
            pytest.raises(InvalidStatus) as refused,
            connect(url, subprotocols=named, open_timeout=PATIENCE_S),  # type: ignore[arg-type]
        ):
            pass
        assert refused.value.response.status_code == 403

    def test_is_of_no_use_at_another_port(self, make_served: Callable[..., Served]) -> None:
        """Who takes the port of a run that has ended gets the key from the page that is still open, and no more."""
        one, other = make_served(), make_served()
        assert one.token == other.token
        assert key_of(one) != key_of(other)
        assert other.ask("GET", "/api/state", token=key_of(one)).status == 401

    def test_says_nothing_about_the_token(self, served: Served) -> None:
        assert served.token not in key_of(served)
        assert key_of(served) not in served.token


class TestAnotherPage:
    """A page that the same browser shows, though it had the key."""

    @pytest.mark.parametrize(
        "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost:{port}"]
    )
    @pytest.mark.parametrize("path", ["/api/settings", "/api/login"])
    def test_cannot_change_anything(self, served: Served, origin: str, path: str) -> None:
        headers = {"Origin": origin.format(port=served.port)}
        assert served.ask("POST", path, CHANGE | {"token": served.token}, headers=headers).status == 403
        assert served.session.settings.scene.background == "blur"

    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    def test_cannot_show_a_picture(self, served: Served, site: str) -> None:
        """An image's request tells no origin."""
        assert served.ask("GET", "/api/state", headers={"Sec-Fetch-Site": site}).status == 403

    @pytest.mark.parametrize("path", SOCKETS)
    def test_cannot_open_a_socket(self, served: Served, path: str) -> None:
        headers = {"Authorization": f"Bearer {key_of(served)}", "Origin": "https://evil.example"}
        url = f"ws://127.0.0.1:{served.port}{path}"
        with pytest.raises(InvalidStatus) as refused, connect(url, additional_headers=headers, open_timeout=PATIENCE_S):
            pass
        assert refused.value.response.status_code == 403

    def test_the_own_page_can(self, served: Served) -> None:
        headers = {"Origin": served.url, "Sec-Fetch-Site": "same-origin"}
        assert served.ask("POST", "/api/settings", CHANGE, token=key_of(served), headers=headers).status == 200
        assert served.session.settings.scene.background == "none"

    def test_cannot_frame_ours_nor_keep_its_pictures(self, served: Served) -> None:
        for path in ("/", "/overlay", "/api/state", "/api/nothing"):
            headers = served.ask("GET", path).headers
            policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
            assert (policy["frame-ancestors"], policy["default-src"], policy["script-src"]) == (
                "'none'",
                "'none'",
                "'self'",
            )
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-frame-options"] == "DENY"
            assert headers["cache-control"] == "no-store"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cross-origin-resource-policy"] == "same-origin"
            assert "server" not in headers
            assert "access-control-allow-origin" not in headers


class TestMischief:
    def test_no_trace_of_the_program_comes_out(self, served: Served, caplog: pytest.LogCaptureFixture) -> None:
        served.session.broken = RuntimeError(f"/home/teacher/secret {served.token}")
        answer = served.ask("POST", "/api/settings", CHANGE)
        assert answer.status == 500
        assert answer.json == {"error": "greenless failed to do that", "cure": "See its log"}
        assert "RuntimeError" in caplog.text

    def test_a_socket_that_fails_is_logged_and_the_others_go_on(
        self, served: Served, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise RuntimeError("no more watchers")

        monkeypatch.setattr(served.server.broadcast, "watch", fail)
        headers = {"Authorization": f"Bearer {served.token}"}
        url = f"ws://127.0.0.1:{served.port}/api/pictures/overlay"
        with (
            connect(url, additional_headers=headers, open_timeout=PATIENCE_S) as client,
            pytest.raises(ConnectionClosed),
        ):
            client.recv(timeout=PATIENCE_S)
        assert "no more watchers" in caplog.text
        assert served.ask("GET", "/api/state").status == 200

    @pytest.mark.parametrize(
        "path", ["/static/../security.py", "/static/%2e%2e/security.py", "/static/..%2fsecurity.py"]
    )
    def test_no_other_file_comes_out(self, served: Served, path: str) -> None:
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{served.port}"]
        status, content = raw(served, lines)
        assert status == 404
        assert b"Guard" not in content

    @pytest.mark.parametrize("body", [b"x" * 100_000, b"[" * 60_000, b"[]", b"1", b"", b"\xff\xfe"])
    def test_a_body_that_is_no_change_is_refused(self, served: Served, body: bytes) -> None:
        assert served.ask("POST", "/api/settings", body).status == 400
        assert served.ask("GET", "/api/state").status == 200

    def test_who_may_reach_the_page_cannot_be_changed_from_it(self, served: Served) -> None:
        answer = served.ask("POST", "/api/settings", {"control": {"host": "0.0.0.0"}})
        assert answer.status == 400
        assert served.session.settings.control.host == "127.0.0.1"
        assert "control" not in json.dumps(served.ask("GET", "/api/fields").json[0])

    def test_a_message_that_is_no_number_ends_the_socket_and_nothing_else(self, served: Served) -> None:
        headers = {"Authorization": f"Bearer {served.token}"}
        url = f"ws://127.0.0.1:{served.port}/api/pictures/preview"
        for message in ("x", b"\x00", "9" * 5000, "1" * 70_000):
            with connect(url, additional_headers=headers, open_timeout=PATIENCE_S) as client:
                client.send(message)
                with pytest.raises(ConnectionClosed):
                    client.recv(timeout=PATIENCE_S)
        assert served.ask("GET", "/api/state").status == 200


def test_a_port_that_is_taken_gives_way_to_the_next(greenless_home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with Server(ControlSettings(port=port)) as server:
            assert port < server._socket.getsockname()[1] <= port + 9


def test_the_token_is_compared_in_a_time_that_tells_nothing(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:

    compared = []
    monkeypatch.setattr(security.hmac, "compare_digest", lambda one, other: compared.append((one, other)) or False)
    assert served.ask("GET", "/api/state").status == 401
    assert served.token.encode() in compared[0]
