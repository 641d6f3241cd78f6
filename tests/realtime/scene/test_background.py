from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from realtime.errors import SceneError
from realtime.frame import Matte
from realtime.media.fit import Fit
from realtime.scene.background import open_background

MakeMatte = Callable[..., Matte]


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("", "no background ''"),
        ("blurr", "no background 'blurr'"),
        ("blur:", "from 0 to 1"),
        ("blur:much", "from 0 to 1"),
        ("blur:1.5", "from 0 to 1"),
        ("blur:-0.1", "from 0 to 1"),
        ("blur:nan", "from 0 to 1"),
        ("#fff", "#RRGGBB"),
        ("#12345g", "#RRGGBB"),
        ("none:1", "no background"),
        ("beach.jpg", "no background 'beach.jpg'"),
    ],
)
def test_what_is_no_background_is_refused_with_a_cure(spec: str, says: str) -> None:
    with pytest.raises(SceneError, match=says) as caught:
        open_background(spec, "cover")
    assert caught.value.cure


def test_a_folder_is_no_background(tmp_path: Path) -> None:
    with pytest.raises(SceneError, match="there is no background"):
        open_background(str(tmp_path), "cover")


@pytest.mark.parametrize("name", ["broken.png", "broken.JPG", "broken.mp4", "broken.gif", "broken"])
@pytest.mark.parametrize("content", [b"", b"no picture at all"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SceneError, match="cannot read the background") as caught:
        open_background(str(path), "cover")
    assert name in str(caught.value)
    assert caught.value.cure


@pytest.mark.parametrize(("how", "above", "aside"), [("cover", 255, 255), ("contain", 50, 0), ("stretch", 50, 255)])
def test_an_image_fits_the_frame_as_the_setting_says(
    make_matte: MakeMatte, tmp_path: Path, how: Fit, above: int, aside: int
) -> None:
    square = np.full((90, 90, 3), 255, np.uint8)
    square[:22] = 50  # cut off where the frame is covered
    path = tmp_path / "Räume 2.5.png"
    path.write_bytes(cv2.imencode(".png", square)[1].tobytes())
    plate = open_background(str(path), how).plate(make_matte())
    assert plate.shape == (90, 160, 3)
    assert plate[15, 80, 0] == above
    assert plate[45, 10, 0] == aside


def test_a_picture_is_prepared_once_for_each_size(make_matte: MakeMatte, tmp_path: Path) -> None:
    path = tmp_path / "room.png"
    path.write_bytes(cv2.imencode(".png", np.full((50, 50, 3), 9, np.uint8))[1].tobytes())
    background = open_background(str(path), "cover")
    assert background.plate(make_matte()) is background.plate(make_matte())


def test_transparent_parts_of_a_picture_are_black(make_matte: MakeMatte, tmp_path: Path) -> None:
    half = np.full((90, 160, 4), 200, np.uint8)
    half[..., 3] = 255
    half[:, :80, 3] = 0
    path = tmp_path / "logo.png"
    path.write_bytes(cv2.imencode(".png", half)[1].tobytes())
    plate = open_background(str(path), "cover").plate(make_matte())
    assert not plate[:, :80].any()
    assert (plate[:, 80:] == 200).all()


def test_the_home_folder_may_be_written_as_a_tilde(
    make_matte: MakeMatte, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / "room.png").write_bytes(cv2.imencode(".png", np.full((9, 9, 3), 9, np.uint8))[1].tobytes())
    assert (open_background("~/room.png", "cover").plate(make_matte()) == 9).all()
