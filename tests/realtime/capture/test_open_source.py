from pathlib import Path

import pytest

from realtime.capture import open_source
from realtime.errors import SourceError
from realtime.settings.schema import CameraSettings


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("camra", "Did you mean camera"),
        ("smaple", "Did you mean sample"),
        ("xyzzy", "Choose camera, pipewire, screen, sample"),
        ("", "Choose camera"),
    ],
)
def test_an_unknown_source_names_the_choices(spec: str, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        open_source(spec, CameraSettings())


@pytest.mark.parametrize("name", ["gone.mp4", "gone.jpg", "folder/gone"])
def test_a_path_to_nowhere_is_a_missing_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match=f"there is no file .*{name}"):
        open_source(str(tmp_path / name), CameraSettings())


def test_a_path_may_begin_with_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    with pytest.raises(SourceError, match=f"{tmp_path.name}.*gone"):
        open_source("~/gone.mp4", CameraSettings())
