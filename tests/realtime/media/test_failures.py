"""The cure that a failed write names."""

import errno
import os
import shlex
from pathlib import Path

import pytest

from realtime.media.failures import cannot_write


@pytest.mark.parametrize(
    ("number", "what", "cure"),
    [
        (errno.ENOSPC, "the disk is full", "Free some space, or name another folder"),
        (errno.ENOENT, "there is no folder out", "mkdir -p out"),
        (errno.EACCES, "Permission denied", "Name a folder that you may write to"),
        (errno.EROFS, "Read-only file system", "Name a folder that you may write to"),
        (errno.EINVAL, "Invalid argument", "Name another file, with another ending or in another folder"),
    ],
)
def test_the_cure_fits_the_reason(number: int, what: str, cure: str) -> None:
    error = cannot_write(Path("out/a.mp4"), OSError(number, os.strerror(number)))
    assert str(error) == f"cannot write {Path('out/a.mp4')}: {what}. {cure}"


def test_a_folder_with_a_space_is_made_by_the_cure(tmp_path: Path) -> None:
    folder = tmp_path / "my films"
    error = cannot_write(folder / "a.mp4", FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)))
    assert shlex.split(error.cure) == ["mkdir", "-p", str(folder)]
