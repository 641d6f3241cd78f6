from collections.abc import Callable

import numpy as np

from realtime.frame import Composite
from realtime.media.notice import notice
from realtime.sinks.canvas import TILE_GREYS, TILE_PX, PreviewOptions, draw, placeholder

MakeComposite = Callable[..., Composite]


def test_the_composite_is_shown_as_it_is(make_composite: MakeComposite) -> None:
    composite = make_composite()
    np.testing.assert_array_equal(draw(composite, PreviewOptions(), "30 fps"), composite.pixels)


def test_the_mirror_swaps_left_and_right(make_composite: MakeComposite) -> None:
    composite = make_composite(width_px=64)
    pixels = composite.pixels.copy()
    pixels[:, :8] = 255
    marked = Composite(pixels=pixels, matte=composite.matte, person=composite.foreground)
    np.testing.assert_array_equal(draw(marked, PreviewOptions(mirror=True), ""), pixels[:, ::-1])


def test_words_can_be_read_in_the_mirror_too(make_composite: MakeComposite) -> None:
    words = notice(("Camera off",), make_composite(width_px=64).frame, captured_s=0.0)
    assert (words.pixels != words.pixels[:, ::-1]).any()
    np.testing.assert_array_equal(draw(words, PreviewOptions(mirror=True), ""), words.pixels)


def test_side_by_side_are_original_composite_and_matte(make_composite: MakeComposite) -> None:
    canvas = draw(make_composite(), PreviewOptions(side_by_side=True), "")
    assert canvas.shape == (24, 96, 3)
    assert canvas[12, 16].tolist() == [99, 99, 99]
    assert canvas[12, 48].tolist() == [20, 30, 220]
    assert canvas[2, 34].tolist() == [200, 60, 20]
    assert canvas[12, 80].tolist() == [255, 255, 255]
    assert canvas[2, 66].tolist() == [0, 0, 0]


def test_side_by_side_in_the_mirror_keeps_its_order(make_composite: MakeComposite) -> None:
    canvas = draw(make_composite(), PreviewOptions(side_by_side=True, mirror=True), "")
    assert canvas[12, 16].tolist() == [99, 99, 99]


def test_where_nothing_stands_behind_the_person_there_are_tiles(make_composite: MakeComposite) -> None:
    canvas = draw(make_composite(transparent=True), PreviewOptions(), "")
    assert {int(canvas[2, 2, 0]), int(canvas[2, 2 + TILE_PX, 0])} == set(TILE_GREYS)
    assert canvas[24, 32].tolist() == [20, 30, 220]


def test_figures_are_written_when_they_are_wished_and_read_the_right_way(make_composite: MakeComposite) -> None:
    composite = make_composite(width_px=320, height_px=180)
    plain, written = (
        draw(composite, PreviewOptions(mirror=True, stats=wish), "29.9 fps\n31 ms · ü") for wish in (False, True)
    )
    light = np.flatnonzero((written > plain).any(axis=(0, 2)))
    assert 0 < light.min() < 20, "the text begins on the left, mirror or not"


def test_figures_can_be_read_on_a_bright_picture(make_composite: MakeComposite) -> None:
    composite = make_composite(width_px=320, height_px=180)
    white = Composite(pixels=np.full_like(composite.pixels, 255), matte=composite.matte, person=composite.foreground)
    strip = draw(white, PreviewOptions(stats=True), "29.9 fps")[:10, :60]
    assert strip.min() <= 85
    assert strip.max() > 200
    assert np.median(strip) <= 85, "letters on a dark strip: no second, shifted set of them as their outline"


def test_nothing_is_drawn_into_the_composite(make_composite: MakeComposite) -> None:
    draw(make_composite(), PreviewOptions(stats=True), "30 fps")  # its arrays are read-only
    draw(
        make_composite(width_px=1, height_px=1, transparent=True),
        PreviewOptions(stats=True, side_by_side=True),
        "30 fps",
    )


def test_before_the_first_composite_there_is_a_notice() -> None:
    assert placeholder().any()
