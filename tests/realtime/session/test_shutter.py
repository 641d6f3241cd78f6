"""The shutter of a run, and a run that is stopped: nothing of the camera goes out, and it is closed."""

import random
import threading

import pytest

from realtime.errors import SourceError
from realtime.loop import delays
from realtime.loop.failsafe import SHUTTER_CLOSED, STOPPED, WAITING
from realtime.session.session import Session
from realtime.settings import watch
from realtime.settings.schema import Settings
from tests.realtime.stand_ins import PATIENCE_S, behind, is_held, is_notice, running, until


def test_behind_a_closed_shutter_no_camera_picture_goes_out_and_the_camera_is_closed(session, world):
    session.shutter(True)
    shown = len(world.sinks["null"].pictures)
    until(lambda: len(world.sinks["null"].pictures) > shown + 5)
    for picture in world.sinks["null"].pictures[shown:]:
        assert is_notice(picture, SHUTTER_CLOSED)
    until(lambda: world.cameras[0].closed)
    assert session.shutter_closed
    session.change({"scene": {"background": "#ff0000"}})
    session.shutter(False)
    until(lambda: behind(session) == [0, 0, 255])
    assert len(world.cameras) == 2


def test_without_an_argument_the_shutter_toggles(session):
    session.shutter()
    assert session.shutter_closed
    session.shutter()
    assert not session.shutter_closed


def test_a_stopped_run_shows_a_notice_and_goes_on_where_it_was(session, world):
    session.stop()
    assert not session.running
    until(lambda: is_notice(session.latest().pixels, STOPPED))
    until(lambda: world.cameras[0].closed)
    session.start()
    until(lambda: behind(session) == [0, 255, 0])
    assert session.running


def test_a_shutter_closed_while_stopped_stays_closed_after_the_start(session):
    session.stop()
    session.shutter(True)
    session.start()
    until(lambda: is_notice(session.latest().pixels, SHUTTER_CLOSED))
    session.shutter(False)
    until(lambda: behind(session) == [0, 255, 0])


def test_a_closed_shutter_may_show_the_background_alone_but_never_the_room(session):
    session.change({"look": {"shutter": "background"}})
    session.shutter(True)
    until(lambda: (session.latest().pixels == [0, 255, 0]).all())
    session.change({"scene": {"background": "#ff0000"}})
    until(lambda: (session.latest().pixels == [0, 0, 255]).all())
    session.change({"scene": {"background": "blur"}})
    until(lambda: is_notice(session.latest().pixels, SHUTTER_CLOSED))


def test_behind_a_closed_shutter_another_camera_is_not_even_opened_until_it_is_wanted(session, world):
    session.shutter(True)
    until(lambda: world.cameras[0].closed)
    session.change({"camera": {"camera": "1"}})
    assert session.stats()["source"] == "camera 1 (not open yet)"
    session.change({"camera": {"camera": "2", "fps": 25.0}})
    shown = len(world.sinks["null"].pictures)
    until(lambda: len(world.sinks["null"].pictures) > shown + 5)
    assert len(world.cameras) == 1
    session.shutter(False)
    until(lambda: behind(session) == [0, 255, 0])
    assert [camera.name for camera in world.cameras] == ["camera 0", "camera 2"]
    assert session.stats()["source"] == "camera 2"


def test_a_camera_that_cannot_be_opened_when_it_is_needed_is_reported_and_retried(session, world, caplog):
    session.shutter(True)
    session.change({"camera": {"camera": "1"}})
    world.missing = {"camera": SourceError("camera 1 is busy")}
    session.shutter(False)
    until(lambda: is_notice(session.latest().pixels, WAITING))
    until(lambda: "camera 1 is busy" in caplog.text)
    world.missing = {}
    until(lambda: behind(session) == [0, 255, 0])
    told = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert len([text for text in told if "camera 1 is busy" in text]) == 1


def test_what_is_no_camera_is_opened_at_once_though_the_shutter_is_closed(session, world):
    session.shutter(True)
    world.missing = {"missing.mp4": SourceError("no such file")}
    with pytest.raises(SourceError, match="no such file"):
        session.change({"source": "missing.mp4"})
    session.change({"source": "film.mp4"})
    assert world.cameras[-1].name == "film.mp4 0"
    session.shutter(False)
    until(lambda: behind(session) == [0, 255, 0])


def test_no_change_that_hangs_holds_up_the_shutter(session, world):
    """One hangs for ever, forty more wait for it; the shutter closes and opens, and closed it lets nothing out."""
    world.loading.clear()
    changes = [{"matting": {"weights": "hangs"}}, *({"scene": {"background": f"#0000{n:02x}"}} for n in range(40))]
    asked = []

    def change(tables):
        asked.append(tables)
        session.change(tables)

    threads = [threading.Thread(target=change, args=[tables], daemon=True) for tables in changes]
    threads[0].start()
    until(lambda: is_held(session._changing))
    for thread in threads[1:]:
        thread.start()
    until(lambda: len(asked) == 41)
    for _ in range(5):
        session.shutter(True)
        shown = len(world.sinks["null"].pictures)
        until(lambda before=shown: len(world.sinks["null"].pictures) > before + 5)
        assert all(is_notice(picture, SHUTTER_CLOSED) for picture in world.sinks["null"].pictures[shown:])
        until(lambda: world.cameras[-1].closed)
        session.shutter(False)
        until(lambda: behind(session) == [0, 255, 0])
    session.shutter(True)
    world.loading.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert session.shutter_closed
    assert is_notice(session.latest().pixels, SHUTTER_CLOSED)


def test_a_run_ends_though_a_change_hangs(world, path, monkeypatch, caplog):
    monkeypatch.setattr(delays, "CHANGE_AT_END_S", 0.2)
    monkeypatch.setattr(watch, "_JOIN_S", 0.2)
    reload, reloads = Session.reload, threading.Event()
    monkeypatch.setattr(Session, "reload", lambda session: reloads.set() or reload(session))
    with Session(Settings(sink=("null",)), path=path) as session, running(session):
        until(session.latest)
        world.loading.clear()
        hangs = threading.Thread(target=session.change, args=[{"matting": {"weights": "hangs"}}], daemon=True)
        hangs.start()
        until(lambda: is_held(session._changing))
        path.write_text("[scene]\nbackground = 'blur'\n")  # the watcher waits, too
        until(reloads.is_set)
    assert world.sinks["null"].closed
    assert world.cameras[0].closed
    assert "a change is not finished" in caplog.text
    world.loading.set()
    hangs.join(PATIENCE_S)


def test_close_and_open_from_many_threads_leave_gate_and_notice_at_one(session):
    """Whatever the order: an open valve behind a notice, or the camera behind a closed shutter, is never left."""

    def turn(seed):
        wishes = random.Random(seed)
        for _ in range(20):
            session.shutter(wishes.choice([True, False, None]))

    threads = [threading.Thread(target=turn, args=[seed]) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    if session.shutter_closed:
        assert is_notice(session.latest().pixels, SHUTTER_CLOSED)
    else:
        until(lambda: behind(session) == [0, 255, 0])
    session.shutter(True)
    assert is_notice(session.latest().pixels, SHUTTER_CLOSED)
