"""A change that hangs for ever, in a real session behind a real server: the shutter closes all the same."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from realtime.loop.failsafe import SHUTTER_CLOSED, STOPPED
from realtime.session.session import Session
from realtime.settings.schema import ControlSettings
from realtime.web.server import Server
from tests.realtime.stand_ins import behind, is_held, is_notice, until
from tests.realtime.web.conftest import PATIENCE_S, Served
from tests.realtime.web.raw import Request, answers
from tests.realtime.web.test_api import listen

QUEUED = 40


@pytest.fixture
def held_up(session: Session, world: Any, greenless_home: object) -> Iterator[Served]:
    """A change hangs, and forty more wait for it."""
    with Server(ControlSettings(port=0)) as server, ExitStack() as opened:
        server.serve(session)
        served = Served(server, session)  # type: ignore[arg-type]
        world.loading.clear()
        requests = [opened.enter_context(Request(served)) for _ in range(QUEUED + 1)]
        requests[0].post("/api/settings", {"matting": {"weights": "hangs"}})
        for number, request in enumerate(requests[1:]):
            request.post("/api/settings", {"scene": {"background": f"#0000{number:02x}"}})
        until(lambda: is_held(session._changing))
        yield served
        world.loading.set()
        assert len(list(answers(requests))) == QUEUED + 1
        assert session.settings.scene.background == f"#0000{QUEUED - 1:02x}"


def test_the_shutter_closes_by_the_api_at_once(held_up: Served, session: Session, world: Any) -> None:
    pictures = world.sinks["null"].pictures
    with listen(held_up, "/api/events") as events:
        for verb, body, notice in (("shutter", {"closed": True}, SHUTTER_CLOSED), ("stop", None, STOPPED)):
            answer = held_up.ask("POST", f"/api/{verb}", body)
            shown = len(pictures)
            assert answer.status == 200
            assert (answer.json["shutter_closed"], answer.json["running"]) == (verb == "shutter", verb != "stop")
            until(lambda before=shown: len(pictures) > before + 5)
            assert all(is_notice(picture, notice) for picture in pictures[shown:])
            until(lambda: world.cameras[-1].closed)
            assert_told(events, answer.json["revision"])
            undone = held_up.ask("POST", "/api/start" if verb == "stop" else "/api/shutter", {"closed": False})
            assert (undone.json["shutter_closed"], undone.json["running"]) == (False, True)
            until(lambda: behind(session) == [0, 255, 0])


def assert_told(events: Any, revision: int) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        message = json.loads(events.recv(timeout=PATIENCE_S))
        if message["event"] == "state" and message["state"]["revision"] >= revision:
            return
    raise AssertionError(f"revision {revision} was not told")


def test_the_shutter_closes_by_its_object_at_once(held_up: Served, session: Session, world: Any) -> None:
    session.shutter(True)
    pictures = world.sinks["null"].pictures
    shown = len(pictures)
    until(lambda: len(pictures) > shown + 5)
    assert all(is_notice(picture, SHUTTER_CLOSED) for picture in pictures[shown:])
    assert held_up.ask("GET", "/api/state").json["shutter_closed"]


@pytest.mark.slow
def test_all_that_changes_nothing_is_answered(held_up: Served) -> None:
    for path in ("/", "/api/state", "/api/fields", "/api/stats", "/api/networks", "/api/overlay"):
        assert held_up.ask("GET", path).status == 200
