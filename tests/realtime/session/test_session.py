"""A run that is changed while it goes: stand-ins for camera, network and outputs, real scenes, finish and look."""

import json
import os
import threading

import pytest
from PIL import Image

from realtime.errors import GreenlessError, SceneError, SettingsError
from realtime.loop.failsafe import SHUTTER_CLOSED
from realtime.session.session import Session
from realtime.settings import paths
from realtime.settings.schema import Settings
from realtime.sinks.base import Action
from tests.realtime.stand_ins import CAMERA, PATIENCE_S, behind, is_notice, running, until


def test_a_change_of_the_background_is_seen_and_nothing_else_is_opened_again(session, world):
    after = session.change({"scene": {"background": "#ff0000"}})
    assert after == session.settings
    assert after.scene.background == "#ff0000"
    until(lambda: behind(session) == [0, 0, 255])
    assert (len(world.cameras), len(world.matters), len(world.sinks)) == (1, 1, 1)


def test_a_logo_comes_and_goes_in_every_sink_and_with_presets(session, world, tmp_path):
    Image.new("RGB", (6, 4), (255, 0, 0)).save(tmp_path / "logo.png")

    def corner(name):
        return world.sinks[name].pictures[-1][-2, -3].tolist()

    session.change({"sink": ["null", "film"]})
    until(lambda: world.sinks["film"].pictures)
    session.change({"scene": {"overlay": f"{tmp_path / 'logo.png'}:1.0,1.0"}})
    until(lambda: corner("null") == corner("film") == [0, 0, 255])
    session.save_preset("with logo")
    session.preset("meeting")
    until(lambda: corner("film") == [128, 0, 0])
    with pytest.raises(SceneError, match="cannot read the overlay"):
        session.change({"scene": {"overlay": "gone.png"}})
    assert session.settings.scene.overlay == ""
    session.preset("with logo")
    until(lambda: corner("null") == corner("film") == [0, 0, 255])


def test_everything_can_be_changed_before_the_run_begins_too(world, path):
    with Session(Settings(sink=("null",)), path=path) as session:
        session.change({"camera": {"camera": "1"}, "scene": {"background": "#ff0000"}, "sink": ["film"]})
        session.shutter(True)
        until(lambda: world.cameras[0].closed)
        with running(session):
            until(lambda: world.sinks["film"].pictures)
            assert is_notice(session.latest().pixels, SHUTTER_CLOSED)
            session.shutter(False)
            until(lambda: behind(session) == [0, 0, 255])
    assert all(is_notice(picture, SHUTTER_CLOSED) for picture in world.sinks["film"].pictures[:1])


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


def test_the_next_background_is_the_one_after_that_which_is_shown(session):
    session.next_background()
    session.change({"scene": {"background": "#2b3a42"}})
    session.next_background()
    assert session.settings.scene.background == "#e8e4dc"
    session.change({"scene": {"background": "#123456"}})
    session.next_background()
    assert session.settings.scene.background == "#00ff00"


def test_the_keys_of_a_window_do_what_they_say(session):
    session._act(Action.NEXT_BACKGROUND)
    until(lambda: session.settings.scene.background == "blur")
    session._act(Action.SHUTTER)
    until(lambda: session.shutter_closed)


def test_others_learn_what_this_one_holds(session):
    notes = paths.instances_folder() / f"{os.getpid()}.json"
    assert json.loads(notes.read_text()) == {"source": ["camera 0"], "sinks": ["null"]}
    session.change({"camera": {"camera": "1"}, "sink": ["film"]})
    assert json.loads(notes.read_text()) == {"source": ["camera 1"], "sinks": ["film"]}


def test_stats_name_who_takes_part_and_how_the_last_seconds_went(session):
    session.change({"matting": {"governor": False}})  # on a busy machine it adds its level to the name of the matter
    until(lambda: session.stats()["frames"] > 5)
    stats = session.stats()
    assert (stats["source"], stats["matter"], stats["sinks"]) == ("camera 0", "greenless-lite", ("null",))
    assert stats["recent"]["fps"] > 0
    assert stats["recent"]["stages"].keys() >= {"capture", "infer", "finish", "scene", "null"}
    assert stats["recent"]["age"]["p95_ms"] >= stats["recent"]["age"]["p50_ms"] > 0


def test_a_small_person_stands_before_a_background_of_its_own_only(session):
    session.change({"look": {"person_size": 0.5}})
    until(lambda: session.latest().pixels[0, 0].tolist() == [0, 255, 0])
    session.change({"scene": {"background": "none"}})
    until(lambda: (session.latest().pixels == CAMERA).all())
