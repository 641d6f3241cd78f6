"""Words a failed write to a file as an error that a user can act on."""

import errno
import shlex
from pathlib import Path

from realtime.errors import SinkError


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
