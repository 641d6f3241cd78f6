"""A change of the settings in its three steps, and who closes what at the end."""

import pytest

from realtime.errors import SourceError
from realtime.session.change import Change
from realtime.session.session import Session
from realtime.settings.schema import Settings
from realtime.settings.tree import laid_over
from tests.realtime.stand_ins import HEIGHT_PX, WIDTH_PX, running, until


def test_nothing_is_replaced_before_the_commit_and_no_sink_closed_before_it_retires(session, world):
    parts, before = session._parts, session.settings
    after = laid_over(before, {"matting": {"weights": "other"}, "sink": ["film"]})
    change = Change(parts, after)
    change.prepare()
    assert parts.settings is before
    assert parts.names() == {"source": "camera 0", "matter": "greenless-lite", "sinks": ("null",)}
    change.commit()
    assert parts.settings is after
    assert parts.names() == {"source": "camera 0", "matter": "other", "sinks": ("film",)}
    assert not world.sinks["null"].closed
    change.retire()
    assert world.sinks["null"].closed == 1
    until(lambda: world.matters[0].closed)
    assert not world.matters[1].closed
    assert not world.sinks["film"].closed


def test_the_trouble_of_a_sink_shows_beside_its_name(session, world):
    world.sinks["null"].trouble = ""
    assert session.names()["sinks"] == ("null",)
    world.sinks["null"].trouble = "not connected: it is gone"
    assert session.names()["sinks"] == ("null (not connected: it is gone)",)


def test_a_camera_is_turned_during_the_run_and_opens_nothing_again(session, world):
    def upright():
        return session.latest().frame.height_px > session.latest().frame.width_px

    session.change({"camera": {"rotate": 90}})
    until(upright)
    assert session.latest().pixels.shape == (WIDTH_PX, HEIGHT_PX, 3)
    session.change({"camera": {"rotate": 180, "flip": True}})
    until(lambda: not upright())
    assert (len(world.cameras), len(world.matters), len(world.sinks)) == (1, 1, 1)
    session.change({"camera": {"camera": "1", "rotate": 270}})
    until(upright)
    assert len(world.cameras) == 2


def test_a_preset_may_turn_the_camera(session, path):
    path.write_text(path.read_text() + "[presets.side.camera]\nrotate = 90\n", encoding="utf-8")
    session.reload()
    session.preset("side")
    assert session.settings.camera.rotate == 90
    until(lambda: session.latest().frame.height_px == WIDTH_PX)


def test_a_change_that_cannot_be_prepared_closes_what_it_opened_and_the_source_comes_back(session, world):
    world.missing = {"missing": SourceError("it is not there")}
    after = laid_over(session.settings, {"matting": {"weights": "other"}, "sink": ["film"], "source": "missing"})
    with pytest.raises(SourceError):
        Change(session._parts, after).prepare()
    assert (world.matters[1].closed, world.sinks["film"].closed) == (1, 1)
    assert (world.matters[0].closed, world.sinks["null"].closed) == (0, 0)
    assert [bool(camera.closed) for camera in world.cameras] == [True, False]


def test_the_end_closes_every_part_once(world, path):
    with Session(Settings(sink=("null", "film")), path=path) as session, running(session):
        until(session.latest)
    assert [part.closed for part in (*world.cameras, *world.matters, *world.sinks.values())] == [1] * 4


def test_a_session_that_never_ran_closes_every_part_once(world, path):
    with Session(Settings(sink=("null",)), path=path):
        pass
    assert [part.closed for part in (*world.cameras, *world.matters, *world.sinks.values())] == [1] * 3
