"""A logo or a lower third in front of the composite, against Pillow's compositing and by hand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks.people.sample import Truth
from realtime.errors import SceneError
from realtime.frame import Frame, Matte, Pixels
from realtime.scene.compose import Scene
from realtime.scene.logo import Logo
from realtime.settings.schema import SceneSettings

MakeMatte = Callable[..., Matte]
GREEN = (0, 255, 0)


def composed(matte: Matte, overlay: str, **settings: object) -> Pixels:
    return Scene(SceneSettings(**{"background": "#00ff00", "overlay": overlay, **settings})).compose(matte).pixels  # type: ignore[arg-type]


@pytest.fixture
def soft(tmp_path: Path) -> Path:
    """24x16 of random colours, with every alpha from 0 to 255 and more in chance order."""
    rng = np.random.default_rng(3)
    rgba = rng.integers(0, 256, (16, 24, 4), np.uint8)
    rgba[..., 3].flat[:256] = np.arange(256)
    Image.fromarray(rgba, "RGBA").save(tmp_path / "soft.png")
    return tmp_path / "soft.png"


@pytest.fixture
def red(tmp_path: Path) -> Path:
    """20x10, opaque red."""
    Image.new("RGB", (20, 10), (255, 0, 0)).save(tmp_path / "red.png")
    return tmp_path / "red.png"


def where_red(pixels: Pixels) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is red, as slices have them."""
    rows, columns = np.nonzero((pixels == (0, 0, 255)).all(axis=2))
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


@pytest.mark.parametrize("background", ["#00ff00", "none", "blur", "transparent"])
def test_it_is_blended_over_the_composite_as_pillow_does_it(make_matte: MakeMatte, soft: Path, background: str) -> None:
    matte = make_matte()
    below = composed(matte, "", background=background)
    got = composed(matte, f"{soft}:100,40", background=background)
    expected = Image.fromarray(below[..., ::-1]).convert("RGBA")
    expected.alpha_composite(Image.open(soft), (100, 40))
    difference = np.abs(got.astype(int) - np.asarray(expected.convert("RGB"))[..., ::-1])
    assert difference.max() <= 1  # Pillow rounds each channel on its own way
    outside = np.ones(got.shape[:2], bool)
    outside[40:56, 100:124] = False
    assert not difference[outside].any()


def test_where_alpha_is_0_or_1_it_is_exact(make_matte: MakeMatte, soft: Path) -> None:
    matte = make_matte()
    below, got = composed(matte, ""), composed(matte, f"{soft}:7,9")
    rgba = np.asarray(Image.open(soft))
    region = np.s_[9:25, 7:31]
    clear, opaque = rgba[..., 3] == 0, rgba[..., 3] == 255
    np.testing.assert_array_equal(got[region][clear], below[region][clear])
    np.testing.assert_array_equal(got[region][opaque], rgba[..., 2::-1][opaque])


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("", (0, 0, 20, 10)),
        (":30,40", (30, 40, 50, 50)),
        (":-30,-40", (110, 40, 130, 50)),  # 160 - 30 - 20 from the left, 90 - 40 - 10 from the top
        (":1.0,0.0", (140, 0, 160, 10)),
        (":0.5,1.0", (70, 80, 90, 90)),
        (":0.0,0.0,2", (0, 0, 40, 20)),
        (":1.0,1.0,0.5", (150, 85, 160, 90)),
        (":150,85", (150, 85, 160, 90)),  # cut off at the edge
        (":1.0,0,9", (0, 0, 160, 90)),  # larger than the frame
    ],
)
def test_it_stands_where_the_numbers_say(
    make_matte: MakeMatte, red: Path, place: str, expected: tuple[int, int, int, int]
) -> None:
    assert where_red(composed(make_matte(), f"{red}{place}")) == expected


def test_outside_the_frame_there_is_nothing_of_it(make_matte: MakeMatte, red: Path) -> None:
    matte = make_matte()
    for place in ("200,0", "0,200", "-200,0", "0,-200"):
        np.testing.assert_array_equal(composed(matte, f"{red}:{place}"), composed(matte, ""))


def test_without_a_scale_a_larger_image_fits_into_the_frame(make_matte: MakeMatte, tmp_path: Path) -> None:
    Image.new("RGB", (640, 180), (255, 0, 0)).save(tmp_path / "wide.png")
    assert where_red(composed(make_matte(), f"{tmp_path / 'wide.png'}:0.0,1.0")) == (0, 45, 160, 90)


def test_a_half_clear_edge_keeps_its_colour_when_it_shrinks(make_matte: MakeMatte, tmp_path: Path) -> None:
    """White with hidden black around it: where straight colours are averaged, the edge turns grey."""
    rgba = np.zeros((41, 41, 4), np.uint8)
    rgba[10:31, 10:31] = 255
    Image.fromarray(rgba, "RGBA").save(tmp_path / "white.png")
    matte = make_matte()
    got = composed(matte, f"{tmp_path / 'white.png'}:0,0,0.5", background="#ffffff")
    assert (got[:21, :21] == 255).all()


def test_it_follows_another_size_of_frames(make_matte: MakeMatte, red: Path) -> None:
    scene = Scene(SceneSettings(background="#00ff00", overlay=f"{red}:1.0,1.0"))
    assert where_red(scene.compose(make_matte()).pixels) == (140, 80, 160, 90)
    small = np.zeros((30, 40, 3), np.uint8)
    assert where_red(scene.compose(make_matte(pixels=small)).pixels) == (20, 20, 40, 30)


@pytest.mark.parametrize("background", ["transparent", "#00ff00", "none"])
def test_cut_outs_and_the_frame_hold_nothing_of_it(make_matte: MakeMatte, red: Path, background: str) -> None:
    matte = make_matte()  # its pixels are read-only
    plain = Scene(SceneSettings(background=background)).compose(matte)
    with_logo = Scene(SceneSettings(background=background, overlay=f"{red}:100,40")).compose(matte)
    np.testing.assert_array_equal(with_logo.foreground, plain.foreground)
    assert with_logo.matte is matte
    assert where_red(with_logo.pixels) == (100, 40, 120, 50)


def test_on_a_device_it_is_the_same(hair: Truth, soft: Path) -> None:
    pytest.importorskip("torch")
    from realtime.gpu.matte import GpuMatte
    from realtime.gpu.memory import frame_on_device, sent

    there, here = (Frame(pixels=hair.pixels, index=0, captured_s=0.0) for _ in range(2))
    frame_on_device(there, "cpu")
    on_gpu, plain = GpuMatte(alpha=sent(hair.alpha, "cpu"), frame=there), Matte(alpha=hair.alpha, frame=here)
    for background in ("#00ff00", "transparent"):
        scene = Scene(SceneSettings(background=background, overlay=f"{soft}:0.5,0.5,4"))
        ours, theirs = scene.compose(on_gpu).pixels, scene.compose(plain).pixels
        assert np.abs(ours.astype(int) - theirs).max() <= 1
        bare = Scene(SceneSettings(background=background)).compose(on_gpu).pixels
        assert (ours != bare).any()


def test_a_scene_that_follows_another_reads_the_file_only_if_it_is_another(make_matte: MakeMatte, red: Path) -> None:
    before = SceneSettings(background="#00ff00", overlay=str(red))
    scene = Scene(before)
    red.unlink()
    same = Scene(SceneSettings(background="#0000ff", overlay=str(red)), like=scene)
    assert where_red(same.compose(make_matte()).pixels) == (0, 0, 20, 10)
    without = Scene(SceneSettings(background="#00ff00"), like=same)
    assert (without.compose(make_matte()).pixels[:10, :20] == GREEN).all()
    with pytest.raises(SceneError, match="there is no file"):
        Scene(SceneSettings(overlay=f"{red}:1,1"), like=without)


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("gone.png", None, "there is no file"),
        ("text.png", b"no image", "is not an image"),
        ("cut.png", b"\x89PNG\r\n\x1a\n", "is not an image|cannot read"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_that_says_how_to_name_one(
    tmp_path: Path, name: str, content: bytes | None, what: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SceneError, match=what) as caught:
        Logo(f"{path}:1,2")
    assert str(path) in caught.value.what
    assert "FILE:X,Y,SCALE" in caught.value.cure


@pytest.mark.parametrize("scale", ["0.01", "20"])
def test_a_size_that_cannot_be_is_named(tmp_path: Path, scale: str) -> None:
    Image.new("RGB", (3000, 12)).save(tmp_path / "wide.png")
    if scale == "0.01":
        with pytest.raises(SceneError, match="would be 30x0"):
            Logo(f"{tmp_path / 'wide.png'}:0,0,{scale}")
    else:
        Image.new("L", (3000, 3000)).save(tmp_path / "large.png")
        with pytest.raises(SceneError, match="would be 60000x60000"):
            Logo(f"{tmp_path / 'large.png'}:0,0,{scale}")
