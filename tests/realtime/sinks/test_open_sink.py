import subprocess
import sys
from pathlib import Path

import pytest

from realtime.errors import SinkError
from realtime.sinks import open_sink
from realtime.sinks.image_folder import ImageFolder
from realtime.sinks.null import Null


@pytest.mark.parametrize("spec", ["", "virtualcam", "window", "film.avi", "film", "Null"])
def test_an_unknown_sink_is_refused_and_all_kinds_are_named(spec: str) -> None:
    with pytest.raises(SinkError) as caught:
        open_sink(spec, width_px=64, height_px=48, fps=30)
    for choice in (
        repr(spec),
        "virtual-camera",
        "preview",
        "overlay",
        "ndi",
        "null",
        ".mp4",
        ".mkv",
        ".webm",
        ".mov",
        "folder/",
    ):
        assert choice in str(caught.value)


@pytest.mark.parametrize(
    "spec", ["live.twitch.tv/app/hunter2", "a.server:1935/app/hunter2", "rtmp//a.server/app/hunter2"]
)
def test_the_key_of_an_address_without_its_scheme_is_not_shown(spec: str) -> None:
    with pytest.raises(SinkError, match=r"there is no sink '.*/\*\*\*'.*Choose .*rtmp://HOST/APP/KEY") as caught:
        open_sink(spec, width_px=64, height_px=48, fps=30)
    assert "hunter2" not in str(caught.value)


def test_a_folder_that_is_there_needs_no_slash(tmp_path: Path) -> None:
    assert isinstance(open_sink(str(tmp_path), width_px=64, height_px=48, fps=30), ImageFolder)


def test_a_source_without_a_rate_is_recorded_at_a_usual_one(tmp_path: Path) -> None:
    open_sink(str(tmp_path / "film.mp4"), width_px=64, height_px=48, fps=0).close()


def test_null_counts() -> None:
    sink = Null()
    for _ in range(3):
        sink.send(None)  # type: ignore[arg-type]
    assert sink.sent == 3


def test_no_sink_is_imported_before_it_is_opened() -> None:
    code = "import sys, realtime.sinks; print([m for m in ('av', 'cv2', 'pyvirtualcam', 'PIL') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
