"""A simulated loop: each frame costs what the level asks for, times a load that comes and goes."""

from itertools import pairwise

import numpy as np
import pytest

from realtime.frame import CoarseMatte, Frame
from realtime.loop.governor import UP_AFTER_S, Governor, levels
from realtime.matting.saving.skip_and_crop import Level
from realtime.settings.schema import MattingSettings

PERIOD_S = 1 / 30
FULL = (512, 288)


class Still:
    """A matter that costs nothing."""

    name = "still"

    def __init__(self):
        self.closed = 0

    def matte_batch(self, frames, size_px=None):
        width, height = size_px or FULL
        return [CoarseMatte(alpha=np.zeros((height, width), np.float32), frame=frame) for frame in frames]

    def close(self):
        self.closed += 1


def governor(**settings):
    return Governor(Still(), MattingSettings(**settings))


def cost(level):
    """Shares of a period on a free machine: decoding and blending, and the network."""
    return 0.2 + 0.4 * level.scale**2 * (0.7 if level.crop else 1.0)


def simulate(made, seconds, load):
    """Run for so long under a load (1: a free machine) and give the level after each frame."""
    found, now_s = [], 0.0
    while now_s < seconds:
        busy_s = PERIOD_S * load * cost(made.level)
        made.observe(busy_s, PERIOD_S)
        found.append(made.level)
        now_s += max(busy_s, PERIOD_S)
    return found


def test_nothing_is_left_out_on_a_free_machine():
    assert set(simulate(governor(), 60, 1.0)) == {Level()}


def test_a_load_that_comes_is_met_within_seconds_and_the_rate_holds():
    made = governor()
    simulate(made, 5, 1.0)
    simulate(made, 4, 2.4)
    after = simulate(made, 3, 2.4)
    assert all(2.4 * cost(level) <= 1 for level in after)
    assert made.level.scale < 1


def test_when_the_load_goes_everything_is_done_again():
    made = governor()
    simulate(made, 10, 2.4)
    assert made.level != Level()
    simulate(made, 60, 0.5)
    assert made.level == Level()


def test_it_comes_back_to_what_a_machine_with_little_to_spare_could_do_before():
    made = governor()
    assert simulate(made, 60, 1.2)[-1] == Level()
    simulate(made, 10, 2.8)
    assert made.level.scale < 1
    assert simulate(made, 120, 1.2)[-1] == Level()


def test_it_does_not_swing_at_a_load_between_two_levels():
    made = governor()
    found = simulate(made, 300, 1.7)
    steps = sum(before != after for before, after in pairwise(found[600:]))
    assert steps <= 8


def test_after_a_load_that_comes_and_goes_it_is_as_quick_as_before():
    made = governor()
    for _ in range(3):
        simulate(made, 10, 2.4)
        assert made.level != Level()
        quick = simulate(made, 12 * UP_AFTER_S, 0.5)
        assert quick[-1] == Level()


def test_a_deep_fall_on_its_way_up_does_not_hold_it_down_afterwards():
    made = governor()
    simulate(made, 10, 2.8)
    simulate(made, 3 * UP_AFTER_S, 0.5)
    simulate(made, 10, 2.8)
    assert made.level.scale < 0.75
    assert simulate(made, (len(levels(MattingSettings())) + 2) * UP_AFTER_S, 0.5)[-1] == Level()


def test_one_slow_frame_is_no_load():
    made = governor()
    for index in range(120):
        made.observe(PERIOD_S * (5 if index % 30 == 0 else 0.7), PERIOD_S)
    assert made.level == Level()


@pytest.mark.parametrize(
    ("settings", "first", "last"),
    [
        ({}, Level(), Level(scale=0.5, skip=True, crop=True)),
        ({"economy": "on"}, Level(skip=True, crop=True), Level(scale=0.5, skip=True, crop=True)),
        ({"economy": "off"}, Level(), Level(scale=0.5)),
        ({"governor": False}, Level(), Level()),
        ({"governor": False, "economy": "on"}, Level(skip=True, crop=True), Level(skip=True, crop=True)),
    ],
)
def test_it_does_what_the_settings_leave_to_it(settings, first, last):
    made = levels(MattingSettings(**settings))
    assert (made[0], made[-1]) == (first, last)
    assert all(before.scale >= after.scale for before, after in pairwise(made))


def test_its_choice_shows_in_the_name_and_in_the_mattes():
    made = governor()
    frame = Frame(pixels=np.zeros((288, 512, 3), np.uint8), index=0, captured_s=0.0)
    made.matte_batch([frame])
    simulate(made, 20, 4.0)
    assert made.name == "still, skips still frames, crops to the person"
    for _ in range(3):
        [matte] = made.matte_batch([frame])
        made._warming and made._warming.join(60)
    assert matte.alpha.shape == (160, 256)


def test_slow_frames_of_a_trial_are_no_load():
    trial = Still()
    trial.settled = False
    made = Governor(trial, MattingSettings())
    simulate(made, 10, 4.0)
    assert made.level == Level()
    trial.settled = True
    simulate(made, 10, 4.0)
    assert made.level.scale < 1


def test_it_closes_the_matter():
    made = governor()
    matter = made.matter
    made.close()
    assert matter.closed == 1
