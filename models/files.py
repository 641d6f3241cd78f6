"""Writes files so that nothing half there is ever seen under their name, and tells files apart by their digests."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from models.errors import WeightsError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path beside ``path`` to write to; it takes the place of ``path`` when the block ends well, else it goes.

    Raises:
        WeightsError: the disk is full, the folder may not be written to, or the like.
    """
    # The process id keeps two writers of one file out of each other's way.
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with removed_if_empty(path.parent):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield part
            os.replace(part, path)
        except OSError as error:
            raise cannot_write(path, error) from error
        finally:
            with suppress(OSError):  # it was renamed, or there is no such folder, which is told already
                part.unlink()


@contextmanager
def removed_if_empty(*folders: Path) -> Iterator[None]:
    """Remove at the end of the block, however it ends, what it made of ``folders`` and put nothing into.

    Folders that were there before stay.
    """
    made = [path for folder in folders for path in (folder, *folder.parents) if not path.exists()]
    try:
        yield
    finally:
        for path in made:  # each before the one that it is in
            with suppress(OSError):  # it holds something, or was never made
                path.rmdir()


def cannot_write(path: Path, error: OSError) -> WeightsError:
    """Word the failure of a write for the user."""
    return WeightsError(
        f"cannot write {path}: {error.strerror or error}",
        cure="Free some space, or name another folder in the environment variable GREENLESS_HOME",
    )


def digest(path: Path, algorithm: str = "sha256") -> str:
    """Return the file's digest in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
