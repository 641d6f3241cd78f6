"""How a person is shown: cropped, small in a corner, or not at all."""

import numpy as np
import pytest

from realtime.frame import Composite, Frame, Matte
from realtime.framing.away import PersonPresence
from realtime.framing.framer import AWAY, Framer
from realtime.framing.framing import WHOLE, Crop
from realtime.framing.place import cropped, placed
from realtime.media.notice import draw_notice
from realtime.settings.schema import LookSettings

HEIGHT_PX, WIDTH_PX = 72, 128


def matte(alpha=None, time_s=0.0):
    """A picture whose red says where a column was, and whose green says where a row was."""
    pixels = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    pixels[..., 2] = np.arange(WIDTH_PX)
    pixels[..., 1] = np.arange(HEIGHT_PX)[:, None]
    if alpha is None:
        alpha = pixels[..., 2] / np.float32(WIDTH_PX)
    return Matte(alpha=alpha.astype(np.float32), frame=Frame(pixels=pixels, index=7, captured_s=time_s))


def block(part):
    """Somebody who covers this part of the picture."""
    alpha = np.zeros((HEIGHT_PX, WIDTH_PX), np.float32)
    side = np.sqrt(part)
    alpha[: round(side * HEIGHT_PX), : round(side * WIDTH_PX)] = 1
    return alpha


def test_by_default_a_matte_goes_through_as_it_is():
    given = matte()
    assert Framer(LookSettings()).show(given) is given


def test_the_whole_crop_is_the_matte_itself():
    given = matte()
    assert cropped(given, WHOLE) is given


def test_a_crop_shows_its_part_and_pixels_and_alpha_stay_together():
    shown = cropped(matte(), Crop(0.5, 0.25, 0.5))
    red, green = shown.frame.pixels[..., 2].astype(float), shown.frame.pixels[..., 1].astype(float)
    assert (red[:, 0].mean(), red[:, -1].mean()) == (pytest.approx(32, abs=1), pytest.approx(95, abs=1))
    assert (green[0].mean(), green[-1].mean()) == (pytest.approx(0, abs=1), pytest.approx(35, abs=1))
    np.testing.assert_allclose(shown.alpha, red / WIDTH_PX, atol=0.6 / WIDTH_PX)
    assert (shown.frame.index, shown.frame.captured_s) == (7, 0.0)


def test_a_crop_that_creeps_does_not_step():
    columns = np.arange(WIDTH_PX, dtype=np.float32) / WIDTH_PX
    given = matte(np.broadcast_to(columns, (HEIGHT_PX, WIDTH_PX)))
    middles = [cropped(given, Crop(0.4 + at / 10_000, 0.5, 0.5)).alpha[36, 64] for at in range(50)]
    np.testing.assert_allclose(np.diff(middles), 1 / 10_000, atol=3e-5)


@pytest.mark.parametrize(
    ("corner", "rows", "columns"),
    [
        ("bottom-right", (54, 72), (96, 128)),
        ("bottom-left", (54, 72), (0, 32)),
        ("bottom", (54, 72), (48, 80)),
        ("top-right", (0, 18), (96, 128)),
        ("top-left", (0, 18), (0, 32)),
    ],
)
def test_a_small_person_stands_in_its_corner_and_nobody_elsewhere(corner, rows, columns):
    shown = placed(matte(np.ones((HEIGHT_PX, WIDTH_PX))), 0.25, corner)
    there = np.zeros((HEIGHT_PX, WIDTH_PX), bool)
    there[slice(*rows), slice(*columns)] = True
    np.testing.assert_array_equal(shown.alpha == 1, there)
    assert not shown.frame.pixels[~there].any()
    red = shown.frame.pixels[rows[0], slice(*columns), 2].astype(float)
    np.testing.assert_allclose(red, np.arange(32) * 4 + 1.5, atol=1)


def test_nobody_is_put_small_before_the_room_itself():
    given = matte()
    assert Framer(LookSettings(person_size=0.3), room=True).show(given) is given
    assert Framer(LookSettings(person_size=0.3)).show(given) is not given


def test_somebody_is_gone_after_the_specks_and_back_with_a_face():
    presence = PersonPresence()
    assert presence.missing_s(matte(block(0.3), 1.0)) == 0
    assert presence.missing_s(matte(block(0.0), 2.0)) == 0
    assert presence.missing_s(matte(block(0.0), 3.5)) == 1.5
    assert presence.missing_s(matte(block(0.006), 4.0)) == 2.0
    assert presence.missing_s(matte(block(0.03), 5.0)) == 0
    assert presence.missing_s(matte(block(0.006), 6.0)) == 0


@pytest.mark.parametrize("away", ["keep", "background", "notice"])
def test_what_is_shown_when_nobody_is_there_for_a_while(away):
    look = Framer(LookSettings(away=away, away_after_s=2.0))
    specks = np.zeros((HEIGHT_PX, WIDTH_PX), np.float32)
    specks[4, 4] = 1
    early, late = matte(specks, 0.0), matte(specks, 2.5)
    assert look.show(early) is early
    shown = look.show(late)
    if away == "keep":
        assert shown is late
    elif away == "background":
        assert shown.alpha.max() == 0
        assert shown.frame is late.frame
    else:
        assert isinstance(shown, Composite)
        np.testing.assert_array_equal(shown.pixels, draw_notice(AWAY, WIDTH_PX, HEIGHT_PX))
        assert shown.matte.alpha.max() == 0
        assert (shown.frame.index, shown.frame.captured_s) == (7, 2.5)
    back = matte(block(0.3), 3.0)
    assert look.show(back) is back


def test_a_look_that_takes_over_in_mid_stream_frames_on_where_the_one_before_was():
    look = Framer(LookSettings(framing=True, framing_zoom=2.0))
    for index in range(120):
        before = look.show(matte(block(0.04), index / 30))
    look = Framer(LookSettings(framing=True, framing_zoom=2.0, person_size=0.5), room=True, like=look)
    after = look.show(matte(block(0.04), 4.0))
    np.testing.assert_allclose(after.alpha, before.alpha, atol=0.02)


def test_another_zoom_is_glided_to_however_near_it_lies():
    look = Framer(LookSettings(framing=True, framing_zoom=2.0))
    for index in range(120):
        before = look.show(matte(block(0.04), index / 30)).alpha.mean()
    look = Framer(LookSettings(framing=True, framing_zoom=2.1), like=look)
    first, *_, last = [look.show(matte(block(0.04), 4 + index / 30)).alpha.mean() for index in range(120)]
    assert first == pytest.approx(before, rel=0.01)
    assert last == pytest.approx(before * (2.1 / 2.0) ** 2, rel=0.03)


def test_framing_that_was_off_begins_with_the_whole_picture():
    look = Framer(LookSettings(framing=True, framing_zoom=2.0))
    for index in range(120):
        look.show(matte(block(0.04), index / 30))
    look = Framer(LookSettings(), like=look)
    look = Framer(LookSettings(framing=True, framing_zoom=2.0), like=look)
    given = matte(block(0.04), 60.0)
    assert look.show(given) is given


def test_who_is_away_stays_so_when_the_look_changes_unless_nobody_looked_meanwhile():
    nobody = np.zeros((HEIGHT_PX, WIDTH_PX), np.float32)
    look = Framer(LookSettings(away="notice", away_after_s=2.0))
    look.show(matte(nobody, 0.0))
    other = Framer(LookSettings(away="notice", away_after_s=2.0, person_size=0.5), like=look)
    assert isinstance(other.show(matte(nobody, 2.5)), Composite)
    kept = Framer(LookSettings(), like=other)
    again = Framer(LookSettings(away="notice", away_after_s=2.0), like=kept)
    assert isinstance(again.show(matte(nobody, 60.0)), Matte)


def test_framing_follows_the_person_in_a_stream():
    look = Framer(LookSettings(framing=True, framing_zoom=2.0))
    alpha = np.zeros((HEIGHT_PX, WIDTH_PX), np.float32)
    alpha[30:, 20:40] = 1
    for index in range(120):
        shown = look.show(matte(alpha, index / 30))
    assert shown.alpha.mean() > 2 * alpha.mean()
    assert shown.frame.pixels.shape == (HEIGHT_PX, WIDTH_PX, 3)
