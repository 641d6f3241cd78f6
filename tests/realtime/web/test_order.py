"""Wishes that come fast: they take effect in the order in which they came, and the last one is what clients show."""

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from realtime.settings.schema import ControlSettings
from realtime.web.server import Server
from tests.realtime.web.conftest import PATIENCE_S, Served
from tests.realtime.web.fake_session import FakeSession, disc
from tests.realtime.web.raw import Request, answers
from tests.realtime.web.test_api import listen

SEQUENCES = 300
SHORTEST, LONGEST = 3, 8


class Slow(FakeSession):
    """Its changes take a while, now more and now less, one at a time."""

    def __init__(self) -> None:
        super().__init__([disc()])
        self._changing = threading.Lock()
        self._takes = random.Random(0)
        self.entered, self.let_go = threading.Event(), threading.Event()
        self.let_go.set()

    def change(self, tables: Any) -> Any:
        with self._changing:
            self.entered.set()
            assert self.let_go.wait(PATIENCE_S)
            time.sleep(self._takes.uniform(0, 0.002))
            settings = super().change(tables)
        time.sleep(self._takes.uniform(0, 0.002))
        return settings


class Client:
    """What a page shows: the newest state of those that reach it, in whatever order."""

    def __init__(self) -> None:
        self.state: Any = {"revision": 0}

    def take(self, state: Any) -> None:
        if state["revision"] >= self.state["revision"]:
            self.state = state


@pytest.fixture
def slow(greenless_home: object) -> Iterator[Served]:
    session = Slow()
    with Server(ControlSettings(port=0)) as server:
        server.serve(session)
        yield Served(server, session)


@pytest.mark.slow
def test_of_300_sequences_the_last_wish_is_in_effect_and_shown(slow: Served) -> None:
    """0 to 10 ms apart, each over a connection of its own; the shutter, among them, closes."""
    wishes = random.Random(0)
    for number in range(SEQUENCES):
        specs = [f"#{number:04x}{place:02x}" for place in range(wishes.randint(SHORTEST, LONGEST))]
        gap_s = wishes.choice([0.0, wishes.uniform(0, 0.01)])
        client = Client()
        with ExitStack() as opened:
            requests = [opened.enter_context(Request(slow)) for _ in specs]
            shutters = [opened.enter_context(Request(slow)) for _ in specs]
            for place, (spec, request, shutter) in enumerate(zip(specs, requests, shutters, strict=True)):
                request.post("/api/settings", {"scene": {"background": spec}})
                shutter.post("/api/shutter", {"closed": place == len(specs) - 1 or wishes.random() < 0.5})
                time.sleep(gap_s)
            for state in answers([*requests, *shutters]):
                client.take(state)
        shown = client.state["settings"]["scene"]["background"], client.state["shutter_closed"]
        in_effect = slow.session.settings.scene.background, slow.session.shutter_closed
        assert in_effect == (specs[-1], True), f"sequence {number}"
        assert shown == (specs[-1], True), f"sequence {number}"


def test_a_page_that_saw_a_change_also_sees_that_it_was_undone(served: Served) -> None:
    """Else a page that took the answer to the change would show it for ever."""
    with listen(served, "/api/events") as events:
        client = Client()
        client.take(next_state(events))
        for _ in range(5):
            with Request(served) as request:
                request.post("/api/settings", {"scene": {"background": "#00ff00"}})
                client.take(request.answer())
                served.session.change({"scene": {"background": "blur"}})
            while client.state["settings"]["scene"]["background"] != "blur":
                client.take(next_state(events))


def next_state(events: Any) -> Any:
    while True:
        message = json.loads(events.recv(timeout=PATIENCE_S))
        if message["event"] == "state":
            return message["state"]


def test_a_state_has_the_same_number_as_long_as_nothing_changes(served: Served) -> None:
    first = served.ask("GET", "/api/state").json
    assert served.ask("GET", "/api/state").json == first
    served.session.save_preset("meeting")
    second = served.ask("GET", "/api/state").json
    assert second["revision"] > first["revision"]
    assert served.ask("POST", "/api/shutter", {"closed": True}).json["revision"] > second["revision"]


def test_a_file_that_is_put_into_the_folder_makes_another_state(served: Served, greenless_home: Any) -> None:
    first = served.ask("GET", "/api/state").json
    (greenless_home / "backgrounds").mkdir(parents=True)
    (greenless_home / "backgrounds" / "wall.png").touch()
    second = served.ask("GET", "/api/state").json
    assert second["revision"] > first["revision"]
    assert "wall.png" in [row["name"] for row in second["backgrounds"]]


@pytest.mark.slow
def test_changes_that_wait_for_one_that_hangs_are_done_in_their_order_or_refused_at_once(slow: Served) -> None:
    session = slow.session
    assert isinstance(session, Slow)
    session.let_go.clear()
    with ExitStack() as opened:
        requests = [opened.enter_context(Request(slow)) for _ in range(80)]
        for place, request in enumerate(requests):
            request.post("/api/settings", {"scene": {"background": f"#0000{place:02x}"}})
            assert session.entered.wait(PATIENCE_S)
        refused = [next(iter(answers([request])))["error"] for request in requests[65:]]
        assert set(refused) == {"64 changes are waiting"}
        session.let_go.set()
        assert len(list(answers(requests[:65]))) == 65
    assert session.settings.scene.background == f"#0000{64:02x}"
