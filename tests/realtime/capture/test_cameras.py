import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import pytest

from realtime.capture import cameras
from realtime.capture.cameras import Device, find_again, find_camera, list_cameras
from realtime.errors import SourceError

pytestmark = pytest.mark.usefixtures("camera")

LOGITECH = Device(handle="/dev/video0", name="Logitech C920")
INTEGRATED = Device(handle="/dev/video2", name="Integrated Webcam")


def test_cameras_are_listed_in_the_systems_order() -> None:
    assert list_cameras() == [LOGITECH, INTEGRATED]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("0", LOGITECH),
        ("2", INTEGRATED),
        ("/dev/video2", INTEGRATED),
        ("Logitech C920", LOGITECH),
        ("logi", LOGITECH),
        ("WEBCAM", INTEGRATED),
        ("7", Device(handle="/dev/video7", name="")),
        ("/dev/video7", Device(handle="/dev/video7", name="")),
    ],
)
def test_a_camera_is_found_by_number_path_and_part_of_its_name(wanted: str, found: Device) -> None:
    assert find_camera(wanted) == found


def test_a_link_leads_to_its_camera(tmp_path: Path) -> None:
    (tmp_path / "by-id").symlink_to("/dev/video0")
    assert find_camera(str(tmp_path / "by-id")) == Device(handle=str(tmp_path / "by-id"), name="Logitech C920")


def test_on_other_systems_cameras_are_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert list_cameras() == [Device(handle=0, name="Logitech C920"), Device(handle=2, name="Integrated Webcam")]
    assert find_camera("2").handle == 2
    assert find_camera("9").handle == 9


@pytest.mark.parametrize(("wanted", "near"), [("Logitec C290", "/dev/video0"), ("intergrated", "/dev/video2")])
def test_a_misspelt_name_gets_the_nearest(wanted: str, near: str) -> None:
    with pytest.raises(SourceError, match=rf"no camera matches '{wanted}'; found Logitech.*--camera {near}"):
        find_camera(wanted)


def test_a_name_that_two_cameras_have_is_not_guessed(listed: Callable[..., None]) -> None:
    listed(("HD Webcam", "/dev/video0"), ("HD Webcam", "/dev/video2"))
    with pytest.raises(SourceError, match=r"several cameras match 'webcam'.*--camera /dev/video0"):
        find_camera("webcam")


def test_a_whole_name_wins_over_a_part(listed: Callable[..., None]) -> None:
    listed(("Cam Link 4K", "/dev/video0"), ("Cam Link", "/dev/video2"))
    assert find_camera("cam link").handle == "/dev/video2"


def test_a_name_where_there_is_no_camera_says_so(listed: Callable[..., None]) -> None:
    listed()
    with pytest.raises(SourceError, match="no camera was found"):
        find_camera("Logitech")


@pytest.mark.parametrize("blocked", [True, False])
def test_where_cameras_cannot_be_listed_numbers_are_tried(
    blocked: bool, camera: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import cv2_enumerate_cameras as library

    def refuse(backend: int) -> None:
        raise NotImplementedError

    if blocked:
        monkeypatch.setitem(sys.modules, "cv2_enumerate_cameras", None)
    else:
        monkeypatch.setattr(library, "enumerate_cameras", refuse)
    monkeypatch.setattr(camera, "isOpened", lambda self: self.handle in (0, 2))
    assert [device.handle for device in list_cameras()] == [0, 2]
    assert all(made.released for made in camera.made)
    assert str(list_cameras()[0]) == "0"


@pytest.mark.skipif(sys.platform != "linux", reason="V4L2 is Linux's")
def test_linux_is_asked_through_v4l2() -> None:
    from realtime.capture.cameras import BACKENDS

    assert cv2.CAP_V4L2 in BACKENDS


class TestAgain:
    @pytest.fixture
    def opened(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Grows with every listing, which opens each camera for a moment."""
        listings: list[str] = []
        real = cameras.list_cameras

        def listed() -> list[Device]:
            listings.append("all")
            return real()

        monkeypatch.setattr(cameras, "list_cameras", listed)
        return listings

    @pytest.mark.parametrize("wanted", ["2", "integrated", "/dev/video2"])
    def test_a_camera_that_is_where_it_was_is_found_there_and_no_other_is_opened(
        self, opened: list[str], wanted: str
    ) -> None:
        assert find_again(INTEGRATED, wanted) == INTEGRATED
        assert not opened

    @pytest.mark.parametrize("wanted", ["2", "integrated"])
    def test_one_that_has_another_number_now_is_found_by_its_name(
        self, listed: Callable[..., None], wanted: str
    ) -> None:
        listed(("Integrated Webcam", "/dev/video0"), ("OBS Virtual Camera", "/dev/video2"))
        assert find_again(INTEGRATED, wanted) == Device(handle="/dev/video0", name="Integrated Webcam")

    def test_another_model_that_is_called_alike_will_do_for_a_name(self, listed: Callable[..., None]) -> None:
        listed(("Logitech Brio", "/dev/video4"))
        assert find_again(LOGITECH, "logitech").handle == "/dev/video4"

    @pytest.mark.parametrize("wanted", ["2", "integrated"])
    def test_one_that_is_away_is_not_looked_for_in_the_others(
        self, listed: Callable[..., None], opened: list[str], wanted: str
    ) -> None:
        listed(("OBS Virtual Camera", "/dev/video2"))
        with pytest.raises(SourceError, match=r"the camera Integrated Webcam \(/dev/video2\) is not there"):
            find_again(INTEGRATED, wanted)
        assert not opened

    def test_where_the_kernel_does_not_tell_another_one_is_not_taken_for_it_either(
        self, listed: Callable[..., None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        listed(("OBS Virtual Camera", "/dev/video2"))
        monkeypatch.setattr(cameras, "NODES", Path("/nowhere"))
        with pytest.raises(SourceError, match=r"Integrated Webcam \(/dev/video2\) is not there; found OBS"):
            find_again(INTEGRATED, "2")

    def test_a_node_that_only_goes_with_the_pictures_is_not_taken_for_the_camera(
        self, listed: Callable[..., None]
    ) -> None:
        listed(("Integrated Webcam", "/dev/video1"))
        beside = cameras.NODES / "video2"
        beside.mkdir()
        (beside / "name").write_text("Integrated Webcam\n")
        (beside / "index").write_text("1\n")
        assert find_again(INTEGRATED, "2").handle == "/dev/video1"

    def test_of_two_alike_the_one_at_its_number_is_taken(self, listed: Callable[..., None]) -> None:
        listed(("Integrated Webcam", "/dev/video0"), ("Integrated Webcam", "/dev/video2"))
        assert find_again(INTEGRATED, "2") == INTEGRATED

    def test_without_a_name_the_number_counts(self) -> None:
        assert find_again(Device(handle=1, name=""), "1") == Device(handle=1, name="")
