"""A screen is keyed: uneven, found by itself, with half-covered pixels; and no screen is an error, not a guess."""

from typing import Any

import cv2
import numpy as np
import pytest

from realtime.errors import MatterError
from realtime.frame import Alpha, Frame, Pixels
from realtime.matting import open_matter
from realtime.matting.chroma import ChromaMatter
from realtime.settings.schema import MattingSettings

HEIGHT, WIDTH = 128, 192
SCREENS = {"green": (64, 177, 0), "blue": (187, 71, 0)}
PEOPLE = {"skin": (120, 150, 200), "black": (20, 20, 22), "white": (240, 240, 240), "red": (40, 40, 190)}


def person() -> Alpha:
    """A soft oval."""
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    distance = np.hypot((across - 96) / 40, (down - 80) / 55)
    return np.clip((1 - distance) * 10 + 0.5, 0, 1).astype(np.float32)


def before(screen: tuple[int, int, int], colour: tuple[int, int, int], light: float = 0.0) -> Pixels:
    """The oval in one colour before a screen whose light falls off to the sides by ``light``; a noisy sensor."""
    across = np.linspace(-1, 1, WIDTH)[None, :, None]
    wall = np.array(screen) * (1 - light * across**2) * np.ones((HEIGHT, 1, 1))
    alpha = person()[..., None]
    noise = np.random.default_rng(0).normal(0, 2, (HEIGHT, WIDTH, 3))
    return (np.array(colour) * alpha + wall * (1 - alpha) + noise).clip(0, 255).astype(np.uint8)


def keyed(pixels: Pixels, spec: str = "chroma") -> Alpha:
    frame = Frame(pixels=pixels, index=0, captured_s=0.0)
    [coarse] = ChromaMatter(spec).matte_batch([frame])
    assert coarse.frame is frame
    return np.asarray(cv2.resize(coarse.alpha, (WIDTH, HEIGHT)), np.float32)


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("colour", PEOPLE)
def test_screen_and_person_are_distinguished(screen: str, colour: str) -> None:
    alpha, true = keyed(before(SCREENS[screen], PEOPLE[colour])), person()
    assert np.abs(alpha - true).mean() < 0.02
    assert alpha[true == 0].max() < 0.1
    assert np.quantile(alpha[true == 1], 0.01) > 0.95


def test_clothes_of_a_neighbouring_hue_are_person() -> None:
    yellow = (40, 220, 230)
    assert np.quantile(keyed(before(SCREENS["green"], yellow))[person() == 1], 0.01) > 0.95


def test_an_unevenly_lit_screen_is_screen_to_its_dark_sides() -> None:
    alpha = keyed(before(SCREENS["green"], PEOPLE["skin"], light=0.5))
    assert alpha[person() == 0].mean() < 0.01


def test_half_covered_pixels_come_out_between() -> None:
    true = person()
    half = (true > 0.4) & (true < 0.6)
    alpha = keyed(before(SCREENS["green"], PEOPLE["skin"]))[half]
    assert 0.25 < alpha.mean() < 0.75


def test_a_named_colour_is_keyed_and_nothing_else() -> None:
    magenta = (160, 20, 180)
    named = keyed(before(magenta, PEOPLE["skin"]), "chroma:#b414a0")
    assert np.abs(named - person()).mean() < 0.02
    assert keyed(before(SCREENS["blue"], PEOPLE["skin"]), "chroma:#00b140").min() > 0.9


@pytest.mark.parametrize("wall", [(200, 205, 210), (40, 40, 190), (0, 0, 0)], ids=["grey", "red", "black"])
def test_where_there_is_no_screen_it_says_so(wall: tuple[int, int, int]) -> None:
    with pytest.raises(MatterError, match=r"no green or blue screen.*chroma:#00b140"):
        keyed(before(wall, PEOPLE["skin"]))


@pytest.mark.parametrize(("spec", "words"), [("chroma:green", "#RRGGBB"), ("chroma:#c0c4c0", "too pale")])
def test_a_colour_that_cannot_be_keyed_is_an_error(spec: str, words: str) -> None:
    with pytest.raises(MatterError, match=words):
        open_matter(MattingSettings(weights=spec))


def test_settings_open_it_and_the_reference_size_is_kept_to() -> None:
    matter = open_matter(MattingSettings(weights="chroma", reference_size=64))
    assert matter.name == "chroma key, automatic"
    frame = Frame(pixels=before(SCREENS["green"], PEOPLE["skin"]), index=3, captured_s=0.0)
    assert matter.matte_batch([frame])[0].alpha.shape == (64, 96)
    assert matter.matte_batch([frame], (128, 96))[0].alpha.shape == (96, 128)
    matter.close()


WALL = (200, 205, 210)
"""A room's, which is no screen."""


def stream(*walls: tuple[int, int, int]) -> list[Frame]:
    """Somebody before one wall after another."""
    return [
        Frame(pixels=before(wall, PEOPLE["skin"]), index=index, captured_s=index / 30)
        for index, wall in enumerate(walls)
    ]


def test_the_last_screen_holds_while_a_stretch_shows_none() -> None:
    """Somebody stands close before it, or a title fills the frame."""
    matter, green = ChromaMatter(), SCREENS["green"]
    for frame in stream(green, WALL, WALL, green, WALL):
        [coarse] = matter.matte_batch([frame])
        if np.array_equal(frame.pixels, before(WALL, PEOPLE["skin"])):
            assert coarse.alpha.min() > 0.9
    [again] = matter.matte_batch([Frame(pixels=before(green, PEOPLE["skin"]), index=9, captured_s=600.0)])
    assert again.alpha.min() < 0.1


def test_a_screen_of_another_colour_takes_the_place_of_the_last() -> None:
    matter = ChromaMatter()
    _, blue, wall = (matter.matte_batch([frame])[0] for frame in stream(SCREENS["green"], SCREENS["blue"], WALL))
    assert blue.alpha.min() < 0.1
    assert wall.alpha.min() > 0.9


@pytest.mark.parametrize(
    "other",
    [
        {"index": 0, "captured_s": 0.0},
        {"index": 2, "captured_s": 0.0},
        {"index": 2, "captured_s": 2.0, "pixels": before(WALL, PEOPLE["skin"])[:64]},
    ],
    ids=["the next picture", "a jump back", "another size"],
)
def test_no_screen_comes_over_from_another_stream(other: dict[str, Any]) -> None:
    matter = ChromaMatter()
    matter.matte_batch(stream(SCREENS["green"], SCREENS["green"]))
    with pytest.raises(MatterError, match="no green or blue screen"):
        matter.matte_batch([Frame(**{"pixels": before(WALL, PEOPLE["skin"])} | other)])


def test_the_screen_of_a_later_frame_holds_from_the_start_where_it_was_looked_for() -> None:
    frames = stream(WALL, WALL, SCREENS["green"])
    matter, taken = ChromaMatter(), iter([*frames, *stream(SCREENS["blue"])])
    matter.look_ahead(taken)
    assert len(list(taken)) == 1
    assert [coarse.alpha.min() > 0.9 for coarse in matter.matte_batch(frames)] == [True, True, False]
    matter.look_ahead(stream(WALL))
    with pytest.raises(MatterError):
        matter.matte_batch(stream(WALL))
