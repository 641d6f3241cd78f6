"""The page's key in a real Chromium: another port of this machine gets nothing, and the user notices nothing of it."""

import contextlib
import http.client
import json
import select
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.realtime.web.conftest import PATIENCE_S, Served, opened, until
from tests.realtime.web.test_security import CHANGE, SECRET_READS, SECRET_VERBS, SOCKETS

SHOWN = "!document.getElementById('main').hidden && document.documentElement.dataset.shown"
NO_STORAGE = """
Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } });
"""
STOLEN = "JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }])"


@pytest.fixture(scope="module")
def _browser() -> Iterator[Any]:
    with opened("--disable-gpu") as browser:
        yield browser


class Neighbour:
    """A server of another program at another port of 127.0.0.1, which keeps the headers it gets."""

    def __init__(self) -> None:
        self.got: list[dict[str, str]] = []
        got = self.got

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                got.append(dict(self.headers.items()))
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(b"<!doctype html><title>neighbour</title>")

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def neighbour() -> Iterator[Neighbour]:
    server = Neighbour()
    yield server
    server.close()


def test_another_port_of_this_machine_gets_nothing(flowing: Served, chromium: Any, neighbour: Neighbour) -> None:
    """What the browser sends to it is replayed in every way, as if by the page itself."""
    page = chromium.new_page()
    page.goto(f"{flowing.url}/#token={flowing.token}")
    until(page, SHOWN)
    key = page.evaluate("localStorage.getItem('greenless key')")
    page.goto(neighbour.url)
    assert neighbour.got
    sent, stored = json.dumps(neighbour.got), page.evaluate(STOLEN)
    for secret in filter(None, (flowing.token, key)):
        assert secret not in sent
        assert secret not in stored
    stolen = {name: value for got in neighbour.got for name, value in got.items() if name.lower() == "cookie"}
    replayed = {**stolen, "Origin": flowing.url, "Sec-Fetch-Site": "same-origin"}
    before = flowing.session.settings
    for method, path in (*(("GET", path) for path in SECRET_READS), *SECRET_VERBS):
        body = {"closed": True} if path == "/api/shutter" else CHANGE if method != "GET" else None
        answer = flowing.ask(method, path, body, token=None, headers=replayed)
        assert answer.status == 401, path
        assert flowing.token.encode() not in answer.content
    for path in SOCKETS:
        url = f"ws://127.0.0.1:{flowing.port}{path}"
        with (
            pytest.raises(InvalidStatus),
            connect(url, additional_headers=replayed, open_timeout=PATIENCE_S),
        ):
            pass
    assert (flowing.session.settings, flowing.session.shutter_closed, flowing.session.running) == (before, False, True)


def test_another_port_cannot_make_the_browser_ask(flowing: Served, chromium: Any, neighbour: Neighbour) -> None:
    """Cookies of 127.0.0.1 go along with what a page of another port asks of ours."""
    page = chromium.new_page()
    page.goto(f"{flowing.url}/#token={flowing.token}")
    until(page, SHOWN)
    page.goto(neighbour.url)
    said = page.evaluate(
        "async (url) => { const options = { method: 'POST', mode: 'no-cors', credentials: 'include' };"
        "await fetch(url + '/api/stop', options).catch(() => 0);"
        "await fetch(url + '/api/shutter', { ...options, body: '{\"closed\": true}' }).catch(() => 0);"
        "const socket = new WebSocket(url.replace('http', 'ws') + '/api/pictures/preview');"
        "return new Promise((done) => { socket.onopen = () => done('open'); socket.onclose = () => done('closed'); });"
        "}",
        flowing.url,
    )
    assert said == "closed"
    assert (flowing.session.running, flowing.session.shutter_closed) == (True, False)


def test_reload_bookmark_second_tab_and_the_address_again_go_on(flowing: Served, chromium: Any) -> None:
    page = chromium.new_page()
    page.goto(f"{flowing.url}/#token={flowing.token}")
    until(page, SHOWN)
    bookmark = page.url
    assert flowing.token not in bookmark
    page.reload()
    until(page, SHOWN)
    second = chromium.new_page()
    second.goto(bookmark)
    until(second, SHOWN)
    page.close()
    second.close()
    for address in (bookmark, f"{flowing.url}/#token={flowing.token}", f"{flowing.url}/#token=wrong"):
        page = chromium.new_page()
        page.goto(address)
        until(page, SHOWN)
        closed = flowing.session.shutter_closed
        page.click("#shutter")
        until(page, f"document.getElementById('status').textContent === '{'Live' if closed else 'Shutter closed'}'")
        assert flowing.session.shutter_closed is not closed
        page.close()


def test_an_address_with_the_token_is_taken_by_a_page_that_is_there(flowing: Served, chromium: Any) -> None:
    """To open it in the tab that says it has no token loads nothing anew: only what is behind the # differs."""
    page = chromium.new_page()
    page.goto(flowing.url)
    page.wait_for_selector("#problem:not([hidden])")
    assert "greenless ctl page" in page.inner_text("#problem")
    page.goto(f"{flowing.url}/#token={flowing.token}")
    until(page, SHOWN)
    until(page, "document.getElementById('problem').hidden")


@pytest.mark.parametrize("path", ["/", "/overlay"])
def test_where_the_browser_keeps_nothing_the_address_goes_on_working(flowing: Served, chromium: Any, path: str) -> None:
    page = chromium.new_page()
    page.add_init_script(NO_STORAGE)
    page.goto(f"{flowing.url}{path}#token={flowing.token}")
    until(page, "document.documentElement.dataset.shown")
    page.reload()
    until(page, "document.documentElement.dataset.shown")


def test_an_overlay_that_obs_has_saved_goes_on_working(flowing: Served, chromium: Any) -> None:
    """OBS loads the same address each time, and remembers what pages keep, or forgets it."""
    saved = f"{flowing.url}/overlay#token={flowing.token}"
    assert flowing.server.access.overlay == saved
    for _ in range(2):
        page = chromium.new_page()
        page.goto(saved)
        until(page, "document.documentElement.dataset.shown")
        page.evaluate("localStorage.clear()")
        page.close()


def test_pictures_of_backgrounds_are_shown(flowing: Served, chromium: Any, greenless_home: Any) -> None:
    import cv2
    import numpy as np

    folder = greenless_home / "backgrounds"
    folder.mkdir(parents=True)
    cv2.imwrite(str(folder / "beach.png"), np.zeros((90, 160, 3), np.uint8))
    page = chromium.new_page()
    page.goto(f"{flowing.url}/#token={flowing.token}")
    until(page, "document.querySelector('[data-spec$=\"beach.png\"] img')?.naturalWidth === 320")


class Tunnel:
    """As ``ssh -L`` makes it: a port whose connections end at another."""

    def __init__(self) -> None:
        self._over = threading.Event()
        tunnel = self

        class Handler(BaseRequestHandler):
            def handle(self) -> None:
                with socket.create_connection(("127.0.0.1", tunnel.to)) as far:
                    tunnel.carry(self.request, far)

        self.to = 0
        self._server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def carry(self, near: socket.socket, far: socket.socket) -> None:
        """Until one of them ends."""
        with contextlib.suppress(OSError):
            while not self._over.is_set():
                for one in select.select([near, far], [], [], 0.1)[0]:
                    if not (data := one.recv(65536)):
                        return
                    (far if one is near else near).sendall(data)

    def close(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def tunnel() -> Iterator[Tunnel]:
    made = Tunnel()
    yield made
    made.close()


def test_a_tunnel_that_was_named_shows_the_page(
    make_served: Callable[..., Served], chromium: Any, tunnel: Tunnel
) -> None:
    served = make_served(also_at=[f"localhost:{tunnel.port}"])
    tunnel.to = served.port
    [address] = served.server.pages_elsewhere
    assert address == f"http://localhost:{tunnel.port}/#token={served.token}"
    page = chromium.new_page()
    with served.flowing(0.2):
        page.goto(address)
        until(page, SHOWN)
        page.click("#shutter")
        until(page, "document.getElementById('status').textContent === 'Shutter closed'")


def test_a_tunnel_that_was_not_named_says_what_to_type(served: Served, chromium: Any, tunnel: Tunnel) -> None:
    tunnel.to = served.port
    page = chromium.new_page()
    answer = page.goto(f"http://localhost:{tunnel.port}/#token={served.token}")
    assert answer.status == 421
    text = page.inner_text("body")
    assert f"greenless --also-at localhost:{tunnel.port}" in text
    assert f'also_at = ["localhost:{tunnel.port}"]' in text
    assert page.evaluate("getComputedStyle(document.querySelector('pre')).borderRadius") == "8px", "its style is let in"


def test_an_address_of_the_api_says_in_a_browser_where_to_go(served: Served, chromium: Any) -> None:
    page = chromium.new_page()
    assert page.goto(f"{served.url}/api/state").status == 401
    assert "Open the address that greenless ctl page shows." in page.inner_text("body")


@pytest.mark.parametrize("host", ["evil.example", "<script>alert(1)</script>", 'a"b', "x" * 300, "a b", "[::1%<b>]:1"])
def test_a_page_of_refusal_quotes_no_html(served: Served, host: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE_S)
    connection.putrequest("GET", "/", skip_host=True)
    for name, value in (("Host", host), ("Accept", "text/html")):
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    text = answer.read().decode()
    assert answer.status == 421
    assert "script" not in text
    assert '"b' not in text
    assert "<b>" not in text or "<b>evil.example:80</b>" in text
    connection.close()
