"""Writes files so that nothing half there is seen under their name, names them, and tells them by their digests."""

import hashlib
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from models.errors import GreenlessError, WeightsError
from models.regular import check_regular

_NAME_KEPT = 40
"""Characters of the file's name in that of the part: with the rest of it they stay below the 255 bytes of a name."""


def named(text: str) -> Path:
    """Return the path that a user means by ``text``: ``~`` is a home, and stays as it is where nobody is called so."""
    return Path(os.path.expanduser(text))


@contextmanager
def removed_if_empty(*folders: Path) -> Iterator[None]:
    """Remove at the end of the block, however it ends, what it made of ``folders`` and put nothing into.

    Folders that were there before stay.
    """
    made = [path for folder in folders for path in (folder, *folder.parents) if not os.path.lexists(path)]
    try:
        yield
    finally:
        for path in made:  # each before the one that it is in
            with suppress(OSError):  # it holds something, or was never made
                path.rmdir()


def beside(path: Path) -> Path:
    """Return a new name in the folder of ``path``, for what is to take its place: short, however long its own is."""
    return path.with_name(f"{path.name[:_NAME_KEPT]}.{secrets.token_hex(8)}.part")


def cannot_write(path: Path, error: OSError) -> GreenlessError:
    """Word the failure of a write for the user."""
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
    """Give an empty file beside ``path`` to write to; it takes the place of ``path`` when the block ends well, else it
    goes. Each call gives another one, so that writers of one file do not meet.

    A link stays, and what it points to is replaced.

    Args:
        path: the file.
        private: a new file and a new folder are for their owner alone.
        keep_mode: a file that is replaced keeps its mode and owner.
        make_folder: make the folder where it is missing.
        failed: words the failure of a write.

    Raises:
        GreenlessError: what ``failed`` made of a full disk, a folder that may not be written to, or the like.
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
    before = _replaceable(target)
    part = beside(target)
    mode = 0o600 if private or (before and keep_mode) else 0o666
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as made:
            created = os.fstat(made.fileno())
        yield part
        _take_after(part, before if before and keep_mode else created)
        os.replace(part, target)
    finally:
        with suppress(OSError):  # it was renamed, or never made
            part.unlink()


def digest(path: Path, algorithm: str = "sha256") -> str:
    """Return the file's digest in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _replaceable(path: Path) -> os.stat_result | None:
    """What is known of the file that stands there; None if there is none."""
    try:
        return check_regular(path)
    except FileNotFoundError:
        return None


def _take_after(part: Path, other: os.stat_result) -> None:
    """Give ``part`` the owner, where that is allowed, and the mode of ``other``."""
    mode, own = stat.S_IMODE(other.st_mode), part.stat()
    if (own.st_uid, own.st_gid) != (other.st_uid, other.st_gid):
        try:
            os.chown(part, other.st_uid, other.st_gid)
        except OSError:
            mode &= ~stat.S_IRWXG  # what one group may do, this user's group may not
    os.chmod(part, mode)
