"""A run, its presets and its settings file, which is watched."""

import pytest

from realtime import settings_file
from realtime.errors import SettingsError
from realtime.session import Session
from realtime.settings import SceneSettings
from tests.realtime.stand_ins import behind, until


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
