"""Why a camera does not open, and how one that was lost is found again."""

import errno
import os
import sys
from collections.abc import Callable

import cv2
import pytest

from realtime.capture import camera as module
from realtime.errors import SourceError
from tests.realtime.capture.opened_camera import Fake, opened


class TestAgain:
    """A lost camera is opened anew as the same one, whatever has its number now."""

    @pytest.fixture
    def moved(self, camera: Fake, listed: Callable[..., None]) -> Callable[[], None]:
        """Let the cameras change their places."""
        return lambda: listed(("Integrated Webcam", "/dev/video0"), ("Logitech C920", "/dev/video2"))

    def test_by_number_it_is_followed(self, camera: Fake, moved: Callable[[], None]) -> None:
        with opened(camera="0", fps=24) as source:
            moved()
            with source.again() as same:  # type: ignore[attr-defined]
                assert same.name.startswith("Logitech C920 (/dev/video2)")
        assert camera.made[1].asked == camera.made[0].asked

    @pytest.mark.parametrize(("wanted", "handle"), [("Logitech", "/dev/video2"), ("/dev/video0", "/dev/video0")])
    def test_by_name_or_path_it_is_looked_up_again(
        self, camera: Fake, moved: Callable[[], None], wanted: str, handle: str
    ) -> None:
        with opened(camera=wanted) as source:
            moved()
            source.again().close()  # type: ignore[attr-defined]
        assert camera.made[1].handle == handle

    def test_while_it_is_away_no_other_is_opened(self, camera: Fake, listed: Callable[..., None]) -> None:
        with opened(camera="0") as source:
            listed(("OBS Virtual Camera", "/dev/video0"))
            with pytest.raises(SourceError, match=r"Logitech C920 .* is not there"):
                source.again()  # type: ignore[attr-defined]
        assert len(camera.made) == 1

    def test_while_it_is_held_by_another_program_that_is_said_and_no_other_is_looked_at(
        self, camera: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("realtime.capture.cameras.os.open", lambda path, flags: os.dup(0))
        with opened(camera="Logitech") as source:
            camera.opens_with = {-1}
            monkeypatch.setattr("realtime.capture.cameras.list_cameras", lambda: pytest.fail("looked around"))
            with pytest.raises(SourceError, match=r"another program seems to use it.*fuser -v /dev/video0"):
                source.again()  # type: ignore[attr-defined]

    def test_one_that_dies_while_it_opens_must_be_plugged_in_again(
        self, camera: Fake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(path: str, flags: int) -> int:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV), path)

        monkeypatch.setattr("realtime.capture.cameras.os.open", refuse)
        with opened(camera="Logitech") as source:
            camera.opens_with = {-1}
            with pytest.raises(SourceError, match=r"it is not there. Plug it in again"):
                source.again()  # type: ignore[attr-defined]


class TestRefusals:
    @pytest.fixture(autouse=True)
    def refused(self, camera: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
        """No backend gets any camera, and the two that are listed have nodes."""
        camera.opens_with = {-1}
        monkeypatch.setattr("realtime.capture.cameras.os.open", lambda path, flags: os.dup(0))

    def test_a_busy_camera_says_how_to_find_who_has_it(self) -> None:
        with pytest.raises(
            SourceError, match=r"\(/dev/video0\): another program seems to use it.* fuser -v /dev/video0"
        ):
            opened(camera="/dev/video0")

    def test_one_that_captures_nothing_names_those_that_do(self) -> None:
        with pytest.raises(
            SourceError, match=r"/dev/video1: it does not capture video; found Logitech.*--camera /dev/video0"
        ):
            opened(camera="1")

    @pytest.mark.parametrize(
        ("number", "says"),
        [
            (errno.EACCES, r"no permission.*sudo usermod -aG video \$USER"),
            (errno.ENOENT, r"it is not there; found Logitech C920 \(/dev/video0\), Integrated.*greenless devices"),
            (errno.EIO, r"Input/output error; found Logitech"),
            (errno.ENODEV, r"it is not there; found Logitech"),
            (errno.EBUSY, r"another program seems to use it"),
        ],
    )
    def test_what_the_system_says_leads_to_the_cure(
        self, number: int, says: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(path: str, flags: int) -> int:
            raise OSError(number, os.strerror(number), path)

        monkeypatch.setattr("realtime.capture.cameras.os.open", refuse)
        with pytest.raises(SourceError, match=says):
            opened(camera="/dev/video0")

    def test_of_several_ways_all_that_were_tried_are_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "BACKENDS", (cv2.CAP_MSMF, cv2.CAP_DSHOW))
        with pytest.raises(SourceError, match=r"\(tried .+, .+\): another program"):
            opened(camera="/dev/video0")

    def test_no_camera_at_all_says_so(self, listed: Callable[..., None]) -> None:
        listed()
        with pytest.raises(SourceError, match=r"no camera was found.*Plug one in"):
            opened()

    @pytest.mark.parametrize("platform", ["darwin", "win32"])
    def test_other_systems_have_other_cures(self, platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", platform)
        with pytest.raises(SourceError, match=r"Close the other program, or .* Privacy & Security > Camera"):
            opened(camera="0")

    def test_a_number_beyond_the_last_names_those_there_are(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "win32")
        with pytest.raises(SourceError, match=r"found Logitech C920 \(0\), Integrated Webcam \(2\)"):
            opened(camera="5")
