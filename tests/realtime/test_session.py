"""A run that is changed while it goes: fakes for camera, network and outputs, real scenes, finish and look."""

import json
import os
import threading
import time

import numpy as np
import pytest

from realtime import assembly, instances, opening, paths, settings_file
from realtime.errors import GreenlessError, MatterError, SceneError, SettingsError, SinkError, SourceError
from realtime.failsafe import SHUTTER_CLOSED, STOPPED, WAITING
from realtime.frame import CoarseMatte, Frame
from realtime.instances import Instance
from realtime.notice import draw_notice
from realtime.scene import compose
from realtime.scene.background import open_background
from realtime.session import Session
from realtime.settings import CameraSettings, SceneSettings, Settings
from realtime.sinks.base import Action

WIDTH_PX, HEIGHT_PX = 64, 48
CAMERA = 200
PATIENCE_S = 60.0


class Camera:
    """A live source that goes on until it is closed."""

    fps, live = 50.0, True

    def __init__(self, name, shade=CAMERA):
        self.name, self.shade = name, shade
        self.closed = threading.Event()
        self._index = -1

    def __iter__(self):
        return self

    def __next__(self):
        if self.closed.wait(1 / self.fps):
            raise StopIteration
        self._index += 1
        pixels = np.full((HEIGHT_PX, WIDTH_PX, 3), self.shade, np.uint8)
        return Frame(pixels=pixels, index=self._index, captured_s=time.perf_counter())

    def close(self):
        self.closed.set()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


class Half:
    """A network that takes the left half for the person."""

    def __init__(self, name):
        self.name = name
        self.closed = 0

    def matte_batch(self, frames):
        assert not self.closed
        alpha = np.zeros((6, 8), np.float32)
        alpha[:, :4] = 1
        return [CoarseMatte(alpha=alpha, frame=frame) for frame in frames]

    def close(self):
        self.closed += 1


class Shown:
    """A sink that keeps what it was shown."""

    def __init__(self, name):
        self.name = name
        self.closed = 0
        self.pictures = []

    def send(self, composite):
        assert not self.closed
        self.pictures.append(composite.pixels.copy())

    def close(self):
        self.closed += 1

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


class World:
    """What was opened, and what cannot be."""

    def __init__(self):
        self.cameras, self.matters, self.sinks = [], [], {}
        self.missing = {}
        self.loading = threading.Event()
        self.loading.set()

    def open_source(self, spec, camera):
        self._raise(spec)
        self.cameras.append(Camera(f"{spec} {camera.camera}"))
        return self.cameras[-1]

    def open_matter(self, settings, **size):
        self._raise(settings.weights)
        assert self.loading.wait(PATIENCE_S)
        self.matters.append(Half(settings.weights))
        return self.matters[-1]

    def open_sink(self, spec, **size):
        self._raise(spec)
        self.sinks[spec] = Shown(spec)
        return self.sinks[spec]

    def _raise(self, name):
        if name in self.missing:
            raise self.missing[name]


@pytest.fixture
def world(monkeypatch):
    world = World()
    monkeypatch.setattr(opening, "open_source", world.open_source)
    monkeypatch.setattr(opening, "open_sink", world.open_sink)
    monkeypatch.setattr(assembly, "open_matter", world.open_matter)
    return world


@pytest.fixture
def path(tmp_path):
    return tmp_path / "settings.toml"


@pytest.fixture
def session(world, path):
    """A session that runs, with one picture out."""
    path.write_text(
        "[presets.meeting.scene]\nbackground = '#000080'\n[presets.big.look]\nframing_zoom = 3.0\n", encoding="utf-8"
    )
    settings = Settings(sink=("null",), scene=SceneSettings(background="#00ff00"))
    with Session(settings, path=path) as session:
        thread = threading.Thread(target=session.run)
        thread.start()
        until(lambda: session.latest())
        yield session
        session.quit()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def until(condition):
    """Wait for ``condition``."""
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s, "it never came"
        time.sleep(0.01)


def behind(session):
    """The colour behind the person in the newest picture, BGR."""
    return session.latest().pixels[HEIGHT_PX // 2, -4].tolist()


def is_notice(picture, text):
    return np.array_equal(picture, draw_notice(text, WIDTH_PX, HEIGHT_PX))


def test_a_change_of_the_background_is_seen_and_nothing_else_is_opened_again(session, world):
    after = session.change({"scene": {"background": "#ff0000"}})
    assert after == session.settings
    assert after.scene.background == "#ff0000"
    until(lambda: behind(session) == [0, 0, 255])
    assert (len(world.cameras), len(world.matters), len(world.sinks)) == (1, 1, 1)


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
    assert [camera.closed.is_set() for camera in world.cameras] == [True, False]
    world.cameras[1].shade = 30
    until(lambda: session.latest().frame.pixels.max() == 30)
    assert session.stats()["source"] == "camera 1"


def test_everything_can_be_changed_before_the_run_begins_too(world, path):
    with Session(Settings(sink=("null",)), path=path) as session:
        session.change({"camera": {"camera": "1"}, "scene": {"background": "#ff0000"}, "sink": ["film"]})
        session.shutter(True)
        until(lambda: world.cameras[0].closed.is_set())
        thread = threading.Thread(target=session.run)
        thread.start()
        until(lambda: world.sinks["film"].pictures)
        assert is_notice(session.latest().pixels, SHUTTER_CLOSED)
        session.shutter(False)
        until(lambda: behind(session) == [0, 0, 255])
        session.quit()
        thread.join(PATIENCE_S)
    assert all(is_notice(picture, SHUTTER_CLOSED) for picture in world.sinks["film"].pictures[:1])


def test_sinks_come_and_go_and_those_that_stay_are_not_touched(session, world):
    session.change({"sink": ["null", "film"]})
    until(lambda: world.sinks["film"].pictures)
    session.change({"sink": ["film"]})
    assert (world.sinks["null"].closed, world.sinks["film"].closed) == (1, 0)
    shown = len(world.sinks["film"].pictures)
    until(lambda: len(world.sinks["film"].pictures) > shown)


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


def test_changes_from_many_threads_leave_one_whole_state(session):
    faults = []

    def change(shade):
        for _ in range(5):
            try:
                session.change(
                    {"scene": {"background": f"#{shade:02x}0000"}, "look": {"framing_zoom": 1 + shade / 100}}
                )
                session.next_background()
                session.shutter()
                with pytest.raises(SettingsError):
                    session.change({"scene": {"background": "#ffffff", "fit": "bad"}})
                session.stats()
            except GreenlessError as error:
                faults.append(error)

    threads = [threading.Thread(target=change, args=[shade]) for shade in range(10, 50, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert faults == []
    assert not session.shutter_closed  # twenty times the other way
    session.change({"scene": {"background": "#010203"}})
    until(lambda: behind(session) == [3, 2, 1])


def test_behind_a_closed_shutter_no_camera_picture_goes_out_and_the_camera_is_closed(session, world):
    session.shutter(True)
    shown = len(world.sinks["null"].pictures)
    until(lambda: len(world.sinks["null"].pictures) > shown + 5)
    for picture in world.sinks["null"].pictures[shown:]:
        assert is_notice(picture, SHUTTER_CLOSED)
    until(lambda: world.cameras[0].closed.is_set())
    assert session.shutter_closed
    session.change({"scene": {"background": "#ff0000"}})
    session.shutter(False)
    until(lambda: behind(session) == [0, 0, 255])
    assert len(world.cameras) == 2


def test_without_a_word_the_shutter_turns_round(session):
    session.shutter()
    assert session.shutter_closed
    session.shutter()
    assert not session.shutter_closed


def test_a_stopped_run_shows_a_notice_and_goes_on_where_it_was(session, world):
    session.stop()
    assert not session.running
    until(lambda: is_notice(session.latest().pixels, STOPPED))
    until(lambda: world.cameras[0].closed.is_set())
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


def test_the_next_background_goes_round_and_passes_over_what_cannot_be_opened(session, greenless_home):
    folder = greenless_home / "backgrounds"
    folder.mkdir(parents=True)
    (folder / "broken.jpg").touch()
    seen = []
    for _ in range(7):
        try:
            session.next_background()
        except SceneError:
            seen.append("broken")
        else:
            seen.append(session.settings.scene.background)
    assert seen[:6] == ["blur", "#00b140", "#2b3a42", "#e8e4dc", "broken", "#00ff00"]
    assert seen[6] == "blur"


def test_the_keys_of_a_window_do_what_they_say(session):
    session._act(Action.NEXT_BACKGROUND)
    until(lambda: session.settings.scene.background == "blur")
    session._act(Action.SHUTTER)
    until(lambda: session.shutter_closed)


# Presets and the settings file


def test_a_preset_is_a_whole_look(session):
    session.preset("big")
    assert (session.settings.look.framing_zoom, session.settings.scene) == (3.0, SceneSettings())
    session.preset("meeting")
    assert (session.settings.look.framing_zoom, session.settings.scene.background) == (1.8, "#000080")
    assert session.settings.sink == ("null",)
    until(lambda: behind(session) == [128, 0, 0])


def test_a_preset_that_is_saved_brings_the_look_back(session, path):
    session.change({"scene": {"background": "#102030"}, "look": {"framing_zoom": 2.5}})
    session.save_preset("mine")
    look = session.settings
    session.preset("meeting")
    session.preset("mine")
    assert session.settings == look
    assert session.presets() == ["meeting", "big", "mine"]
    session.delete_preset("meeting")
    assert session.presets() == ["big", "mine"]
    with pytest.raises(SettingsError, match="no preset is called 'meeting'"):
        session.preset("meeting")


def test_an_edit_of_the_file_comes_into_effect_and_leaves_the_rest(session, path):
    path.write_text("[scene]\nbackground = '#ff00ff'\n")
    session.reload()
    assert session.settings.scene.background == "#ff00ff"
    assert session.settings.sink == ("null",)
    session.change({"look": {"framing_zoom": 2.0}})
    path.write_text("[scene]\nbackground = '#ffff00'\n")
    session.reload()
    assert (session.settings.scene.background, session.settings.look.framing_zoom) == ("#ffff00", 2.0)


def test_a_faulty_edit_changes_nothing_and_says_which_line_is_wrong(session, path, caplog):
    before = session.settings
    path.write_text("[scene]\nbackground = '#ff00ff'\nfti = 'cover'\n")
    session.reload()
    assert session.settings is before
    assert "settings.toml, line 3: unknown key scene.fti" in caplog.text
    path.write_text("[scene]\nbackground = '#ff00ff'\nfit = 'cover'\n")
    session.reload()
    assert session.settings.scene.background == "#ff00ff"


def test_an_edit_that_cannot_be_opened_is_tried_again_whole_with_the_next_one(session, path, caplog):
    path.write_text("[look]\nframing_zoom = 2.0\n[scene]\nbackground = 'missing.jpg'\n")
    session.reload()
    assert "settings.toml, line 2 or 4: there is no background 'missing.jpg'" in caplog.text
    assert (session.settings.look.framing_zoom, session.settings.scene.background) == (1.8, "#00ff00")
    path.write_text("[look]\nframing_zoom = 2.0\n[scene]\nbackground = '#ff00ff'\n")
    session.reload()
    assert (session.settings.look.framing_zoom, session.settings.scene.background) == (2.0, "#ff00ff")


def test_the_file_is_watched_while_the_run_goes_on(session, path):
    path.write_text("[scene]\nbackground = '#ff00ff'\n")
    until(lambda: behind(session) == [255, 0, 255])


def test_what_is_saved_is_there_at_the_next_start(session, path):
    session.change({"scene": {"background": "#102030"}})
    session.save()
    with Session(settings_file.read(path), path=path) as later:
        assert later.settings.scene.background == "#102030"


def test_what_is_changed_right_after_saving_stays(session):
    session.change({"scene": {"background": "#102030"}})
    session.save()
    session.change({"scene": {"background": "#405060"}})
    session.reload()  # as the watcher does, a second later
    assert session.settings.scene.background == "#405060"


def test_a_second_greenless_names_the_first_that_may_hold_the_camera(world, path, monkeypatch):
    first = Instance(process=4711, holds={"source": ["camera 0"], "sinks": ["virtual-camera"]})
    monkeypatch.setattr(instances, "others", lambda: [first])
    world.missing = {"camera": SourceError("camera 0 is taken", cure="Close the program that has it")}
    with pytest.raises(
        SourceError, match=r"taken\. Another greenless runs, .*: process 4711 \(camera 0, virtual-camera\)"
    ):
        Session(Settings(sink=("null",)), path=path)
    world.missing = {"virtual-camera:2": SinkError("it is taken"), "null": SinkError("no")}
    with pytest.raises(SinkError, match=r"taken\. Another greenless runs, .*: process 4711"):
        Session(Settings(sink=("virtual-camera:2",)), path=path)
    with pytest.raises(SinkError, match=r"^no$"):
        Session(Settings(sink=("null",)), path=path)


def test_others_are_told_what_this_one_holds(session):
    notes = paths.instances_folder() / f"{os.getpid()}.json"
    assert json.loads(notes.read_text()) == {"source": ["camera 0"], "sinks": ["null"]}
    session.change({"camera": {"camera": "1"}, "sink": ["film"]})
    assert json.loads(notes.read_text()) == {"source": ["camera 1"], "sinks": ["film"]}


def test_stats_name_who_takes_part_and_how_the_last_seconds_went(session):
    until(lambda: session.stats()["frames"] > 5)
    stats = session.stats()
    assert (stats["source"], stats["matter"], stats["sinks"]) == ("camera 0", "greenless-lite", ("null",))
    assert stats["recent"]["fps"] > 0
    assert stats["recent"]["stages"].keys() >= {"capture", "infer", "finish", "scene", "null"}
    assert stats["recent"]["age"]["p95_ms"] >= stats["recent"]["age"]["p50_ms"] > 0


def test_what_cannot_be_opened_at_the_start_closes_what_was(world, path):
    world.missing = {"film": SinkError("no film")}
    with pytest.raises(SinkError, match="no film"):
        Session(Settings(sink=("null", "film")), path=path)
    assert world.cameras[0].closed.is_set()
    assert (world.matters[0].closed, world.sinks["null"].closed) == (1, 1)


def test_on_demand_closes_the_camera_until_somebody_watches(session, world, monkeypatch):
    for name in ("LOOK_S", "WAKE_S", "LINGER_S"):
        monkeypatch.setattr(f"realtime.on_demand.{name}", 0.01)
    sink = world.sinks["null"]
    sink.watched = lambda: False
    session.change({"camera": {"on_demand": True}})
    until(lambda: world.cameras[0].closed.is_set())
    shown = len(sink.pictures)
    until(lambda: len(sink.pictures) > shown + 5)
    assert len(world.cameras) == 1
    assert session.running
    sink.watched = lambda: True
    until(lambda: len(world.cameras) == 2)
    sink.watched = lambda: False
    until(lambda: world.cameras[1].closed.is_set())
    session.change({"camera": {"on_demand": False}})
    until(lambda: len(world.cameras) == 3)
    until(lambda: behind(session) == [0, 255, 0])
    assert not world.cameras[2].closed.is_set()


def test_on_demand_no_preview_opens_of_itself(world, path, monkeypatch):
    monkeypatch.setattr(opening, "has_display", lambda: True)
    for on_demand, sinks in ((False, {"virtual-camera", "preview"}), (True, {"virtual-camera"})):
        world.sinks = {}
        with Session(Settings(camera=CameraSettings(on_demand=on_demand)), path=path):
            assert world.sinks.keys() == sinks


def test_a_closed_shutter_may_show_the_background_alone_but_never_the_room(session):
    session.change({"look": {"shutter": "background"}})
    session.shutter(True)
    until(lambda: (session.latest().pixels == [0, 255, 0]).all())
    session.change({"scene": {"background": "#ff0000"}})
    until(lambda: (session.latest().pixels == [0, 0, 255]).all())
    session.change({"scene": {"background": "blur"}})
    until(lambda: is_notice(session.latest().pixels, SHUTTER_CLOSED))


def test_a_small_person_stands_before_a_background_of_its_own_only(session):
    session.change({"look": {"person_size": 0.5}})
    until(lambda: session.latest().pixels[0, 0].tolist() == [0, 255, 0])
    session.change({"scene": {"background": "none"}})
    until(lambda: (session.latest().pixels == CAMERA).all())
