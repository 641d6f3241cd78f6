"""Names a recording until it is finished, and lists the recordings that never were.

A recording is written as ``NAME.unfinished.mp4``, which players accept. It is locked while its process lives, and noted
in the user's state folder. The name and the note both lead to what a killed process left.
"""

import errno
import hashlib
import itertools
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from models.files import replacing
from models.regular import check_replaceable
from realtime.errors import GreenlessError, SinkError
from realtime.media.codecs import ANIMATIONS, CODECS
from realtime.settings import paths

_MARK = re.compile(rf"\.unfinished(-\d+)?(?P<suffix>{'|'.join(map(re.escape, CODECS | ANIMATIONS))})$", re.IGNORECASE)
_LONGEST = 255
"""Bytes of a name that every common file system accepts."""

_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EINVAL, errno.ENOTSUP})
"""Errors of a file system that has no locks."""

_FAR = 1 << 40
"""Offset of the locked byte, which no recording reaches: on Windows, nobody else may write a locked byte."""


class Unfinished:
    """A new empty file that stands in for ``path`` during the writing.

    The file of another process, or one that a killed process left, is not touched. The file is created at once: FFmpeg
    would create it with the first packet, too late to report a failure.

    Args:
        path: the file to write.

    Raises:
        OSError: it cannot be created.
    """

    def __init__(self, path: Path) -> None:
        check_replaceable(path)  # reports a name that is too long, too, now and not at the end of the recording
        self._asked, self._before = path, _identity(path)
        self.path, descriptor = _made(path)
        self._descriptor: int | None = descriptor
        with suppress(OSError):  # some file systems have no locks
            _lock(descriptor, alone=True)
        self._note = _note(self.path)
        self._over = False

    def finish(self) -> Path:
        """Rename the file, and return its name: the requested one, or a free one if a new file has taken it since.

        Another process may have recovered an earlier recording to that name meanwhile.
        """
        self.unlock()  # Windows cannot rename an open file
        whole = self._asked if _identity(self._asked) == self._before else whole_name(self.path)
        os.replace(self.path, whole)
        self._forget()
        return whole

    def discard(self) -> None:
        """Remove the file, unless it is finished. May be called twice."""
        self.unlock()
        if not self._over:  # otherwise another process may have taken the free name
            with suppress(OSError):
                self.path.unlink()
            self._forget()

    def unlock(self) -> None:
        """Show others that nobody writes the file any more. May be called twice."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _forget(self) -> None:
        self._over = True
        if self._note is not None:
            _remove(self._note)


def is_unfinished(path: Path) -> bool:
    """Whether ``path`` is named like an unfinished recording."""
    return _MARK.search(path.name) is not None


def whole_name(path: Path) -> Path:
    """Return a free name for an unfinished recording: the requested one, with a number if that is taken.

    Raises:
        SinkError: ``path`` is not named like an unfinished recording.
    """
    if (mark := _MARK.search(path.name)) is None:
        raise SinkError(
            f"{path} is not named like an unfinished recording",
            cure="Expected a name that ends in .unfinished.mp4, .mkv, .webm or .mov",
        )
    stem = path.name[: mark.start()]
    free = (path.with_name(name + mark["suffix"]) for name in numbered(stem))
    return next(name for name in free if not os.path.lexists(name))


def numbered(stem: str) -> Iterator[str]:
    """Yield ``stem``, ``stem-2``, ``stem-3`` and so on, without end."""
    yield stem
    yield from (f"{stem}-{number}" for number in itertools.count(2))


def left_behind(folders: Iterable[Path] = ()) -> list[Path]:
    """Return the recordings that killed processes left: those with a note, and those in ``folders``."""
    found = dict.fromkeys([*_noted(), *(path for folder in folders for path in _in(folder))])
    return [path for path in found if _holds_something(path) and not in_use(path)]


def in_use(path: Path) -> bool:
    """Whether a process is writing the file now."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return False
    try:
        _lock(descriptor, alone=False)
    except OSError as error:
        return error.errno not in _NO_LOCKS
    finally:
        os.close(descriptor)
    return False


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells this file from another one under the same name; None if there is none."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _made(path: Path) -> tuple[Path, int]:
    """Create a file named like ``path`` with the mark; the stem is cut if the name would be too long."""
    for mark in numbered(".unfinished"):
        stem, ending = path.stem, mark + path.suffix
        while len(os.fsencode(stem + ending)) > _LONGEST:
            stem = stem[:-1]
        made = path.with_name(stem + ending)
        with suppress(FileExistsError):
            return made, os.open(made, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o666)
    raise AssertionError("numbers do not end")


def _holds_something(path: Path) -> bool:
    with suppress(OSError):
        return path.is_file() and path.stat().st_size > 0
    return False


def _in(folder: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from sorted(path for path in Path(os.path.abspath(folder)).iterdir() if is_unfinished(path))


def _noted() -> Iterator[Path]:
    """Yield the recordings that have a note; remove a note without a file."""
    with suppress(OSError, RuntimeError):
        for note in sorted(paths.unfinished_folder().iterdir()):
            path = Path(os.fsdecode(note.read_bytes()))
            if path.exists():
                yield path
            elif path.parent.exists():  # otherwise its drive may be unmounted
                _remove(note)


def _note(path: Path) -> Path | None:
    """Note that ``path`` is being written; None if the note cannot be written."""
    name = os.fsencode(os.path.abspath(path))
    with suppress(GreenlessError):
        note = paths.unfinished_folder() / hashlib.sha256(name).hexdigest()[:16]
        with replacing(note, private=True) as part:
            part.write_bytes(name)
        return note
    return None


def _remove(note: Path) -> None:
    """Remove a note, and the folders that were made for it if they are empty."""
    with suppress(OSError):
        note.unlink()
        note.parent.rmdir()
        note.parent.parent.rmdir()


def _lock(descriptor: int, *, alone: bool) -> None:
    """Lock an open file until it is closed.

    Raises:
        OSError: another process has locked it.
    """
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
