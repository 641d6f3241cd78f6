"""A matter that finds what is bright: its mattes are known, and it notes what it was shown."""

import threading

import cv2
import numpy as np
import pytest

from realtime.errors import MatterError
from realtime.frame import CoarseMatte, Frame
from realtime.matting.runtimes.batches import SIZES_KEPT
from realtime.matting.saving import skip_and_crop as module
from realtime.matting.saving.skip_and_crop import LONGEST_S, WHOLE_EVERY_S, Level, SkipAndCrop

WIDTH_PX, HEIGHT_PX = 512, 288
FULL = (256, 160)
FPS = 30.0


class Bright:
    """Alpha is 1 where the picture is bright."""

    name = "bright"

    def __init__(self, fixed: bool = False) -> None:
        self.shown: list[tuple[int, int]] = []
        self.fixed = fixed
        self.refuses = False

    def matte_batch(self, frames, size_px=None):
        size = FULL if size_px is None or self.fixed else size_px
        if self.refuses and size != FULL:
            raise MatterError("out of memory")
        return [CoarseMatte(alpha=self._alpha(frame, size), frame=frame) for frame in frames]

    def _alpha(self, frame, size):
        if frame.pixels.any():
            self.shown.append(size)
        grey = cv2.resize(frame.pixels, size, interpolation=cv2.INTER_AREA)[..., 1]
        return np.clip((grey.astype(np.float32) - 120) / 80, 0, 1)

    def close(self):
        pass


def scene(*boxes, index=0, noise=3.0, at_s=None):
    """A dark room with bright boxes ``(x, y, w, h)``, at sub-pixel positions."""
    rng = np.random.default_rng(index)
    pixels = np.full((HEIGHT_PX, WIDTH_PX, 3), 60, np.float32)
    for x, y, w, h in boxes:
        patch = np.full((int(h), int(w), 3), 220, np.float32)
        moved = np.float32([[1, 0, x], [0, 1, y]])
        mask = cv2.warpAffine(np.ones(patch.shape[:2], np.float32), moved, (WIDTH_PX, HEIGHT_PX))[..., None]
        pixels = pixels * (1 - mask) + 220 * mask
    pixels += rng.normal(0, noise, pixels.shape)
    captured_s = index / FPS if at_s is None else at_s
    return Frame(pixels=np.clip(pixels, 0, 255).astype(np.uint8), index=index, captured_s=captured_s)


def truth(frame):
    return Bright()._alpha(frame, FULL)


@pytest.fixture
def bright():
    return Bright()


@pytest.fixture
def saver(bright):
    made = SkipAndCrop(bright)
    yield made
    made.close()


PERSON = (60, 90, 120, 198)


def ready(saver, *frames):
    """Show frames until the networks for their sizes are ready."""
    for frame in frames:
        saver.matte_batch([frame])
        saver.close()
    saver.matter.shown.clear()


class TestSkip:
    def test_the_network_rests_while_only_noise_changes(self, saver, bright):
        saver.level = Level(skip=True)
        for index in range(25):
            frame = scene(PERSON, index=index)
            [matte] = saver.matte_batch([frame])
            assert matte.frame is frame
            assert np.abs(matte.alpha - truth(frame)).mean() < 0.01
        assert len(bright.shown) == 2  # the first one tells the network's size, the second is kept

    def test_a_slowly_moving_hand_is_not_missed(self, saver, bright):
        saver.level = Level(skip=True)
        worst = 0.0
        for index in range(60):
            hand = (250 + 0.25 * index, 120.0, 40, 60)
            frame = scene(PERSON, hand, index=index)
            [matte] = saver.matte_batch([frame])
            wrong = np.abs(matte.alpha - truth(frame))[50:110, 110:170]
            worst = max(worst, float(wrong.max(axis=0).sum()) / 2)  # px that an edge lags, of two edges
        assert worst < 1.5
        assert len(bright.shown) < 60

    def test_a_matte_is_given_again_for_a_second_at_most(self, saver, bright):
        saver.level = Level(skip=True)
        for at_s in (0.0, 0.1, 0.2, 0.1 + LONGEST_S - 0.01):
            saver.matte_batch([scene(PERSON, at_s=at_s)])
        assert len(bright.shown) == 2
        saver.matte_batch([scene(PERSON, at_s=0.1 + LONGEST_S)])
        assert len(bright.shown) == 3

    def test_nobody_can_spoil_the_matte_that_is_kept(self, saver):
        saver.level = Level(skip=True)
        frames = [scene(PERSON, index=index, noise=0) for index in range(4)]
        for frame in frames:
            [matte] = saver.matte_batch([frame])
            assert matte.alpha.max() == 1
            matte.alpha[:] = 0

    def test_another_frame_size_restarts_it(self, saver, bright):
        saver.level = Level(skip=True)
        for index in range(3):
            saver.matte_batch([scene(PERSON, index=index)])
        small = scene(PERSON, index=3)
        small = Frame(pixels=np.ascontiguousarray(small.pixels[::2, ::2]), index=3, captured_s=small.captured_s)
        saver.matte_batch([small])
        assert len(bright.shown) == 3  # two of the large ones


class TestCrop:
    def test_the_network_sees_the_part_where_somebody_is(self, saver, bright):
        saver.level = Level(crop=True)
        ready(saver, *(scene(PERSON, index=index) for index in range(3)))
        for index in range(3, 14):
            frame = scene((60 + 0.5 * index, *PERSON[1:]), index=index)
            [matte] = saver.matte_batch([frame])
            assert matte.alpha.shape == FULL[::-1]
            assert np.abs(matte.alpha - truth(frame)).mean() < 0.02
        assert set(bright.shown) == {(128, 160)}

    def test_it_comes_back_to_the_whole_picture_regularly(self, saver, bright):
        saver.level = Level(crop=True)
        ready(saver, *(scene(PERSON, index=index) for index in range(3)))
        for index in range(3, 3 + int(2 * FPS)):
            saver.matte_batch([scene(PERSON, index=index)])
        assert 2 / WHOLE_EVERY_S - 1 <= bright.shown.count(FULL) <= 2 / WHOLE_EVERY_S + 1

    def test_a_second_person_who_enters_is_there_at_once(self, saver, bright):
        saver.level = Level(crop=True)
        ready(saver, *(scene(PERSON, index=index) for index in range(3)))
        saver.matte_batch([scene(PERSON, index=3)])
        assert bright.shown == [(128, 160)]
        frame = scene(PERSON, (430, 100, 80, 188), index=4)
        [matte] = saver.matte_batch([frame])
        assert np.abs(matte.alpha - truth(frame)).mean() < 0.005

    def test_a_person_who_reaches_out_of_the_part_is_whole(self, saver, bright):
        saver.level = Level(crop=True)
        ready(saver, *(scene(PERSON, index=index) for index in range(3)))
        frame = scene(PERSON, (170, 150, 200, 40), index=3)
        [matte] = saver.matte_batch([frame])
        assert np.abs(matte.alpha - truth(frame)).mean() < 0.005

    def test_nobody_in_view_and_somebody_everywhere_are_seen_whole(self, saver, bright):
        saver.level = Level(crop=True)
        for boxes in ((), ((0, 0, WIDTH_PX, HEIGHT_PX),)):
            ready(saver, *(scene(*boxes, index=index) for index in range(3)))
            saver.matte_batch([scene(*boxes, index=3)])
            assert bright.shown == [FULL]

    @pytest.mark.slow
    def test_somebody_who_moves_about_never_waits_for_a_network(self, bright):
        """A matter keeps the latest few sizes: only the warming may ask for one that is not among them."""
        kept, waited = [FULL], []
        made = bright.matte_batch

        def matte_batch(frames, size_px=None):
            size = size_px or FULL
            if size in kept:
                kept.remove(size)
            elif frames[0].pixels.any():
                waited.append(size)
            kept.append(size)
            del kept[:-SIZES_KEPT]
            return made(frames, size_px)

        bright.matte_batch = matte_batch
        saver = SkipAndCrop(bright)
        saver.level = Level(crop=True)
        boxes = [(60, 180, 120, 50), (60, 100, 120, 110), (60, 90, 120, 198), (60, 180, 250, 50), (60, 100, 250, 110)]
        for turn, scale in enumerate((1.0, 1.0, 0.875, 1.0)):
            saver.level = Level(scale=scale, crop=True)
            for index in range(30):
                saver.matte_batch([scene(boxes[index // 6], index=30 * turn + index)])
                saver.close()
        assert not waited
        assert len(set(bright.shown)) >= SIZES_KEPT


class TestScale:
    def test_a_smaller_size_is_taken_when_it_is_ready(self, saver, bright):
        saver.matte_batch([scene(PERSON)])
        saver.level = Level(scale=0.75)
        saver.matte_batch([scene(PERSON, index=1)])
        saver.close()
        [after] = saver.matte_batch([scene(PERSON, index=2)])
        assert after.alpha.shape == (128, 192)
        saver.level = Level(scale=1.0)
        saver.matte_batch([scene(PERSON, index=3)])
        saver.close()
        [back] = saver.matte_batch([scene(PERSON, index=4)])
        assert back.alpha.shape == (160, 256)

    @pytest.mark.parametrize("kind", ["fixed", "refuses"])
    def test_a_network_that_cannot_keeps_its_size(self, saver, bright, kind):
        saver.matte_batch([scene(PERSON)])
        setattr(bright, kind, True)
        saver.level = Level(scale=0.75, crop=True)
        for index in range(1, 5):
            [matte] = saver.matte_batch([scene(PERSON, index=index)])
            saver.close()
            assert matte.alpha.shape == FULL[::-1]

    def test_no_size_goes_below_what_a_network_can_use(self, saver):
        saver.matte_batch([scene(PERSON)])
        saver.level = Level(scale=0.5)
        for index in range(1, 3):
            [matte] = saver.matte_batch([scene(PERSON, index=index)])
            saver.close()
        assert matte.alpha.shape == FULL[::-1]


@pytest.fixture
def held(bright):
    """Holds every network for another size back until it is let go: the sizes that were asked for, and the event."""
    made, asked, go_on = bright.matte_batch, [], threading.Event()

    def matte_batch(frames, size_px=None):
        if size_px is not None:
            asked.append(size_px)
            go_on.wait(60)
        return made(frames, size_px)

    bright.matte_batch = matte_batch
    yield asked, go_on
    go_on.set()


def test_the_loop_goes_on_while_a_network_is_made_ready(saver, held):
    saver.matte_batch([scene(PERSON)])
    saver.level = Level(scale=0.75)
    for index in range(1, 6):
        [matte] = saver.matte_batch([scene(PERSON, index=index)])
        assert matte.alpha.shape == FULL[::-1]
    asked, go_on = held
    go_on.set()
    saver.close()
    assert asked == [(192, 128)]  # once, not with every frame


def test_a_network_that_is_never_ready_does_not_hold_up_the_end(saver, held, monkeypatch):
    monkeypatch.setattr(module, "_CLOSING_S", 0.01)
    saver.matte_batch([scene(PERSON)])
    saver.level = Level(scale=0.75)
    saver.matte_batch([scene(PERSON, index=1)])
    closing = threading.Thread(target=saver.close)
    closing.start()
    closing.join(30)
    assert not closing.is_alive()
    assert saver._warming.is_alive()


def test_the_name_says_what_is_left_out(saver):
    assert saver.name == "bright"
    saver.level = Level(skip=True, crop=True)
    assert saver.name == "bright, skips still frames, crops to the person"
