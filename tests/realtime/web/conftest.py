"""A server on a fake session, HTTP to it, and a real Chromium."""

import json
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from benchmarks.people.sample import Truth
from realtime.settings.schema import ControlSettings
from realtime.web.server import Server
from tests.realtime.web.fake_session import FakeSession, disc

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SOFTWARE_GL = ("--use-angle=swiftshader", "--enable-unsafe-swiftshader")
WHOLE = {"width": 1280, "height": 860}
PATIENCE_S = 180
"""How long anything may take: no test asks for speed, and the machine may have much else to do."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server said."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class Served:
    """A server, its session, and a way to ask it."""

    def __init__(self, server: Server, session: FakeSession) -> None:
        self.server, self.session = server, session
        self.url = server.access.url
        self.port = int(self.url.rpartition(":")[2])
        self.token = server.access.token

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = "",
        headers: dict[str, str] | None = None,
        timeout_s: float = PATIENCE_S,
    ) -> Answer:
        """One request, with the right token unless another or None is given."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token or self.token}"
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=sent)
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as answer:
                return Answer(status=answer.status, headers=dict(answer.headers), content=answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(status=error.code, headers=dict(error.headers), content=error.read())

    @contextmanager
    def flowing(self, period_s: float = 0.05) -> Iterator[None]:
        """Pictures flow while the block runs."""
        over = threading.Event()

        def flow() -> None:
            while not over.wait(period_s):
                self.session.step(self.server.broadcast)

        thread = threading.Thread(target=flow)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def until(page: Any, expression: str) -> None:
    """Wait until a JavaScript expression is true on the page; one that fails, say at what is not there yet, is not.
    Playwright's own way asks for eval, which the page's Content-Security-Policy forbids."""
    from playwright.sync_api import Error

    end_s, said = time.monotonic() + PATIENCE_S, ""
    while True:
        try:
            if page.evaluate(expression):
                return
        except Error as error:
            said = f" ({error.message})"
        assert time.monotonic() < end_s, f"after {PATIENCE_S} s it is still false: {expression}{said}"
        page.wait_for_timeout(50)


@pytest.fixture
def make_served(greenless_home: object) -> Iterator[Callable[..., Served]]:
    """Makes servers, and closes them; their cameras see a disc unless other pictures are named."""
    servers: list[Server] = []

    def make(seen: Sequence[Truth] = (), *, host: str = "127.0.0.1", also_at: Sequence[str] = ()) -> Served:
        session = FakeSession(seen or [disc()])
        server = Server(ControlSettings(port=0, host=host, also_at=tuple(also_at)))
        servers.append(server)
        server.serve(session)
        return Served(server, session)

    yield make
    for server in servers:
        server.close()


@pytest.fixture
def served(make_served: Callable[..., Served]) -> Served:
    """A server at a port of its own."""
    return make_served()


@contextmanager
def opened(*arguments: str) -> Iterator[Any]:
    """A real Chromium, a playwright ``Browser``; where there is none the test is skipped."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.skip("no Chromium; on Debian: sudo apt install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright drives Chromium; it is in the group dev")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=program,
            args=["--headless=new", "--no-sandbox", "--disable-gpu-sandbox", *arguments],
            timeout=1000 * PATIENCE_S,
        )
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture
def flowing(served: Served) -> Iterator[Served]:
    """A server whose frames flow, slowly."""
    with served.flowing(0.2):
        yield served


@pytest.fixture(scope="module")  # no longer: playwright holds an event loop in this thread, and others want one
def _browser() -> Iterator[Any]:
    with opened(*SOFTWARE_GL) as browser:
        yield browser


@pytest.fixture
def chromium(_browser: Any) -> Iterator[Any]:
    """A fresh window of a real Chromium: a playwright ``BrowserContext`` with nothing remembered."""
    context = _browser.new_context(viewport={"width": 960, "height": 600})
    context.set_default_timeout(1000 * PATIENCE_S)
    yield context
    context.close()


@pytest.fixture
def send(served: Served) -> Callable[[str, bytes], Answer]:
    return lambda name, data: served.ask("POST", f"/api/backgrounds?name={quote(name)}", data)


@pytest.fixture
def folder(greenless_home: Path) -> Path:
    return greenless_home / "backgrounds"


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """An empty window that nothing may go wrong in: neither an error nor what the page's own policy forbids."""
    page = chromium.new_page()
    page.set_viewport_size(WHOLE)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    assert faults == []
