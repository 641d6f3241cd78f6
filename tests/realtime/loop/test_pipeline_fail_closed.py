"""The loop fails closed: what the sinks get when a stage dies or hangs, and when the camera is gone or late."""

import threading

import av
import numpy as np
import pytest

from realtime.errors import SourceError, SourceLost
from realtime.loop import delays
from realtime.loop import pipeline as pipeline_module
from realtime.loop.failsafe import PAUSED, WAITING
from realtime.loop.live_source import LiveSource
from realtime.loop.pipeline import Pipeline
from realtime.matting.refine.finish import Finish
from realtime.media.image_file import read_picture
from realtime.media.notice import draw_notice
from realtime.media.video_pixels import upright
from realtime.scene.compose import Scene
from realtime.settings.schema import FinishSettings, SceneSettings
from realtime.sinks import open_sink
from tests.realtime.stand_ins import (
    CAMERA,
    HEIGHT_PX,
    PATIENCE_S,
    ROOM,
    WIDTH_PX,
    Camera,
    Hangs,
    InStep,
    Nobody,
    Room,
    Shown,
    assert_no_camera_pixel,
    is_notice,
    until,
)


@pytest.mark.parametrize(
    ("matter", "scene"),
    [
        (lambda: Nobody(dies=lambda index: index >= 20), Room),
        (Nobody, lambda: Room(fails=lambda index: index >= 20)),
        (lambda: Nobody(dies=lambda index: True), Room),
        (Nobody, lambda: Room(fails=lambda index: True)),
    ],
    ids=["matter dies", "scene dies", "matter never lived", "scene never lived"],
)
def test_no_camera_pixel_reaches_any_sink_when_a_stage_dies(matter, scene, hasty, caplog):
    sinks = [Shown("a"), Shown("b")]
    summary = Pipeline(Camera(frames=60, fps=100.0), matter(), scene(), sinks).run()
    assert_no_camera_pixel(*sinks)
    for sink in sinks:
        assert is_notice(sink.pictures[-1], PAUSED)
        assert (sink.composites[-1].frame.pixels != CAMERA).any()
        assert sink.composites[-1].matte.alpha.max() == 0
        times = [composite.frame.captured_s for composite in sink.composites]
        assert times == sorted(times)
    assert summary.held > 0
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1
    assert len(summary.errors) == 1


def test_the_last_composite_comes_before_the_notice(monkeypatch):
    monkeypatch.setattr(delays, "NOTICE_AFTER_S", 0.15)
    sink = Shown()
    matter = Nobody(dies=lambda index: index >= 5)
    Pipeline(Camera(frames=60, fps=100.0), matter, Room(), [sink]).run()
    kinds = ["notice" if is_notice(picture, PAUSED) else "room" for picture in sink.pictures]
    first = kinds.index("notice")
    assert first > 7
    assert set(kinds[first:]) == {"notice"}
    assert matter.runs > first


def test_a_matter_that_comes_back_is_taken_up_again(hasty):
    sink = Shown()
    matter = Nobody(dies=lambda index: 10 <= index < 40)
    summary = Pipeline(Camera(frames=60, fps=100.0), matter, Room(), [sink]).run()
    assert any(is_notice(picture, PAUSED) for picture in sink.pictures)
    assert (sink.pictures[-1] == ROOM).all()
    assert sink.indices()[-1] == 59
    assert summary.frames + summary.held + summary.dropped == 60


def test_a_matte_of_another_picture_never_reaches_a_sink():
    class Skewed(Nobody):
        def matte_batch(self, frames):
            return super().matte_batch([Camera().__next__()])

    sink = Shown()
    Pipeline(Camera(frames=3), Skewed(), Room(), [sink]).run()
    assert all(is_notice(picture, PAUSED) for picture in sink.pictures)


@pytest.mark.parametrize("first", [0, 5], ids=["from the first picture", "later"])
def test_a_stage_that_hangs_fails_closed_and_is_taken_up_again(first, hasty, monkeypatch, caplog):
    monkeypatch.setattr(delays, "HANGS_AFTER_S", 0.3)
    monkeypatch.setattr(pipeline_module, "_WATCH_S", 0.02)
    sink = Shown()

    def notices():
        return sum(is_notice(picture, PAUSED) for picture in sink.pictures)

    matter = Hangs(first)

    def let_go():
        until(lambda: notices() > 3)
        matter.let_go.set()

    letting_go = threading.Thread(target=let_go)
    letting_go.start()
    Pipeline(Camera(frames=120, fps=100.0), matter, Room(), [sink]).run(seconds=120)
    letting_go.join(PATIENCE_S)
    assert_no_camera_pixel(sink)
    assert not is_notice(sink.pictures[-1], PAUSED)
    said = [record for record in caplog.records if "no frame for" in record.message]
    assert 1 <= len(said) < notices()


def test_while_a_picture_is_long_in_coming_the_last_one_goes_on(monkeypatch):
    monkeypatch.setattr(delays, "REPEAT_AFTER_S", 0.0)
    monkeypatch.setattr(pipeline_module, "_WATCH_S", 0.01)
    monkeypatch.setattr(delays, "HANGS_AFTER_S", 2 * PATIENCE_S)
    sink, matter, seen = Shown(), Hangs(first=5), []

    def let_go():
        assert matter.entered.wait(PATIENCE_S)
        seen.append(len(sink.composites))
        until(lambda: len(sink.composites) > seen[0] + 5)
        seen.append(len(sink.composites))
        matter.let_go.set()

    letting_go = threading.Thread(target=let_go)
    letting_go.start()
    Pipeline(Camera(frames=20, fps=100.0), matter, Room(), [sink]).run(seconds=120)
    letting_go.join(PATIENCE_S)
    kept = sink.composites[seen[0] : seen[1]]
    assert {composite.frame.index for composite in kept} == {kept[0].frame.index}
    assert all((composite.pixels == ROOM).all() for composite in kept)
    assert sink.composites[-1].frame.index > kept[0].frame.index


def test_no_camera_pixel_reaches_a_real_output_when_the_matter_dies(tmp_path, hasty):
    films = ("film.mp4", "alpha.mov")
    size = {"width_px": WIDTH_PX, "height_px": HEIGHT_PX, "fps": 50.0}
    sinks = [open_sink(f"{tmp_path}/{name}", **size, live=True) for name in (*films, "pictures/")]
    scene = Scene(SceneSettings(background="#0a0a0a"))
    matter = Nobody(dies=lambda index: index >= 20)
    Pipeline(Camera(frames=60, fps=50.0), matter, scene, sinks).run()
    shown = {path.name: read_picture(path)[0] for path in (tmp_path / "pictures").iterdir()}
    for name in films:
        with av.open(str(tmp_path / name)) as film:
            shown |= {f"{name} {at}": upright(frame) for at, frame in enumerate(film.decode(video=0))}
    notice = draw_notice(PAUSED, WIDTH_PX, HEIGHT_PX)
    rooms = [name for name, picture in shown.items() if np.abs(picture.astype(int) - ROOM).max() < 8]
    notices = [name for name, picture in shown.items() if np.abs(picture.astype(int) - notice).mean() < 8]
    for output in (*films, "0"):
        assert any(name.startswith(output) for name in rooms)
        assert any(name.startswith(output) for name in notices)
    assert len(rooms) + len(notices) == len(shown)


def test_a_bug_in_a_stage_fails_closed_too(caplog):
    class Broken(Nobody):
        def matte_batch(self, frames):
            return [1 / 0]

    sink = Shown()
    Pipeline(Camera(frames=3), Broken(), Room(), [sink]).run()
    assert all(is_notice(picture, PAUSED) for picture in sink.pictures)
    assert caplog.records[0].exc_info


def test_pictures_flow_while_the_camera_is_gone_and_it_is_taken_up_again(hasty):
    sources = iter([Camera(frames=10, fps=60.0, lost=True), None, None, None, None, Camera(frames=10, fps=60.0)])

    def open_next():
        if (source := next(sources)) is None:
            raise SourceError("no such device")
        return source

    sink = Shown()
    summary = Pipeline(LiveSource(open_next), Nobody(), Room(), [sink]).run(seconds=20)
    assert_no_camera_pixel(sink)
    kinds = "".join("w" if is_notice(picture, WAITING) else "r" for picture in sink.pictures)
    assert kinds.strip("r").strip("w") == ""
    assert "w" in kinds
    assert sink.indices()[-1] == 19
    assert (summary.frames + summary.dropped, summary.held > 3) == (20, True)


def test_a_camera_that_cannot_come_back_ends_the_run():
    sink = Shown()
    with pytest.raises(SourceLost, match="unplugged"):
        Pipeline(Camera(frames=5, lost=True), Nobody(), Room(), [sink]).run(seconds=20)
    assert sink.closed == 1
    assert sink.indices()[-1] == 4


class Late(Finish):
    """Gives each matte with the next one's frame, as a filter that looks one frame ahead does."""

    def __init__(self):
        super().__init__(FinishSettings())
        self._held = None

    def finish(self, coarse):
        matte, self._held = self._held, super().finish(coarse)
        return matte

    def flush(self):
        matte, self._held = self._held, None
        return matte


def test_a_finish_that_delays_loses_no_frame_and_mixes_none(patient):
    sink, matter = Shown(), Nobody()
    summary = Pipeline(InStep(Camera(frames=20), matter), matter, Room(), [sink], finish=Late()).run()
    assert sink.indices() == list(range(20))
    assert all(composite.matte.frame.index == composite.frame.index for composite in sink.composites)
    assert summary.frames == 20


def test_live_the_last_frame_of_a_finish_that_delays_is_sent_too():
    sink = Shown()
    Pipeline(Camera(frames=20, fps=100.0), Nobody(), Room(), [sink], finish=Late()).run()
    assert sink.indices() == sorted(set(sink.indices()))
    assert sink.indices()[-1] == 19


def test_what_a_delay_holds_is_shown_when_the_camera_stops_not_when_it_comes_back(hasty):
    sources = iter([Camera(frames=5, fps=60.0, lost=True), *[None] * 4, Camera(frames=5, fps=60.0)])

    def open_next():
        if (source := next(sources)) is None:
            raise SourceError("no such device")
        return source

    sink = Shown()
    Pipeline(LiveSource(open_next), Nobody(), Room(), [sink], finish=Late()).run(seconds=20)
    notices = [is_notice(picture, WAITING) for picture in sink.pictures]
    assert 4 in sink.indices()[: notices.index(True)]
    came_back = len(notices) - notices[::-1].index(True)
    assert sink.indices()[came_back] >= 5
