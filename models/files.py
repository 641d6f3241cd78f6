"""Writes files atomically, expands their names, and computes their digests."""

import hashlib
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from models.errors import GreenlessError, WeightsError
from models.regular import check_replaceable

_NAME_KEPT = 40
"""Characters of the file name in the temporary name, which must stay below 255 bytes."""


def named(text: str) -> Path:
    """Return the path that a user means by ``text``: ``~`` is a home, unless there is no such user."""
    return Path(os.path.expanduser(text))


@contextmanager
def removed_if_empty(*folders: Path) -> Iterator[None]:
    """At the end of the block, remove those of ``folders`` that it created and left empty.

    Folders that existed before stay.
    """
    made = [path for folder in folders for path in (folder, *folder.parents) if not os.path.lexists(path)]
    try:
        yield
    finally:
        for path in made:  # each before its parent
            with suppress(OSError):  # it is not empty, or was never created
                path.rmdir()


def beside(path: Path) -> Path:
    """Return a new, short name in the folder of ``path``, for a file that will replace it."""
    return path.with_name(f"{path.name[:_NAME_KEPT]}.{secrets.token_hex(8)}.part")


def cannot_write(path: Path, error: OSError) -> GreenlessError:
    """Return the error for a failed write."""
    return WeightsError(
        f"cannot write {path}: {error.strerror or error}",
        cure="Free some space, or name another folder in the environment variable GREENLESS_HOME",
    )


@contextmanager
def replacing(
    path: Path,
    *,
    private: bool = False,
    keep_mode: bool = True,
    make_folder: bool = True,
    failed: Callable[[Path, OSError], GreenlessError] = cannot_write,
) -> Iterator[Path]:
    """Yield an empty temporary file beside ``path``. It replaces ``path`` if the block succeeds, else it is removed.

    Each call yields another file, so that concurrent writers do not collide. A link stays; its target is replaced.

    Args:
        path: the file.
        private: only the owner may read a new file and a new folder.
        keep_mode: whether a replaced file keeps its mode and owner.
        make_folder: whether to create a missing folder.
        failed: returns the error for a failed write.

    Raises:
        GreenlessError: from ``failed``: the disk is full, the folder is not writable, or the like.
    """
    try:
        target = Path(os.path.realpath(path)) if path.is_symlink() else path
        with removed_if_empty(target.parent), _part_of(target, private, keep_mode, make_folder) as part:
            yield part
    except OSError as error:
        raise failed(path, error) from error


@contextmanager
def _part_of(target: Path, private: bool, keep_mode: bool, make_folder: bool) -> Iterator[Path]:
    if make_folder:
        target.parent.mkdir(0o700 if private else 0o777, parents=True, exist_ok=True)
    before = check_replaceable(target)
    part = beside(target)
    mode = 0o600 if private or (before and keep_mode) else 0o666
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as made:
            created = os.fstat(made.fileno())
        yield part
        _take_after(part, before if before and keep_mode else created)
        os.replace(part, target)
    finally:
        with suppress(OSError):  # it was renamed, or never created
            part.unlink()


def digest(path: Path) -> str:
    """Return the file's sha256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _take_after(part: Path, other: os.stat_result) -> None:
    """Give ``part`` the mode of ``other``, and its owner if that is allowed."""
    mode, own = stat.S_IMODE(other.st_mode), part.stat()
    if (own.st_uid, own.st_gid) != (other.st_uid, other.st_gid):
        try:
            os.chown(part, other.st_uid, other.st_gid)
        except OSError:
            mode &= ~stat.S_IRWXG  # the rights of another group do not apply to this one
    os.chmod(part, mode)
