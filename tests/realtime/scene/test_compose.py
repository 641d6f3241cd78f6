from collections.abc import Callable
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest

from benchmarks.people.sample import Truth
from realtime.errors import SceneError
from realtime.frame import Frame, Matte, Pixels
from realtime.scene import compose
from realtime.scene.background import StillBackground
from realtime.scene.blend import blend
from realtime.scene.compose import Scene
from realtime.scene.edge_colours import cut_out
from realtime.scene.rim import Rim
from realtime.settings.schema import Quality, SceneSettings

MakeMatte = Callable[..., Matte]
KINDS = ["none", "blur", "blur:0.2", "transparent", "#ff8000"]


def test_no_background_passes_the_picture_as_it_is(make_matte: MakeMatte) -> None:
    matte = make_matte()
    composite = Scene(SceneSettings(background="none")).compose(matte)
    np.testing.assert_array_equal(composite.pixels, matte.frame.pixels)
    assert not composite.transparent


def test_a_colour_is_exact_beside_the_person_and_the_person_is_untouched(make_matte: MakeMatte) -> None:
    matte = make_matte()
    pixels = Scene(SceneSettings(background="#FF8000")).compose(matte).pixels
    assert (pixels[:, :80] == (0, 128, 255)).all()
    np.testing.assert_array_equal(pixels[:, 80:], matte.frame.pixels[:, 80:])


def test_transparent_is_the_person_over_black(make_matte: MakeMatte, noise: Pixels) -> None:
    matte = make_matte(alpha=np.full(noise.shape[:2], 0.5, np.float32))
    composite = Scene(SceneSettings(background="transparent", edge_colours="camera")).compose(matte)
    assert composite.transparent
    assert abs(composite.pixels - noise / 2).max() <= 1.5


@pytest.mark.parametrize("background", KINDS)
def test_the_foreground_holds_no_colour_of_the_room(make_matte: MakeMatte, background: str) -> None:
    matte = make_matte()
    foreground = Scene(SceneSettings(background=background)).compose(matte).foreground
    assert not foreground[:, :80].any()
    np.testing.assert_array_equal(foreground[:, 80:], matte.frame.pixels[:, 80:])


@pytest.mark.parametrize("background", KINDS)
def test_the_composite_carries_its_matte_and_leaves_the_frame_alone(make_matte: MakeMatte, background: str) -> None:
    matte = make_matte()  # its pixels are read-only: numpy would refuse
    before = matte.frame.pixels.copy()
    composite = Scene(SceneSettings(background=background)).compose(matte)
    assert composite.matte is matte
    np.testing.assert_array_equal(matte.frame.pixels, before)


@pytest.mark.parametrize("background", ["blur", "transparent", "#ff8000"])
def test_a_later_composite_does_not_overwrite_an_earlier_one(make_matte: MakeMatte, background: str) -> None:
    scene = Scene(SceneSettings(background=background))
    first = scene.compose(make_matte())
    kept = first.pixels.copy(), first.foreground.copy()
    scene.compose(make_matte(pixels=np.zeros_like(first.pixels)))
    np.testing.assert_array_equal(first.pixels, kept[0])
    np.testing.assert_array_equal(first.foreground, kept[1])


def soft(hair: Truth) -> Matte:
    return Matte(alpha=hair.alpha, frame=Frame(pixels=hair.pixels, index=0, captured_s=0.0))


@pytest.mark.parametrize("background", KINDS)
def test_the_foreground_is_cut_out_when_it_is_asked_for_and_later_frames_change_nothing_of_it(
    hair: Truth, make_matte: MakeMatte, monkeypatch: pytest.MonkeyPatch, background: str
) -> None:
    scene = Scene(SceneSettings(background=background))
    expected = scene.compose(soft(hair)).foreground
    cuts: list[Pixels] = []
    monkeypatch.setattr(compose, "cut_out", lambda *given: cuts.append(cut_out(*given)) or cuts[-1])
    later = scene.compose(soft(hair))
    scene.compose(make_matte())
    assert not cuts
    np.testing.assert_array_equal(later.foreground, expected)
    assert later.foreground is cuts[0]
    assert len(cuts) == 1


@pytest.mark.parametrize("background", ["transparent", "#ff8000"])
@pytest.mark.parametrize("linear_light", [False, True])
def test_what_is_blended_is_the_foreground(hair: Truth, background: str, linear_light: bool) -> None:
    composite = Scene(SceneSettings(background=background, linear_light=linear_light)).compose(soft(hair))
    plate = np.zeros_like(hair.pixels)
    if not composite.transparent:
        plate[:] = 0, 128, 255
    again = blend(composite.foreground, plate, Rim.of(composite.matte.alpha8), linear_light=linear_light)
    assert abs(composite.pixels.astype(int) - again).max() <= 1  # of rounded colours


def test_the_frames_may_change_their_size(make_matte: MakeMatte) -> None:
    scene = Scene(SceneSettings(background="#102030"))
    for shape in ((90, 160), (45, 80), (90, 160)):
        assert scene.compose(make_matte(np.zeros((*shape, 3), np.uint8))).pixels.shape == (*shape, 3)


def test_an_unknown_background_is_refused_before_the_first_frame() -> None:
    with pytest.raises(SceneError, match=r"there is no background 'nowhere\.png'"):
        Scene(SceneSettings(background="nowhere.png"))


def test_closing_twice_is_fine() -> None:
    scene = Scene(SceneSettings())
    scene.close()
    scene.close()


def test_a_background_that_two_scenes_hold_is_closed_with_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closable(StillBackground):
        closed = 0

        def close(self) -> None:
            self.closed += 1

    background = Closable(np.zeros((1, 1, 3), np.uint8))
    monkeypatch.setattr(compose, "open_background", lambda *spec: background)
    first = Scene(SceneSettings(background="#000000"))
    second = Scene(SceneSettings(background="#000000", spill=0.5), like=first)
    first.close()
    first.close()
    assert background.closed == 0
    second.close()
    assert background.closed == 1


def half_covered(shape: tuple[int, int] = (90, 160)) -> tuple[Pixels, np.ndarray]:
    """A dark person on the right before a bright wall, with a soft edge of 5 px."""
    alpha = np.tile(np.clip(np.linspace(-16, 17, shape[1], dtype=np.float32), 0, 1), (shape[0], 1))
    grey = 40 * alpha + 220 * (1 - alpha)
    return np.repeat(np.rint(grey).astype(np.uint8)[..., None], 3, axis=2), alpha


@pytest.mark.parametrize(
    ("quality", "edge_colours", "cleans"),
    [("fast", "auto", False), ("balanced", "auto", True), ("best", "auto", True), ("best", "camera", False)],
)
def test_quality_sets_the_edges_colours_unless_they_are_set_themselves(
    make_matte: MakeMatte, quality: Quality, edge_colours: Literal["auto", "camera"], cleans: bool
) -> None:
    pixels, alpha = half_covered()
    scene = Scene(SceneSettings(background="#000000", edge_colours=edge_colours), quality)
    composite = scene.compose(make_matte(pixels, alpha))
    half = abs(alpha[45] - 0.5).argmin()
    assert (composite.foreground[45, half, 0] < 90) == cleans
    assert (composite.pixels[45, half, 0] < 45) == cleans


@pytest.mark.parametrize("asked", [{"light_wrap": 1.0}, {"match_background": 1.0}])
def test_a_pictures_light_falls_on_the_person_and_a_plain_colours_does_not(
    make_matte: MakeMatte, tmp_path: Path, asked: dict[str, float]
) -> None:
    pixels, alpha = half_covered()
    path = tmp_path / "sun.png"
    path.write_bytes(cv2.imencode(".png", np.full((90, 160, 3), (60, 160, 255), np.uint8))[1].tobytes())
    for background, falls in ((str(path), True), ("#ffa03c", False)):
        plain, lit = (
            Scene(SceneSettings(background=background, **settings)).compose(make_matte(pixels, alpha)).pixels  # type: ignore[arg-type]
            for settings in ({}, asked)
        )
        assert (np.abs(lit.astype(int) - plain)[alpha > 0.5].max() > 3) == falls


def test_a_dark_room_is_lifted_with_its_person(make_matte: MakeMatte) -> None:
    pixels, alpha = half_covered()
    dark = (pixels // 5).astype(np.uint8)
    for background in ("none", "blur"):
        plain, lifted = (
            Scene(SceneSettings(background=background, low_light=low_light)).compose(make_matte(dark, alpha)).pixels
            for low_light in (0.0, 1.0)
        )
        assert lifted[:, 140:].mean() > 2 * plain[:, 140:].mean()
        assert lifted[:, :20].mean() > plain[:, :20].mean()


def test_linear_light_makes_half_covered_pixels_lighter(make_matte: MakeMatte) -> None:
    pixels, alpha = half_covered()
    plain, linear = (
        Scene(SceneSettings(background="#ffffff", linear_light=on)).compose(make_matte(pixels, alpha)).pixels
        for on in (False, True)
    )
    half = abs(alpha[45] - 0.5).argmin()
    assert linear[45, half, 0] > int(plain[45, half, 0]) + 10
