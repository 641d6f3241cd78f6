from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from realtime.errors import SinkError
from realtime.frame import Composite
from realtime.sinks.image_folder import ImageFolder

MakeComposite = Callable[..., Composite]


def test_composites_are_numbered_in_the_order_they_came(tmp_path: Path, make_composite: MakeComposite) -> None:
    with ImageFolder(tmp_path / "deep" / "in") as sink:
        for index in (3, 7, 8):  # frames were dropped between them
            sink.send(make_composite(index))
    names = sorted(path.name for path in (tmp_path / "deep" / "in").iterdir())
    assert names == ["000000.png", "000001.png", "000002.png"]


def test_a_composite_is_kept_to_the_bit(tmp_path: Path, make_composite: MakeComposite) -> None:
    composite = make_composite()
    with ImageFolder(tmp_path) as sink:
        sink.send(composite)
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "000000.png"), cv2.IMREAD_UNCHANGED), composite.pixels)


def test_without_a_background_colour_and_alpha_are_straight(tmp_path: Path, make_composite: MakeComposite) -> None:
    composite = make_composite(transparent=True)
    with ImageFolder(tmp_path) as sink:
        sink.send(composite)
    read = cv2.imread(str(tmp_path / "000000.png"), cv2.IMREAD_UNCHANGED)
    assert read.shape == (48, 64, 4)
    np.testing.assert_array_equal(read[..., :3], composite.foreground)
    np.testing.assert_array_equal(read[..., 3], (composite.matte.alpha * 255).round())


def test_pictures_of_an_earlier_run_are_not_mixed_with_new_ones(tmp_path: Path, make_composite: MakeComposite) -> None:
    with ImageFolder(tmp_path) as sink:
        sink.send(make_composite())
    with pytest.raises(SinkError, match="already holds 1 numbered images") as caught:
        ImageFolder(tmp_path)
    assert "name another folder" in caught.value.cure


def test_other_files_in_the_folder_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    ImageFolder(tmp_path)


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    with pytest.raises(SinkError, match="taken"):
        ImageFolder(tmp_path / "taken" / "folder")


def test_a_folder_that_disappears_is_reported(tmp_path: Path, make_composite: MakeComposite) -> None:
    sink = ImageFolder(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(SinkError, match="cannot write"):
        sink.send(make_composite())
