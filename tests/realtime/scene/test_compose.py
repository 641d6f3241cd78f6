from collections.abc import Callable

import numpy as np
import pytest

from realtime.errors import SceneError
from realtime.frame import Matte, Pixels
from realtime.scene import compose
from realtime.scene.background import Picture
from realtime.scene.compose import Scene
from realtime.settings import SceneSettings

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
    class Closable(Picture):
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
