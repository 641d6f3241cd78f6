import numpy as np
import pytest

from realtime.frame import Composite, Frame, Matte
from realtime.loop import failsafe
from realtime.loop.failsafe import PAUSED, SHUTTER_CLOSED, WAITING, FailSafe
from realtime.media.notice import draw_notice

CAMERA = 200


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(failsafe.time, "perf_counter", lambda: now[0])

    def forward(seconds):
        now[0] += seconds

    return forward


def camera_frame(index=3):
    return Frame(pixels=np.full((120, 160, 3), CAMERA, np.uint8), index=index, captured_s=99.0)


def finished(frame):
    matte = Matte(alpha=np.ones(frame.pixels.shape[:2], np.float32), frame=frame)
    return Composite(pixels=frame.pixels, matte=matte, person=frame.pixels)


def test_the_last_composite_is_sent_again_as_of_now(clock):
    safe = FailSafe()
    composite = finished(camera_frame())
    safe.good(composite)
    clock(0.5)
    again = safe.instead(PAUSED, camera_frame(4))
    assert again.pixels is composite.pixels
    assert again.frame.index == 3
    assert again.frame.captured_s == 100.5


def test_after_a_second_a_notice_without_a_camera_pixel_takes_its_place(clock):
    safe = FailSafe()
    safe.good(finished(camera_frame()))
    safe.instead(PAUSED, camera_frame(4))
    clock(1.1)
    notice = safe.instead(PAUSED, camera_frame(5))
    for pixels in (notice.pixels, notice.foreground, notice.frame.pixels):
        assert pixels.shape == (120, 160, 3)
        np.testing.assert_array_equal(pixels, draw_notice(PAUSED, 160, 120))
    assert notice.matte.alpha.max() == 0
    assert notice.frame.captured_s == pytest.approx(101.1)


def test_the_second_of_grace_restarts_after_a_finished_composite(clock):
    safe = FailSafe()
    for _ in range(3):
        composite = finished(camera_frame())
        safe.good(composite)
        assert safe.instead(PAUSED, camera_frame()).pixels is composite.pixels
        clock(0.9)


def test_without_a_composite_the_notice_comes_at_once():
    notice = FailSafe().instead(PAUSED, camera_frame())
    assert notice.matte.alpha.max() == 0


def test_without_any_frame_there_is_nothing_to_send():
    assert FailSafe().instead(WAITING, None) is None


def test_a_notice_has_the_size_of_the_frame_that_failed():
    safe = FailSafe()
    safe.instead(PAUSED, camera_frame())
    small = Frame(pixels=np.zeros((48, 64, 3), np.uint8), index=0, captured_s=0.0)
    assert safe.instead(PAUSED, small).pixels.shape == (48, 64, 3)


@pytest.mark.parametrize("text", [PAUSED, WAITING])
@pytest.mark.parametrize(("width_px", "height_px"), [(1280, 720), (480, 848), (64, 48), (1, 1)])
def test_a_notice_is_dark_and_its_text_does_not_touch_the_border(text, width_px, height_px):
    pixels = draw_notice(text, width_px, height_px)
    assert pixels.shape == (height_px, width_px, 3)
    assert pixels.mean() < 70
    if width_px > 100:
        border = np.concatenate([pixels[:, :8].reshape(-1, 3), pixels[:, -8:].reshape(-1, 3)])
        assert (border == pixels[0, 0]).all()
        assert pixels.max() > 150
        drawn = np.flatnonzero((pixels != pixels[0, 0]).any(axis=(1, 2)))
        assert 0.3 * height_px < drawn.mean() < 0.7 * height_px


def test_a_notice_that_is_asked_for_comes_at_once_and_what_was_before_does_not_come_back(clock):
    safe = FailSafe()
    assert safe.notice(SHUTTER_CLOSED, None) is None
    safe.good(finished(camera_frame()))
    notice = safe.notice(SHUTTER_CLOSED, None)
    np.testing.assert_array_equal(notice.pixels, draw_notice(SHUTTER_CLOSED, 160, 120))
    clock(0.1)
    again = safe.instead(PAUSED, camera_frame())
    np.testing.assert_array_equal(again.pixels, draw_notice(PAUSED, 160, 120))
