"""A run, its presets and its settings file, which is watched."""

from dataclasses import replace

import pytest

from realtime.errors import MatterError, SettingsError, SinkError
from realtime.session.session import Session
from realtime.settings import file as settings_file
from realtime.settings.schema import CameraSettings, ControlSettings, SceneSettings, Settings
from tests.realtime.stand_ins import behind, until


def test_a_preset_is_a_whole_look(session):
    session.preset("big")
    assert (session.settings.look.framing_zoom, session.settings.scene) == (3.0, SceneSettings())
    session.preset("meeting")
    assert (session.settings.look.framing_zoom, session.settings.scene.background) == (1.8, "#000080")
    assert session.settings.sink == ("null",)
    until(lambda: behind(session) == [128, 0, 0])


def test_the_preset_in_effect_is_named(session):
    assert session.current_preset() == ""
    session.preset("meeting")
    assert session.current_preset() == "meeting"
    session.change({"camera": {"flip": True}})  # no part of a look
    assert session.current_preset() == "meeting"
    session.change({"scene": {"background": "#102030"}})
    assert session.current_preset() == ""


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
    with pytest.raises(SettingsError, match="there is no preset 'meeting'"):
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
    with Session(settings_file.load(path).settings, path=path) as later:
        assert later.settings.scene.background == "#102030"


def test_what_is_changed_right_after_saving_stays(session):
    session.change({"scene": {"background": "#102030"}})
    session.save()
    session.change({"scene": {"background": "#405060"}})
    session.reload()  # as the watcher does, a second later
    assert session.settings.scene.background == "#405060"


def test_what_only_the_command_line_says_is_not_saved(world, path):
    path.write_text("[scene]\nfit = 'contain'\n[look]\nframing_zoom = 2.5\n")
    file = settings_file.load(path).settings
    said = replace(
        file, camera=CameraSettings(camera="7"), control=ControlSettings(port=9000), quality="best", sink=("null",)
    )
    with Session(replace(said, scene=SceneSettings(background="#ff0000")), path=path) as session:
        session.change({"scene": {"light_wrap": 0.5}, "quality": "fast"})
        session.change({"quality": "best"})
        session.save()
        assert settings_file.load(path).settings == replace(
            file, quality="best", scene=SceneSettings(fit="contain", light_wrap=0.5)
        )
        assert session.settings.control.port == 9000


def test_a_preset_that_is_taken_on_is_saved_whole(session, path):
    session.change({"look": {"framing_zoom": 3.5}})
    session.preset("meeting")
    session.save()
    saved = settings_file.load(path).settings
    assert saved.scene == SceneSettings(background="#000080")
    assert saved.look.framing_zoom == 1.8
    assert saved.sink == ()


def test_a_change_that_failed_is_not_saved(session, world, path):
    world.missing = {"other": MatterError("no such network")}
    with pytest.raises(MatterError):
        session.change({"matting": {"weights": "other"}, "quality": "best"})
    session.save()
    assert settings_file.load(path).settings == Settings()


def test_an_edit_that_must_wait_for_the_next_start_is_reported_and_kept_by_saving(session, path, caplog):
    before = session.settings.control
    path.write_text("[control]\nport = 9000\n[scene]\nbackground = '#ff00ff'\n")
    session.reload()
    assert "control.port takes effect at the next start" in caplog.text
    assert session.stats()["at_next_start"] == ["control.port"]
    assert (session.settings.control, session.settings.scene.background) == (before, "#ff00ff")
    session.save()
    assert settings_file.load(path).settings.control.port == 9000
    path.write_text("[scene]\nbackground = '#ff00ff'\n")
    session.reload()
    assert session.stats()["at_next_start"] == []


def test_a_sink_that_failed_is_opened_again_when_the_file_is_read_again_or_a_preset_is_taken_on(session, world, caplog):
    session.change({"sink": ["null", "film"]})
    for take_on in (session.reload, lambda: session.preset("big")):
        failed = world.sinks["film"]
        failed.fails_at = 0
        until(lambda failed=failed: failed.closed)
        take_on()
        until(lambda failed=failed: world.sinks["film"] is not failed and world.sinks["film"].pictures)
    world.sinks["film"].fails_at = 0
    until(lambda: world.sinks["film"].closed)
    world.missing = {"film": SinkError("the disk is full")}
    session.preset("meeting")
    assert session.settings.scene.background == "#000080"
    assert "the disk is full" in caplog.text
