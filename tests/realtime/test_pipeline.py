"""The loop with fakes: a camera whose pictures are all 200, a matter that finds nobody, a scene that is all 10.

So every composite is 10 everywhere, and one pixel of 200 in a sink is a camera pixel that got through.
"""

import signal
import threading
import time

import av
import numpy as np
import pytest

from realtime import failsafe, feed
from realtime import pipeline as pipeline_module
from realtime.errors import MatterError, SceneError, SinkError, SourceError, SourceLost
from realtime.failsafe import PAUSED, WAITING
from realtime.film import upright
from realtime.frame import CoarseMatte, Composite, Frame
from realtime.governor import Governor
from realtime.matting.finish import Finish
from realtime.notice import draw_notice
from realtime.picture import read_picture
from realtime.pipeline import Pipeline
from realtime.scene.compose import Scene
from realtime.settings import FinishSettings, MattingSettings, SceneSettings
from realtime.sinks import open_sink
from realtime.sinks.base import Action

CAMERA, ROOM = 200, 10
WIDTH_PX, HEIGHT_PX = 160, 96


class Camera:
    """Gives ``frames`` pictures, ``fps`` a second when it is live; then it ends, or is lost."""

    def __init__(self, frames=10, fps=0.0, lost=False, live=True):
        self.name = "camera"
        self.fps = fps
        self.live = live
        self.given = 0
        self.closed = 0
        self._frames = frames
        self._lost = lost

    def __iter__(self):
        return self

    def __next__(self):
        if self.fps:
            time.sleep(1 / self.fps)
        if self.given == self._frames or self.closed:
            if self._lost:
                raise SourceLost("the camera was unplugged")
            raise StopIteration
        pixels = np.full((HEIGHT_PX, WIDTH_PX, 3), CAMERA, np.uint8)
        self.given += 1
        return Frame(pixels=pixels, index=self.given - 1, captured_s=time.perf_counter())

    def close(self):
        self.closed += 1

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


class Nobody:
    """A matter that finds nobody, until ``dies`` says so of a frame's index."""

    name = "nobody"

    def __init__(self, dies=lambda index: False, takes_s=0.0):
        self.closed = 0
        self.runs = 0
        self._dies = dies
        self._takes_s = takes_s

    def matte_batch(self, frames):
        self.runs += 1
        time.sleep(self._takes_s)
        if any(self._dies(frame.index) for frame in frames):
            raise MatterError("the network died")
        return [CoarseMatte(alpha=np.zeros((12, 20), np.float32), frame=frame) for frame in frames]

    def close(self):
        self.closed += 1


class Room:
    """A scene of one shade, slowly written, so that a swap in the middle would show."""

    def __init__(self, shade=ROOM, fails=lambda index: False, takes_s=0.0):
        self.shade = shade
        self.closed = 0
        self._fails = fails
        self._takes_s = takes_s

    def compose(self, matte):
        if self._fails(matte.frame.index):
            raise SceneError("the background is gone")
        pixels = np.empty_like(matte.frame.pixels)
        for row in pixels:
            row[:] = self.shade
        time.sleep(self._takes_s)
        assert not self.closed
        return Composite(pixels=pixels, matte=matte, foreground=np.zeros_like(pixels))

    def close(self):
        self.closed += 1


class Recorder:
    """Keeps copies of all it gets."""

    def __init__(self, name="recorder", fails_at=None):
        self.name = name
        self.pictures = []
        self.composites = []
        self.closed = 0
        self._fails_at = fails_at

    def send(self, composite):
        if len(self.pictures) == self._fails_at:
            raise SinkError("the disk is full")
        self.composites.append(composite)
        self.pictures.append(composite.pixels.copy())

    def close(self):
        self.closed += 1

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def indices(self):
        return [composite.frame.index for composite in self.composites]


class Window(Recorder):
    """Asks for these actions, one at each pump."""

    def __init__(self, *actions, after=5):
        super().__init__("window")
        self.threads = set()
        self._actions = [None] * after + list(actions)

    def pump(self, stats):
        self.threads.add(threading.current_thread())
        action = self._actions.pop(0) if self._actions else None
        return [action] if action else []


@pytest.fixture
def hasty(monkeypatch):
    """Grace and pauses a tenth as long, so that the tests are short."""
    monkeypatch.setattr(failsafe, "NOTICE_AFTER_S", 0.1)
    monkeypatch.setattr(feed, "FIRST_PAUSE_S", 0.02)


def is_notice(picture, text):
    return np.array_equal(picture, draw_notice(text, WIDTH_PX, HEIGHT_PX))


def assert_no_camera_pixel(*sinks):
    for sink in sinks:
        assert sink.pictures
        for picture in sink.pictures:
            assert not (picture == CAMERA).any() or is_notice(picture, PAUSED) or is_notice(picture, WAITING)


@pytest.mark.parametrize("given", ["open", "function"])
@pytest.mark.parametrize("takes_s", [0.0, 0.002])
def test_without_dropping_every_frame_comes_in_order(given, takes_s):
    camera, sinks = Camera(frames=50, live=False), [Recorder("a"), Recorder("b")]
    source = camera if given == "open" else lambda: camera
    summary = Pipeline(source, Nobody(takes_s=takes_s), Room(), sinks, drop=False).run()
    for sink in sinks:
        assert sink.indices() == list(range(50))
    assert (summary.frames, summary.dropped, summary.held) == (50, 0, 0)
    assert list(summary.stages) == ["capture", "infer", "finish", "scene", "a", "b"]


def test_with_dropping_the_newest_frame_wins_and_the_last_one_is_sent():
    camera, sink = Camera(frames=60, fps=400.0), Recorder()
    summary = Pipeline(camera, Nobody(takes_s=0.02), Room(), [sink], drop=True).run()
    assert sink.indices() == sorted(set(sink.indices()))
    assert sink.indices()[-1] == 59
    assert summary.dropped > 10
    assert summary.frames + summary.dropped == 60
    assert summary.held == 0


def test_everything_is_closed_but_the_matter_which_is_the_callers():
    camera, matter, scene, sink = Camera(), Nobody(), Room(), Recorder()
    Pipeline(camera, matter, scene, [sink], drop=True).run()
    assert (camera.closed, scene.closed, sink.closed, matter.closed) == (1, 1, 1, 0)


@pytest.mark.parametrize("drop", [True, False])
def test_a_source_that_cannot_be_opened_is_an_error_and_the_sinks_are_closed(drop):
    def cannot():
        raise SourceError("no camera 0")

    scene, sink = Room(), Recorder()
    with pytest.raises(SourceError, match="no camera 0"):
        Pipeline(cannot, Nobody(), scene, [sink], drop=drop).run()
    assert (scene.closed, sink.closed, sink.pictures) == (1, 1, [])


def test_a_run_lasts_as_long_as_it_was_told():
    camera = Camera(frames=100_000, fps=200.0)
    summary = Pipeline(lambda: camera, Nobody(), Room(), [Recorder()], drop=True).run(seconds=0.2)
    assert 0.2 <= summary.seconds < 20
    assert summary.frames < 1000
    assert camera.closed == 1


def once_it_shows(sink, act):
    """Act, from a thread of its own, when the sink has a picture."""

    def wait():
        while not sink.pictures:
            time.sleep(0.01)
        act()

    threading.Thread(target=wait, daemon=True).start()


@pytest.mark.parametrize("drop", [True, False])
def test_stop_ends_a_run_from_another_thread(drop):
    pipeline = Pipeline(Camera(frames=100_000, fps=200.0), Nobody(), Room(), [sink := Recorder()], drop=drop)
    once_it_shows(sink, pipeline.stop)
    assert pipeline.run().frames == len(sink.pictures) > 0


@pytest.fixture
def hears_ctrl_c():
    """A shell that starts the tests in the background makes them deaf to Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("hears_ctrl_c")
def test_ctrl_c_ends_a_run_cleanly():
    sink = Recorder()
    pipeline = Pipeline(Camera(frames=100_000, fps=200.0), Nobody(), Room(), [sink], drop=True)
    once_it_shows(sink, lambda: signal.raise_signal(signal.SIGINT))
    assert pipeline.run(seconds=120).seconds < 100
    assert sink.closed == 1


def test_a_blocked_camera_does_not_hold_up_the_end():
    class Blocked(Camera):
        def __init__(self):
            super().__init__()
            self.fps = 0.1
            self.woken = threading.Event()

        def __next__(self):
            if self.given:
                self.woken.wait(20)
                raise SourceLost("closed")
            self.given = 1
            return Frame(pixels=np.full((8, 8, 3), CAMERA, np.uint8), index=0, captured_s=time.perf_counter())

        def close(self):
            super().close()
            self.woken.set()

    summary = Pipeline(camera := Blocked(), Nobody(), Room(), [Recorder()], drop=True).run(seconds=0.1)
    assert summary.seconds < 5
    assert camera.closed == 1


# Fail closed


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
    sinks = [Recorder("a"), Recorder("b")]
    summary = Pipeline(lambda: Camera(frames=60, fps=100.0), matter(), scene(), sinks, drop=True).run()
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
    monkeypatch.setattr(failsafe, "NOTICE_AFTER_S", 0.15)
    sink = Recorder()
    matter = Nobody(dies=lambda index: index >= 5)
    Pipeline(lambda: Camera(frames=60, fps=100.0), matter, Room(), [sink], drop=True).run()
    kinds = ["notice" if is_notice(picture, PAUSED) else "room" for picture in sink.pictures]
    first = kinds.index("notice")
    assert first > 7
    assert set(kinds[first:]) == {"notice"}
    assert matter.runs > first


def test_a_matter_that_comes_back_is_taken_up_again(hasty):
    sink = Recorder()
    matter = Nobody(dies=lambda index: 10 <= index < 40)
    summary = Pipeline(Camera(frames=60, fps=100.0), matter, Room(), [sink], drop=True).run()
    assert any(is_notice(picture, PAUSED) for picture in sink.pictures)
    assert (sink.pictures[-1] == ROOM).all()
    assert sink.indices()[-1] == 59
    assert summary.frames + summary.held + summary.dropped == 60


def test_a_matte_of_another_picture_never_reaches_a_sink():
    class Skewed(Nobody):
        def matte_batch(self, frames):
            return super().matte_batch([Camera().__next__()])

    sink = Recorder()
    Pipeline(lambda: Camera(frames=3), Skewed(), Room(), [sink], drop=True).run()
    assert all(is_notice(picture, PAUSED) for picture in sink.pictures)


@pytest.mark.parametrize("first", [0, 5], ids=["from the first picture", "later"])
def test_a_stage_that_hangs_fails_closed_and_is_taken_up_again(first, hasty, monkeypatch, caplog):
    monkeypatch.setattr(pipeline_module, "_HANGS_S", 0.3)
    monkeypatch.setattr(pipeline_module, "_WAIT_S", 0.02)
    sink = Recorder()

    def notices():
        return sum(is_notice(picture, PAUSED) for picture in sink.pictures)

    class Hangs(Nobody):
        hung = False

        def matte_batch(self, frames):
            if frames[0].index >= first and not self.hung:
                self.hung = True
                while notices() <= 3:
                    time.sleep(0.01)
            return super().matte_batch(frames)

    Pipeline(lambda: Camera(frames=120, fps=100.0), Hangs(), Room(), [sink], drop=True).run(seconds=120)
    assert_no_camera_pixel(sink)
    assert not is_notice(sink.pictures[-1], PAUSED)
    said = [record for record in caplog.records if "no picture for" in record.message]
    assert 1 <= len(said) < notices()


def test_no_camera_pixel_reaches_a_real_output_when_the_matter_dies(tmp_path, hasty):
    films = ("film.mp4", "alpha.mov")
    size = {"width_px": WIDTH_PX, "height_px": HEIGHT_PX, "fps": 50.0}
    sinks = [open_sink(f"{tmp_path}/{name}", **size, live=True) for name in (*films, "pictures/")]
    scene = Scene(SceneSettings(background="#0a0a0a"))
    matter = Nobody(dies=lambda index: index >= 20)
    Pipeline(lambda: Camera(frames=60, fps=50.0), matter, scene, sinks, drop=True).run()
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

    sink = Recorder()
    Pipeline(lambda: Camera(frames=3), Broken(), Room(), [sink], drop=True).run()
    assert all(is_notice(picture, PAUSED) for picture in sink.pictures)
    assert caplog.records[0].exc_info


@pytest.mark.parametrize(
    ("matter", "scene", "error"),
    [
        (Nobody(dies=lambda index: index == 4), Room(), MatterError),
        (Nobody(), Room(fails=lambda index: index == 4), SceneError),
    ],
)
def test_off_line_an_error_ends_the_run_at_once(matter, scene, error):
    sink = Recorder()
    with pytest.raises(error):
        Pipeline(Camera(), matter, scene, [sink], drop=False).run()
    assert sink.indices() == [0, 1, 2, 3]
    assert sink.closed == 1


# A source that dies and comes back


def test_pictures_flow_while_the_camera_is_gone_and_it_is_taken_up_again(hasty):
    sources = iter([Camera(frames=10, fps=60.0, lost=True), None, None, None, None, Camera(frames=10, fps=60.0)])

    def open_next():
        if (source := next(sources)) is None:
            raise SourceError("no such device")
        return source

    sink = Recorder()
    summary = Pipeline(open_next, Nobody(), Room(), [sink], drop=True).run(seconds=20)
    assert_no_camera_pixel(sink)
    kinds = "".join("w" if is_notice(picture, WAITING) else "r" for picture in sink.pictures)
    assert kinds.strip("r").strip("w") == ""
    assert "w" in kinds
    assert sink.indices()[-1] == 19
    assert (summary.frames + summary.dropped, summary.held > 3) == (20, True)


def test_a_camera_that_cannot_come_back_ends_the_run():
    sink = Recorder()
    with pytest.raises(SourceLost, match="unplugged"):
        Pipeline(Camera(frames=5, lost=True), Nobody(), Room(), [sink], drop=True).run(seconds=20)
    assert sink.closed == 1
    assert sink.indices()[-1] == 4


# Sinks


@pytest.mark.parametrize("drop", [True, False])
def test_a_sink_that_fails_leaves_and_the_others_go_on(drop):
    bad, good = Recorder("bad", fails_at=3), Recorder("good")
    summary = Pipeline(Camera(frames=30, fps=200.0), Nobody(), Room(), [bad, good], drop=drop).run()
    assert len(bad.pictures) == 3
    assert good.indices()[-1] == 29
    assert summary.errors == ("bad: the disk is full",)
    assert (bad.closed, good.closed) == (1, 1)


@pytest.mark.parametrize("drop", [True, False])
def test_the_only_sink_that_fails_ends_the_run_with_its_error(drop):
    camera, scene = Camera(frames=100_000, fps=200.0), Room()
    with pytest.raises(SinkError, match="the disk is full"):
        Pipeline(camera, Nobody(), scene, [Recorder(fails_at=3)], drop=drop).run(seconds=20)
    assert (camera.closed, scene.closed) == (1, 1)


# Windows and scenes


def test_a_window_is_pumped_from_the_main_thread_and_can_quit():
    window = Window(Action.QUIT)
    pipeline = Pipeline(Camera(frames=100_000, fps=200.0), Nobody(), Room(), [window], drop=True)
    assert pipeline.run(seconds=20).seconds < 10
    assert window.threads == {threading.main_thread()}
    assert window.closed == 1


def test_what_is_asked_for_at_a_window_is_handed_on():
    rooms = [Room(shade) for shade in (20, 30)]
    first, window = Room(), Window(Action.NEXT_BACKGROUND, Action.NEXT_BACKGROUND, Action.NEXT_BACKGROUND, after=10)
    waiting, asked = iter(rooms), []

    def swap(action):
        asked.append(action)
        if (room := next(waiting, None)) is not None:
            pipeline.chain.swap(scene=room)

    camera = Camera(frames=120, fps=200.0)
    pipeline = Pipeline(camera, Nobody(), first, [window], drop=False, on_action=swap)
    pipeline.run()
    assert (window.pictures[0] == ROOM).all()
    assert (window.pictures[-1] == 30).all()
    assert [room.closed for room in (first, *rooms)] == [1, 1, 1]
    assert asked == [Action.NEXT_BACKGROUND] * 3


def test_scenes_swap_without_a_torn_picture():
    sink = Recorder()
    camera = Camera(frames=100_000, live=False)
    pipeline = Pipeline(camera, Nobody(), Room(0, takes_s=0.001), [sink], drop=False)
    rooms = [Room(shade, takes_s=0.001) for shade in range(1, 60)]
    closed_on_the_way = []

    def swap_all():
        for room in rooms:
            time.sleep(0.003)
            pipeline.chain.swap(scene=room)
        time.sleep(0.1)
        closed_on_the_way.extend(room.closed for room in rooms)
        pipeline.stop()

    threading.Thread(target=swap_all).start()
    pipeline.run()
    shades = []
    for picture in sink.pictures:
        assert picture.min() == picture.max()
        shades.append(int(picture[0, 0, 0]))
    assert shades == sorted(shades)
    assert shades[-1] == 59
    assert closed_on_the_way == [1] * 58 + [0]
    assert all(room.closed == 1 for room in rooms)


# A finish that delays


def test_a_governor_is_told_how_long_each_frame_took(monkeypatch):
    told = []
    monkeypatch.setattr(Governor, "observe", lambda self, busy_s, period_s: told.append((busy_s, period_s)))
    sink = Recorder()
    governor = Governor(Nobody(takes_s=0.02), MattingSettings())
    Pipeline(Camera(6, fps=20.0), governor, Room(), [sink], drop=True).run()
    assert len(told) >= len(sink.composites) > 0
    assert all(busy_s >= 0.02 and period_s == 1 / 20 for busy_s, period_s in told)


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


def test_a_finish_that_delays_loses_no_frame_and_mixes_none():
    sink = Recorder()
    summary = Pipeline(Camera(frames=20, live=False), Nobody(), Room(), [sink], drop=False, finish=Late()).run()
    assert sink.indices() == list(range(20))
    assert all(composite.matte.frame.index == composite.frame.index for composite in sink.composites)
    assert summary.frames == 20


def test_live_the_last_frame_of_a_finish_that_delays_is_sent_too():
    sink = Recorder()
    Pipeline(Camera(frames=20, fps=100.0), Nobody(), Room(), [sink], drop=True, finish=Late()).run()
    assert sink.indices() == sorted(set(sink.indices()))
    assert sink.indices()[-1] == 19


def test_what_a_delay_holds_is_shown_when_the_camera_stops_not_when_it_comes_back(hasty):
    sources = iter([Camera(frames=5, fps=60.0, lost=True), *[None] * 4, Camera(frames=5, fps=60.0)])

    def open_next():
        if (source := next(sources)) is None:
            raise SourceError("no such device")
        return source

    sink = Recorder()
    Pipeline(open_next, Nobody(), Room(), [sink], drop=True, finish=Late()).run(seconds=20)
    notices = [is_notice(picture, WAITING) for picture in sink.pictures]
    assert 4 in sink.indices()[: notices.index(True)]
    came_back = len(notices) - notices[::-1].index(True)
    assert sink.indices()[came_back] >= 5
