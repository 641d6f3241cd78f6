"""Words a failure to read or to write a file as an error that a user can act on."""

import errno
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from realtime.errors import SinkError, SourceError


def cannot_read(path: Path, error: Exception, cure: str) -> SourceError:
    """Return the ``SourceError`` for an exception during a read of ``path``, in one line.

    Args:
        path: the file.
        error: of the file system or of a decoder.
        cure: helps if the file exists and may be read.
    """
    if isinstance(error, FileNotFoundError):
        return SourceError(f"there is no file {path}", cure="Check the path")
    if isinstance(error, PermissionError):
        return SourceError(f"{path} may not be read", cure="Change the file's permissions")
    why = " ".join(str(getattr(error, "strerror", None) or error).split()) or type(error).__name__
    return SourceError(f"cannot read {path}: {why}", cure=cure)


def cannot_write(path: Path, error: Exception) -> SinkError:
    """Return the ``SinkError`` for an exception of the file system or of FFmpeg during a write to ``path``."""
    number = getattr(error, "errno", None)
    if number == errno.ENOSPC:
        return SinkError(f"cannot write {path}: the disk is full", cure="Free some space, or name another folder")
    if number == errno.ENOENT:
        cure = f"mkdir -p {shlex.quote(str(path.parent))}"
        return SinkError(f"cannot write {path}: there is no folder {path.parent}", cure=cure)
    why = getattr(error, "strerror", None) or error
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return SinkError(f"cannot write {path}: {why}", cure="Name a folder that you may write to")
    return SinkError(f"cannot write {path}: {why}", cure="Name another file, with another ending or in another folder")


@contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Report an error of the file system in the block, as ``cannot_write`` words it."""
    try:
        yield
    except OSError as error:
        raise cannot_write(path, error) from error
