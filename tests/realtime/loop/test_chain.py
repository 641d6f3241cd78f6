"""A frame's way from matter to scene, and stages that are replaced meanwhile."""

import threading

import numpy as np
import pytest

from realtime.errors import MatterError
from realtime.frame import CoarseMatte, Composite, Frame, Matte
from realtime.loop.chain import Chain, Stages
from realtime.loop.stats import Stats
from realtime.media.notice import notice

PATIENCE_S = 180.0


def frame(index=0):
    return Frame(pixels=np.full((4, 6, 3), 90, np.uint8), index=index, captured_s=float(index))


class Stage:
    """Any stage of the chain; each writes its name down."""

    def __init__(self, name, way, answer=None):
        self.name, self._way, self._answer, self.closed = name, way, answer, 0

    def _went(self):
        assert not self.closed
        self._way.append(self.name)

    def matte_batch(self, frames):
        self._went()
        return [CoarseMatte(alpha=np.zeros((2, 3), np.float32), frame=self._answer or frames[0])]

    def finish(self, coarse):
        self._went()
        return None if self._answer else Matte(alpha=np.zeros((4, 6), np.float32), frame=coarse.frame)

    def flush(self):
        return self._answer

    def show(self, matte):
        self._went()
        return self._answer or matte

    def compose(self, matte):
        self._went()
        return Composite(pixels=matte.frame.pixels, matte=matte, person=matte.frame.pixels)

    def close(self):
        self.closed += 1


def chain(way, **answers):
    names = ("matter", "finish", "look", "scene")
    stages = {name: Stage(name, way, answers.get(name)) for name in names}
    return Chain(Stages(**stages), Stats()), stages


def test_a_frame_goes_through_every_stage_in_turn():
    way = []
    made, _ = chain(way)
    given = frame(3)
    assert made.composite(given).frame is given
    assert way == ["matter", "finish", "look", "scene"]


def test_a_look_may_take_the_place_of_the_scene():
    way = []
    away = notice(("Away",), frame(), captured_s=0.0)
    made, _ = chain(way, look=away)
    assert made.composite(frame()) is away
    assert way == ["matter", "finish", "look"]


def test_a_finish_that_waits_gives_nothing_yet_and_the_rest_at_the_end():
    way = []
    held = Matte(alpha=np.zeros((4, 6), np.float32), frame=frame(8))
    made, _ = chain(way, finish=held)
    assert made.composite(frame()) is None
    assert way == ["matter", "finish"]
    assert made.flush().frame.index == 8


def test_the_matte_of_another_frame_is_refused():
    made, _ = chain([], matter=frame(1))
    with pytest.raises(MatterError, match="gave the matte of"):
        made.composite(frame(2))


@pytest.mark.parametrize("name", ["matter", "finish", "look", "scene"])
def test_a_stage_is_replaced_alone_and_closed_at_once_when_no_frame_is_in_it(name):
    way = []
    made, stages = chain(way)
    new = Stage("new", way)
    made.swap(**{name: new})
    assert not any(stage.closed for stage in stages.values())
    made.retire()
    assert [stage.closed for stage in stages.values()] == [
        int(other == name and name in ("matter", "scene")) for other in stages
    ]
    made.composite(frame())
    assert way == [*[other if other != name else "new" for other in stages]]


class Holds(Stage):
    """A stage that holds a frame until it is let go."""

    def __init__(self, name, way):
        super().__init__(name, way)
        self.entered, self.let_go = threading.Event(), threading.Event()

    def _went(self):
        self.entered.set()
        assert self.let_go.wait(PATIENCE_S)
        super()._went()


@pytest.mark.parametrize("patience_s", [0.0, PATIENCE_S])
@pytest.mark.parametrize("name", ["matter", "scene"])
def test_a_stage_with_a_frame_in_it_is_closed_when_that_has_come_out(name, patience_s, monkeypatch):
    monkeypatch.setattr("realtime.loop.delays.RETIRE_S", patience_s)
    way = []
    made, _ = chain(way)
    holds = Holds(name, way)
    made.swap(**{name: holds})
    working = threading.Thread(target=made.composite, args=[frame()])
    working.start()
    assert holds.entered.wait(PATIENCE_S)
    made.swap(**{name: Stage("new", way)})
    retiring = threading.Thread(target=made.retire)
    retiring.start()
    retiring.join(PATIENCE_S if not patience_s else 0.1)
    assert retiring.is_alive() == bool(patience_s)
    assert not holds.closed
    holds.let_go.set()
    for thread in (retiring, working):
        thread.join(PATIENCE_S)
    assert holds.closed == 1
    assert way == ["matter", "finish", "look", "scene"]


def test_a_stage_that_does_not_close_is_reported_and_the_new_one_continues(caplog):
    made, stages = chain(way := [])
    stages["scene"].close = lambda: 1 / 0
    made.swap(scene=Stage("new", way))
    made.retire()
    assert "cannot close" in caplog.text
    made.composite(frame())
    assert way[-1] == "new"


def test_the_scene_alone_waits_for_a_frame_in_work_but_not_for_ever():
    made, _ = chain(way := [])
    holds = Holds("matter", way)
    made.swap(matter=holds)
    matte = Matte(alpha=np.zeros((4, 6), np.float32), frame=frame())
    assert made.scene(matte, 0.0).frame is matte.frame
    working = threading.Thread(target=made.composite, args=[frame()])
    working.start()
    assert holds.entered.wait(PATIENCE_S)
    with pytest.raises(TimeoutError):
        made.scene(matte, 0.01)
    holds.let_go.set()
    working.join(PATIENCE_S)
    assert made.scene(matte, PATIENCE_S).frame is matte.frame


def test_the_last_matter_is_the_callers():
    made, stages = chain([])
    old = stages["matter"]
    made.swap(matter=(new := Stage("new", [])))
    made.retire()
    made.close()
    assert (old.closed, new.closed, stages["scene"].closed) == (1, 0, 1)
