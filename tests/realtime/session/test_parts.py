"""The parts of a run, and how others take their place: stand-ins for camera, network and outputs, real scenes."""

import threading

import pytest

from realtime.errors import MatterError, SceneError, SettingsError, SinkError, SourceError
from realtime.loop.failsafe import WAITING
from realtime.scene import compose
from realtime.scene.background import open_background
from realtime.session import instances, open_parts
from realtime.session.session import Session
from realtime.settings.schema import CameraSettings, Settings
from tests.realtime.stand_ins import HEIGHT_PX, PATIENCE_S, Hangs, behind, is_notice, until


def test_a_new_network_takes_over_when_it_is_loaded_and_the_old_one_goes_on_until_then(session, world):
    world.loading.clear()
    changing = threading.Thread(target=session.change, args=[{"matting": {"weights": "other"}}])
    changing.start()
    shown = len(world.sinks["null"].pictures)
    until(lambda: len(world.sinks["null"].pictures) > shown + 5)
    assert session.stats()["matter"] == "greenless-lite"
    world.loading.set()
    changing.join(PATIENCE_S)
    assert session.stats()["matter"] == "other"
    until(lambda: world.matters[0].closed)
    assert [matter.closed for matter in world.matters] == [1, 0]


def test_another_camera_takes_the_place_of_the_one_before(session, world):
    session.change({"camera": {"camera": "1"}})
    assert [bool(camera.closed) for camera in world.cameras] == [True, False]
    world.cameras[1].shade = 30
    until(lambda: session.latest().frame.pixels.max() == 30)
    assert session.stats()["source"] == "camera 1"


def test_no_camera_is_seen_before_the_background_of_another(session, world, monkeypatch):
    swap, order = session._parts.pipeline.chain.swap, []
    monkeypatch.setattr(session._parts.pipeline.chain, "swap", lambda **new: (order.append("scene"), swap(**new)))
    slot = session._parts.pipeline.source
    fill = slot.set
    monkeypatch.setattr(slot, "set", lambda source: (order.append(source is not None), fill(source)))
    session.change({"camera": {"camera": "1"}, "scene": {"background": "none"}})
    assert order == [False, "scene", True]


def test_what_hangs_with_the_old_background_is_not_sent_with_the_new_one(session, world, monkeypatch):
    hangs = Hangs()
    session._parts.pipeline.chain.swap(matter=hangs)
    try:
        assert hangs.entered.wait(PATIENCE_S)
        session.change({"scene": {"background": "#ff0000"}})
        shown = len(world.sinks["null"].composites)
    finally:
        hangs.let_go.set()
    until(lambda: behind(session) == [0, 0, 255])
    behind_them = [c.pixels[HEIGHT_PX // 2, -4].tolist() for c in world.sinks["null"].composites[shown:]]
    assert [0, 255, 0] not in behind_them


def test_sinks_come_and_go_and_those_that_stay_are_not_touched(session, world):
    session.change({"sink": ["null", "film"]})
    until(lambda: world.sinks["film"].pictures)
    session.change({"sink": ["film"]})
    assert (world.sinks["null"].closed, world.sinks["film"].closed) == (1, 0)
    shown = len(world.sinks["film"].pictures)
    until(lambda: len(world.sinks["film"].pictures) > shown)


def test_a_sink_that_failed_is_opened_again_by_the_same_setting_and_by_no_other(session, world):
    session.change({"sink": ["null", "film"]})
    failed = world.sinks["film"]
    failed.fails_at = 0
    until(lambda: failed.closed)
    until(lambda: session.stats()["sinks"] == ("null",))
    session.change({"scene": {"background": "#ff0000"}})
    assert world.sinks["film"] is failed
    world.missing = {"film": SinkError("the disk is full still")}
    with pytest.raises(SinkError, match="full still"):
        session.change({"sink": ["null", "film"]})
    world.missing = {}
    session.change({"sink": ["null", "film"]})
    until(lambda: world.sinks["film"] is not failed and world.sinks["film"].pictures)
    assert not world.sinks["null"].closed


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scene": {"background": "#0000ff", "fit": "zoom"}}, SettingsError),
        ({"scene": {"backgruond": "#0000ff"}}, SettingsError),
        ({"scene": {"background": "missing.jpg"}}, SceneError),
        ({"scene": {"background": "#0000ff"}, "matting": {"weights": "missing"}}, MatterError),
        ({"scene": {"background": "#0000ff"}, "sink": ["film", "missing"]}, SinkError),
        ({"scene": {"background": "#0000ff"}, "source": "missing"}, SourceError),
    ],
)
def test_a_faulty_change_changes_nothing(session, world, changes, error):
    world.missing = {"missing": error("it is not there")}
    before = session.settings
    with pytest.raises(error):
        session.change(changes)
    assert session.settings is before
    shown = len(world.sinks["null"].pictures)
    until(lambda: len(world.sinks["null"].pictures) > shown + 2)
    assert behind(session) == [0, 255, 0]
    assert session.stats()["source"] == "camera 0"
    assert "film" not in world.sinks or world.sinks["film"].closed


def test_a_source_that_cannot_be_opened_again_either_is_waited_for(session, world):
    world.missing = {"missing": SourceError("no such source"), "camera": SourceError("unplugged")}
    before = session.settings
    with pytest.raises(SourceError, match="no such source"):
        session.change({"source": "missing"})
    assert session.settings is before
    until(lambda: is_notice(session.latest().pixels, WAITING))
    world.missing = {}
    session.change({"scene": {"background": "#ff0000"}})
    until(lambda: behind(session) == [0, 0, 255])


def test_a_background_that_stays_is_not_opened_again(session, monkeypatch):
    opened = []
    monkeypatch.setattr(compose, "open_background", lambda *spec: opened.append(spec) or open_background(*spec))
    session.change({"scene": {"background": "#ff0000"}})
    session.change({"scene": {"light_wrap": 0.5}})
    session.change({"quality": "fast"})
    assert opened == [("#ff0000", "cover")]
    until(lambda: behind(session) == [0, 0, 255])


def test_what_cannot_be_opened_at_the_start_closes_what_was(world, path):
    world.missing = {"film": SinkError("no film")}
    with pytest.raises(SinkError, match="no film"):
        Session(Settings(sink=("null", "film")), path=path)
    assert world.cameras[0].closed
    assert (world.matters[0].closed, world.sinks["null"].closed) == (1, 1)


def test_on_demand_closes_the_camera_until_somebody_watches(session, world, monkeypatch):
    for name in ("LOOK_S", "WAKE_S", "LINGER_S"):
        monkeypatch.setattr(f"realtime.loop.delays.{name}", 0.01)
    sink = world.sinks["null"]
    sink.watched = lambda: False
    session.change({"camera": {"on_demand": True}})
    until(lambda: world.cameras[0].closed)
    shown = len(sink.pictures)
    until(lambda: len(sink.pictures) > shown + 5)
    assert len(world.cameras) == 1
    assert session.running
    sink.watched = lambda: True
    until(lambda: len(world.cameras) == 2)
    sink.watched = lambda: False
    until(lambda: world.cameras[1].closed)
    session.change({"camera": {"camera": "1"}})
    assert len(world.cameras) == 2
    session.change({"camera": {"on_demand": False}})
    until(lambda: len(world.cameras) == 3)
    assert world.cameras[2].name == "camera 1"
    until(lambda: behind(session) == [0, 255, 0])
    assert not world.cameras[2].closed


def test_on_demand_a_camera_that_comes_after_a_file_stays_closed_until_somebody_watches(session, world, monkeypatch):
    for name in ("LOOK_S", "WAKE_S", "LINGER_S"):
        monkeypatch.setattr(f"realtime.loop.delays.{name}", 0.01)
    world.sinks["null"].watched = lambda: False
    session.change({"source": "film", "camera": {"on_demand": True}})
    until(lambda: world.cameras[1].closed)
    session.change({"source": "camera"})
    assert [camera.name for camera in world.cameras] == ["camera 0", "film 0"]
    world.sinks["null"].watched = lambda: True
    until(lambda: len(world.cameras) == 3)


def test_the_framing_goes_on_when_the_background_becomes_the_room(session):
    session.change({"look": {"framing": True, "framing_zoom": 2.0}})
    framing = session._parts.look._framing
    session.change({"scene": {"background": "blur"}})
    session.change({"look": {"framing_zoom": 1.5}})
    assert session._parts.pipeline.chain._stages.look is session._parts.look
    assert session._parts.look._framing is framing


def test_on_demand_no_preview_opens_of_itself(world, path, monkeypatch):
    monkeypatch.setattr(open_parts, "has_display", lambda: True)
    for on_demand, sinks in ((False, {"virtual-camera", "preview"}), (True, {"virtual-camera"})):
        world.sinks = {}
        with Session(Settings(camera=CameraSettings(on_demand=on_demand)), path=path):
            assert world.sinks.keys() == sinks


def test_a_second_greenless_names_the_first_that_may_hold_the_camera(world, path, monkeypatch):
    first = {"source": ["camera 0"], "sinks": ["virtual-camera"]}
    monkeypatch.setattr(instances, "others", lambda: {4711: first})
    world.missing = {"camera": SourceError("camera 0 is taken", cure="Close the program that has it")}
    with pytest.raises(
        SourceError, match=r"taken\. Another greenless may hold it: process 4711 \(camera 0, virtual-camera\)"
    ):
        Session(Settings(sink=("null",)), path=path)
    world.missing = {"virtual-camera:2": SinkError("it is taken"), "null": SinkError("no")}
    with pytest.raises(SinkError, match=r"taken\. Another greenless may hold it: process 4711"):
        Session(Settings(sink=("virtual-camera:2",)), path=path)
    with pytest.raises(SinkError, match=r"^no$"):
        Session(Settings(sink=("null",)), path=path)
