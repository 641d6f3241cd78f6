"""Still edges calm down, moving hands leave no ghost, and no matte meets another picture."""

from collections.abc import Iterable

import cv2
import numpy as np
import pytest

from realtime.frame import Alpha, CoarseMatte, Frame, Pixels
from realtime.matting.refine.temporal import OneFrameDelay, Smooth

HEIGHT, WIDTH = 90, 160


def texture(seed: int, low: int, high: int) -> Pixels:
    """A surface with something to see on it."""
    grain = np.random.default_rng(seed).uniform(low, high, (HEIGHT // 5, WIDTH // 5, 3)).astype(np.float32)
    return np.asarray(cv2.resize(grain, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC).clip(0, 255), np.uint8)


ROOM, HAND = texture(1, 120, 220), texture(2, 20, 90)


def hand_at(x: float, room: Pixels = ROOM, hand: Pixels = HAND) -> tuple[Pixels, Alpha]:
    """The room with a round hand, which takes its texture along; and the exact alpha."""
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    alpha = np.clip(18.5 - np.hypot(across - x, down - 45), 0, 1).astype(np.float32)
    shift = np.array([[1, 0, x - WIDTH // 2], [0, 1, 0]], np.float32)
    moved = cv2.warpAffine(hand, shift, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(room + (moved.astype(np.float32) - room) * alpha[..., None], np.uint8), alpha


def coarse(pixels: Pixels, alpha: Alpha, index: int, fps: float = 30) -> CoarseMatte:
    frame = Frame(
        pixels=np.asarray(cv2.resize(pixels, None, fx=2, fy=2), np.uint8), index=index, captured_s=100 + index / fps
    )
    return CoarseMatte(alpha=alpha, frame=frame)


def sent(temporal: Smooth | OneFrameDelay, stream: Iterable[CoarseMatte]) -> list[CoarseMatte]:
    """What comes out of a whole stream."""
    out = [temporal.push(each) for each in stream]
    return [each for each in [*out, temporal.flush()] if each is not None]


def noisy(pixels: Pixels, rng: np.random.Generator, strength: float = 2.0) -> Pixels:
    return np.asarray((pixels + rng.normal(0, strength, pixels.shape)).clip(0, 255), np.uint8)


def flicker(alphas: list[Alpha], true: list[Alpha]) -> float:
    """dtSSD."""
    steps = zip(alphas[:-1], alphas[1:], true[:-1], true[1:], strict=True)
    return float(np.mean([np.sqrt(np.mean(((b - a) - (d - c)) ** 2)) for a, b, c, d in steps]))


@pytest.mark.parametrize("kind", [Smooth, OneFrameDelay])
class TestEveryFilter:
    def test_gives_each_frame_once_with_its_own_picture_and_in_order(self, kind: type[Smooth | OneFrameDelay]) -> None:
        stream = [coarse(*hand_at(40 + i), i) for i in range(5)]
        out = sent(kind(), stream)
        assert [matte.frame for matte in out] == [matte.frame for matte in stream]

    def test_a_steady_matte_stays_as_it_is(self, kind: type[Smooth | OneFrameDelay]) -> None:
        pixels, alpha = hand_at(80)
        for matte in sent(kind(), [coarse(pixels, alpha, i) for i in range(6)]):
            np.testing.assert_allclose(matte.alpha, alpha, atol=0.02)

    def test_another_size_restarts_it(self, kind: type[Smooth | OneFrameDelay]) -> None:
        small = coarse(ROOM[:48, :64], np.ones((48, 64), np.float32), 1)
        out = sent(kind(), [coarse(*hand_at(80), 0), small])
        np.testing.assert_array_equal(out[1].alpha, 1)

    def test_stays_in_range_and_writes_into_nothing(self, kind: type[Smooth | OneFrameDelay]) -> None:
        stream = [coarse(*hand_at(80 + 3 * i), i) for i in range(6)]
        for matte in stream:
            matte.alpha.flags.writeable = False
        for matte in sent(kind(), stream):
            assert matte.alpha.dtype == np.float32
            assert matte.alpha.min() >= 0
            assert matte.alpha.max() <= 1


class TestSmooth:
    def test_a_flickering_edge_calms_down(self) -> None:
        rng = np.random.default_rng(3)
        pixels, alpha = hand_at(80)
        edge = cv2.GaussianBlur(alpha, (0, 0), 2) * (1 - cv2.GaussianBlur(alpha, (0, 0), 2)) * 4
        raw = [np.clip(alpha + edge * rng.normal(0, 0.3), 0, 1).astype(np.float32) for _ in range(16)]
        out = sent(Smooth(), [coarse(noisy(pixels, rng), each, i) for i, each in enumerate(raw)])
        assert flicker([matte.alpha for matte in out], [alpha] * 16) < 0.4 * flicker(raw, [alpha] * 16)

    def test_it_calms_a_slowly_moving_edge_too_and_does_not_lag(self) -> None:
        rng = np.random.default_rng(4)
        frames = [hand_at(60 + 1.3 * i) for i in range(16)]
        true = [alpha for _, alpha in frames]
        raw = [np.clip(alpha * rng.uniform(0.6, 1), 0, 1).astype(np.float32) for alpha in true]
        out = sent(
            Smooth(),
            [
                coarse(noisy(pixels, rng), each, i)
                for i, ((pixels, _), each) in enumerate(zip(frames, raw, strict=True))
            ],
        )
        assert flicker([matte.alpha for matte in out], true) < 0.6 * flicker(raw, true)
        exact = sent(Smooth(), [coarse(pixels, alpha, i) for i, (pixels, alpha) in enumerate(frames)])
        assert np.mean([np.abs(matte.alpha - alpha).mean() for matte, alpha in zip(exact, true, strict=True)]) < 0.004

    @pytest.mark.parametrize("step_px", [9, 25, 60])
    def test_a_hand_that_moves_across_leaves_no_ghost(self, step_px: int) -> None:
        for index, matte in enumerate(sent(Smooth(), self._across(step_px, ROOM, HAND))):
            _, alpha = hand_at(-20 + step_px * index)
            assert np.abs(matte.alpha - alpha).mean() < 0.012
            ghost = (matte.alpha > 0.5) & (cv2.dilate(alpha, np.ones((9, 9))) == 0)
            assert np.count_nonzero(ghost) < 0.02 * np.pi * 18**2

    def test_lights_that_change_all_the_time_are_never_taken_for_noise(self) -> None:
        rng = np.random.default_rng(8)
        frames = [hand_at(80 + 50 * np.sin(i / 6)) for i in range(50)]
        lights = [cv2.resize(rng.uniform(0.3, 1.7, (5, 8, 3)), (WIDTH, HEIGHT)) for _ in frames]
        stream = [
            coarse(np.asarray((pixels * light).clip(0, 255), np.uint8), alpha, i)
            for i, ((pixels, alpha), light) in enumerate(zip(frames, lights, strict=True))
        ]
        out = sent(Smooth(), stream)
        assert np.mean([np.abs(m.alpha - alpha).mean() for m, (_, alpha) in zip(out, frames, strict=True)]) < 1e-4

    def test_nor_does_one_of_another_colour_and_equal_brightness(self) -> None:
        room, hand = np.full_like(ROOM, 0), np.full_like(ROOM, 0)
        room[:], hand[:] = (178, 110, 60), (60, 110, 119)
        greys = [int(cv2.cvtColor(plain[:1, :1], cv2.COLOR_BGR2GRAY)[0, 0]) for plain in (room, hand)]
        assert abs(greys[0] - greys[1]) <= 5
        for index, matte in enumerate(sent(Smooth(), self._across(45, room, hand))):
            assert np.abs(matte.alpha - hand_at(-20 + 45 * index)[1]).mean() < 0.012

    def test_the_light_may_change(self) -> None:
        """Exposure alone is no reason to believe a matte that flickers."""
        rng = np.random.default_rng(5)
        pixels, alpha = hand_at(80)
        raw = [np.clip(alpha * rng.uniform(0.5, 1), 0, 1).astype(np.float32) for _ in range(12)]
        lit = [np.asarray(cv2.convertScaleAbs(pixels, alpha=gain), np.uint8) for gain in rng.uniform(0.85, 1.0, 12)]
        out = sent(Smooth(), [coarse(light, each, i) for i, (light, each) in enumerate(zip(lit, raw, strict=True))])
        assert flicker([matte.alpha for matte in out], [alpha] * 12) < 0.5 * flicker(raw, [alpha] * 12)

    @pytest.mark.parametrize("low", [0, 100])
    def test_nothing_of_another_scene_stays_in_the_matte(self, low: int) -> None:
        """Where the whole picture changes at once, also to one of the same tone, the usual difference is no noise."""
        rng, smooth = np.random.default_rng(6), Smooth()
        room, other = texture(7, 120, 220), texture(8, low, low + 120)
        left = np.zeros((HEIGHT, WIDTH), np.float32)
        left[:, : WIDTH // 2] = 1
        for index in range(3):
            smooth.push(coarse(noisy(room, rng), left, index))
        cut = [smooth.push(coarse(noisy(other, rng), 1 - left, index)).alpha for index in range(3, 6)]
        assert [float(np.abs(alpha - (1 - left)).mean()) < 0.05 for alpha in cut] == [True] * 3

    def test_what_fades_ends_at_nothing(self) -> None:
        """Numbers too small for a processor's usual form would take it ten times as long."""
        pixels, alpha = hand_at(80)
        stream = [coarse(pixels, alpha if i == 0 else np.float32(0.2) * alpha, i) for i in range(80)]
        last = sent(Smooth(), stream)[-1].alpha
        assert last.max() == pytest.approx(0.2, abs=0.01)
        assert last[last > 0].min() >= 1 / 1024

    def test_nobody_costs_and_changes_nothing(self) -> None:
        smooth, empty = Smooth(), np.zeros((HEIGHT, WIDTH), np.float32)
        for index in range(3):
            assert smooth.push(coarse(ROOM, empty, index)).alpha is empty

    def test_what_the_new_matte_shows_all_around_is_there_sooner_than_it_goes(self) -> None:
        smooth, pixels = Smooth(), hand_at(80)[0]
        empty, full = np.zeros((HEIGHT, WIDTH), np.float32), np.ones((HEIGHT, WIDTH), np.float32)
        smooth.push(coarse(pixels, empty, 0))
        came = float(smooth.push(coarse(pixels, full, 1)).alpha.mean())
        smooth.push(coarse(pixels, full, 100))
        went = 1 - float(smooth.push(coarse(pixels, empty, 101)).alpha.mean())
        assert came > 0.5
        assert went < 0.4

    @pytest.mark.parametrize("size", [(17, 160), (90, 20), (31, 33)])
    def test_any_size_will_do(self, size: tuple[int, int]) -> None:
        rng = np.random.default_rng(9)
        stream = [
            CoarseMatte(
                alpha=rng.random(size, np.float32),
                frame=Frame(
                    pixels=np.asarray(rng.integers(0, 255, (2 * size[0], 3 * size[1], 3)), np.uint8),
                    index=i,
                    captured_s=i / 30,
                ),
            )
            for i in range(4)
        ]
        assert [matte.alpha.shape for matte in sent(Smooth(), stream)] == [size] * 4

    @pytest.mark.parametrize("place", [(0, 0), (0, WIDTH - 1), (HEIGHT - 1, 0), (HEIGHT - 1, WIDTH - 1), (45, 80)])
    def test_a_speck_anywhere_will_do(self, place: tuple[int, int]) -> None:
        alpha = np.zeros((HEIGHT, WIDTH), np.float32)
        alpha[place] = 1
        for matte in sent(Smooth(), [coarse(ROOM, alpha, i) for i in range(3)]):
            np.testing.assert_allclose(matte.alpha, alpha, atol=0.05)

    def test_after_a_pause_the_past_says_nothing(self) -> None:
        pixels, alpha = hand_at(80)
        smooth = Smooth()
        smooth.push(coarse(pixels, alpha, 0))
        np.testing.assert_array_equal(smooth.push(coarse(pixels, 0 * alpha, 60)).alpha, 0)

    @staticmethod
    def _across(step_px: int, room: Pixels, hand: Pixels) -> list[CoarseMatte]:
        """A hand crosses the picture, ``step_px`` a frame."""
        places = range(-20, WIDTH + 40, step_px)
        return [coarse(*hand_at(x, room, hand), i) for i, x in enumerate(places)]


class TestOneFrameDelay:
    @staticmethod
    def levels(*alphas: float) -> list[float]:
        """One pixel's way through the filter."""
        stream = [coarse(ROOM, np.full((HEIGHT, WIDTH), level, np.float32), i) for i, level in enumerate(alphas)]
        return [round(float(matte.alpha[0, 0]), 3) for matte in sent(OneFrameDelay(), stream)]

    def test_it_is_one_frame_late(self) -> None:
        first, second = coarse(*hand_at(30), 0), coarse(*hand_at(31), 1)
        delay = OneFrameDelay()
        assert delay.push(first) is None
        assert delay.push(second) is first
        assert delay.flush() is second
        assert delay.flush() is None

    def test_a_pixel_between_two_that_agree_is_their_mean(self) -> None:
        assert self.levels(0.94, 0.2, 1.0) == [0.94, 0.97, 1.0]
        assert self.levels(0.0, 1.0, 0.05) == [0.0, 0.025, 0.05]

    def test_what_changes_and_stays_changed_is_left(self) -> None:
        assert self.levels(0.0, 1.0, 1.0) == [0.0, 1.0, 1.0]
        assert self.levels(0.0, 0.5, 1.0) == [0.0, 0.5, 1.0]

    def test_what_hardly_changes_is_left(self) -> None:
        assert self.levels(0.5, 0.58, 0.5) == [0.5, 0.58, 0.5]

    def test_the_neighbours_are_the_mattes_as_they_came(self) -> None:
        """Were the second one's correction passed on, the third would be corrected too."""
        assert self.levels(0.0, 1.0, 0.0, 1.0) == [0.0, 0.0, 1.0, 1.0]
