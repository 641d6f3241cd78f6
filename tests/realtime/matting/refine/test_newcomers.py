"""What appears away from a person: a flag waits, a hand does not."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest

from realtime.frame import Alpha, CoarseMatte, Frame, Pixels
from realtime.matting.refine.finish import Finish
from realtime.matting.refine.newcomers import REMEMBERS_S, WAIT_S, Newcomers
from realtime.settings.schema import FinishSettings

FPS = 30
HEIGHT, WIDTH = 288, 512
FLAG = slice(60, 140), slice(0, 50)
"""Rows and columns, at the left border and away from the person."""

RNG = np.random.default_rng(5)
ROOM = np.kron(RNG.integers(60, 200, (18, 32, 3)), np.ones((16, 16, 1))).astype(np.uint8)
"""A room of squares: whatever moves before it changes the image."""

Look = tuple[Pixels, Alpha]


def room_and_person(offset: int = 0) -> Look:
    """A person in the middle who reaches the foot of the frame."""
    pixels, alpha = ROOM.copy(), np.zeros((HEIGHT, WIDTH), np.float32)
    body = slice(90, HEIGHT), slice(200 + offset, 320 + offset)
    pixels[body], alpha[body] = (90, 120, 200), 1
    return pixels, alpha


def with_region(look: Look, where: tuple[slice, slice], *, colour: tuple[int, int, int] | None = None) -> Look:
    """The same with a region in the matte; in the image too if it has a colour."""
    pixels, alpha = look
    alpha[where] = 1
    if colour is not None:
        pixels[where] = colour
    return pixels, alpha


def pushed(
    looks: Iterator[Look], *, start_s: float = 0.0, fps: float = FPS, rule: Newcomers
) -> list[tuple[Alpha, Alpha]]:
    """Each matte with what the rule makes of it."""
    found = []
    for index, (pixels, alpha) in enumerate(looks):
        frame = Frame(pixels=pixels, index=index, captured_s=start_s + index / fps)
        found.append((alpha, rule.push(CoarseMatte(alpha=alpha, frame=frame)).alpha))
    return found


def looks(length: int, look: Callable[[int], Look]) -> Iterator[Look]:
    return (look(index) for index in range(length))


def flag_from(first: int) -> Callable[[int], Look]:
    def look(index: int) -> Look:
        return with_region(room_and_person(), FLAG) if index >= first else room_and_person()

    return look


def test_a_region_that_the_image_does_not_explain_waits():
    wait = round(WAIT_S * FPS)
    results = pushed(looks(10 + wait + 10, flag_from(10)), rule=Newcomers())
    for _, shown in results[10 : 10 + wait - 2]:
        assert shown[FLAG].max() == 0
        assert shown[200, 260] == 1
    np.testing.assert_array_equal(*results[-1])


def test_a_stream_without_times_has_30_frames_a_second():
    rule, wait = Newcomers(), round(WAIT_S * FPS)
    results = pushed(looks(10 + wait + 10, flag_from(10)), fps=float("inf"), rule=rule)
    assert all(shown[FLAG].max() == 0 for _, shown in results[10 : 10 + wait - 2])
    np.testing.assert_array_equal(*results[-1])


def test_a_region_that_leaves_in_time_is_never_seen():
    def look(index: int) -> Look:
        return with_region(room_and_person(), FLAG) if index % 60 in range(20, 50) else room_and_person()

    assert all(shown[FLAG].max() == 0 for _, shown in pushed(looks(240, look), rule=Newcomers()))


def test_a_region_that_grows_from_a_speck_waits():
    def look(index: int) -> Look:
        side = min(max(0, index - 5) * 4, 80)
        return with_region(room_and_person(), (slice(60, 60 + side), slice(0, side)))

    results = pushed(looks(45, look), rule=Newcomers())
    assert all(shown[40:160, :90].max() == 0 for _, shown in results)


def test_a_speck_that_the_image_explains_lets_nothing_else_in():
    speck = slice(144, 152), slice(20, 28)  # a bird's shadow, say, just under the flag

    def look(index: int) -> Look:
        look = flag_from(12)(index)
        return with_region(look, speck, colour=(255, 255, 255)) if index >= 10 else look

    assert all(shown[60:130, :50].max() == 0 for _, shown in pushed(looks(50, look), rule=Newcomers()))


@pytest.mark.slow
@pytest.mark.parametrize("fps", [60, 30, 15, 10, 5, 3])
def test_noise_and_a_slow_sway_of_the_camera_explain_nothing(fps: int) -> None:
    noise = np.random.default_rng(1)

    def look(index: int) -> Look:
        pixels, alpha = flag_from(fps // 3)(index)
        swayed = np.roll(pixels, round(14 * index / fps), axis=1)  # the demo sways by 36 px of 1280 in a second
        return (swayed + noise.normal(0, 4, pixels.shape)).clip(0, 255).astype(np.uint8), alpha

    assert all(shown[FLAG].max() == 0 for _, shown in pushed(looks(2 * fps, look), fps=fps, rule=Newcomers()))


@pytest.mark.parametrize("size", [(384, 224), (288, 160), (640, 352)])
def test_a_network_that_changes_its_size_lets_nothing_in(size: tuple[int, int]) -> None:
    rule = Newcomers()
    pushed(looks(20, flag_from(10)), rule=rule)
    for index in range(20, 40):
        pixels, alpha = flag_from(0)(index)
        frame = Frame(pixels=pixels, index=index, captured_s=index / FPS)
        shown = rule.push(CoarseMatte(alpha=cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), frame=frame)).alpha
        assert cv2.resize(shown, (WIDTH, HEIGHT))[FLAG].max() < 0.1
        assert cv2.resize(shown, (WIDTH, HEIGHT))[200, 260] == 1


def test_a_brighter_exposure_explains_nothing():
    def look(index: int) -> Look:
        pixels, alpha = flag_from(20)(index)
        return (pixels + np.uint8(25 * (index >= 18))).astype(np.uint8), alpha

    assert all(shown[FLAG].max() == 0 for _, shown in pushed(looks(50, look), rule=Newcomers()))


HAND = (60, 90, 160)


@pytest.mark.parametrize("speed_px", [2, 6, 16, 40])
@pytest.mark.parametrize("late_s", [0, 0.3, 0.8], ids=["at once", "noticed late", "noticed very late"])
@pytest.mark.parametrize("fps", [30, 10, 5])
def test_a_hand_that_enters_from_the_border_is_not_delayed(speed_px, late_s, fps):
    def look(index: int) -> Look:
        reach, seen = (min(140, max(0, speed_px * (index - 5 - lag))) for lag in (0, round(late_s * fps)))
        pixels, alpha = with_region(room_and_person(), (slice(40, 90), slice(WIDTH - reach, WIDTH)), colour=HAND)
        alpha[:] = room_and_person()[1]
        return with_region((pixels, alpha), (slice(40, 90), slice(WIDTH - seen, WIDTH)))

    for alpha, shown in pushed(looks(90, look), fps=fps, rule=Newcomers()):
        np.testing.assert_array_equal(shown, alpha)


def test_a_hand_on_the_persons_arm_is_not_delayed():
    def look(index: int) -> Look:
        reach = max(0, index - 5) * 8
        return with_region(room_and_person(), (slice(120, 150), slice(320, min(480, 320 + reach))), colour=HAND)

    for alpha, shown in pushed(looks(40, look), rule=Newcomers()):
        np.testing.assert_array_equal(shown, alpha)


def test_a_hand_that_loses_its_arm_stays():
    def look(index: int) -> Look:
        pixels, alpha = with_region(room_and_person(), (slice(120, 150), slice(320, 480)), colour=HAND)
        if index >= 10:
            alpha[:, 330:400] = 0  # the network loses the sleeve
        return pixels, alpha

    for alpha, shown in pushed(looks(30, look), rule=Newcomers()):
        np.testing.assert_array_equal(shown, alpha)


def test_a_person_who_jumps_is_shown():
    for alpha, shown in pushed(looks(30, lambda index: room_and_person(150 * (index // 5 % 2))), rule=Newcomers()):
        np.testing.assert_array_equal(shown, alpha)


@pytest.mark.parametrize("start_s", [6.0, 60.0])
def test_a_stream_begins_with_all_that_is_there(start_s):
    rule = Newcomers()
    ((alpha, shown),) = pushed(looks(1, flag_from(0)), rule=rule)
    np.testing.assert_array_equal(shown, alpha)
    pushed(looks(3, flag_from(5)), rule=rule)
    # After a pause it begins again.
    ((alpha, shown),) = pushed(looks(1, flag_from(0)), start_s=start_s, rule=rule)
    np.testing.assert_array_equal(shown, alpha)


@pytest.mark.parametrize("stall_s", [0.4, 0.7, 1.5, 4.0])
def test_a_machine_that_stalls_lets_no_flag_in_and_no_hand_wait(stall_s: float) -> None:
    hand = slice(40, 110), slice(WIDTH - 90, WIDTH)
    rule = Newcomers()
    pushed(looks(20, flag_from(99)), rule=rule)

    def look(index: int) -> Look:
        return with_region(flag_from(0)(index), hand, colour=(100, 160, 250))  # brighter than the room

    for alpha, shown in pushed(looks(10, look), start_s=20 / FPS + stall_s, rule=rule):
        assert shown[FLAG].max() == 0
        np.testing.assert_array_equal(shown[hand], alpha[hand])


def test_another_person_is_shown_when_nobody_else_is():
    def look(index: int) -> Look:
        return with_region((ROOM, np.zeros((HEIGHT, WIDTH), np.float32)), FLAG if index > 5 else (slice(0), slice(0)))

    for alpha, shown in pushed(looks(20, look), rule=Newcomers()):
        np.testing.assert_array_equal(shown, alpha)


def test_the_matte_of_the_network_is_not_written_into():
    alpha, shown = pushed(looks(20, flag_from(10)), rule=Newcomers())[-1]
    assert (alpha[FLAG].min(), shown[FLAG].max()) == (1, 0)


@pytest.mark.parametrize(
    ("temporal", "quality", "hidden"), [("auto", "balanced", True), ("auto", "fast", True), ("off", "balanced", False)]
)
def test_the_finish_follows_the_rule_unless_its_temporal_filter_is_off(temporal, quality, hidden):
    finish = Finish(FinishSettings(temporal=temporal, enlarge="bilinear"), quality)
    for index, (pixels, alpha) in enumerate(looks(40, flag_from(5))):
        matte = finish.finish(CoarseMatte(alpha=alpha, frame=Frame(pixels=pixels, index=index, captured_s=index / FPS)))
    assert (matte.alpha[100, 20] < 0.01) == hidden
    assert matte.alpha[200, 260] > 0.99


def test_a_person_whom_the_network_sees_now_and_then_gets_in():
    def look(index: int) -> Look:
        return with_region(room_and_person(), FLAG) if index >= 10 and index % 10 < 6 else room_and_person()

    results = pushed(looks(400, look), rule=Newcomers())
    assert any(shown[FLAG].max() == 1 for _, shown in results)


def test_a_stream_whose_times_hardly_grow_keeps_few_images():
    rule = Newcomers()
    pushed(looks(300, flag_from(10)), fps=90_000, rule=rule)
    assert rule._past is not None
    assert len(rule._past.pictures) < 64


def test_a_region_that_was_there_for_long_waits_again_once_it_was_forgotten() -> None:
    """A part of a clip knows only so much of what came before, and must give the mattes of the whole."""
    long, gone = (20 * 10), round(REMEMBERS_S * 10) + 1

    def look(index: int) -> Look:
        there = index < long or index >= long + gone
        return with_region(room_and_person(), FLAG) if there else room_and_person()

    found = pushed(looks(long + gone + 1, look), fps=10, rule=Newcomers())
    assert found[long - 1][1][FLAG].min() == 1
    assert found[-1][1][FLAG].max() == 0
