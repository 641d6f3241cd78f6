"""What a failed write to a file means, in words a user can act on.

Goes in: the path and the exception. Comes out: a ``SinkError`` with its cure.
"""

import errno
from pathlib import Path

from realtime.errors import SinkError


def cannot_write(path: Path, error: Exception) -> SinkError:
    """The ``SinkError`` for an exception of the file system or of FFmpeg that came up while ``path`` was written."""
    number = getattr(error, "errno", None)
    if number == errno.ENOSPC:
        return SinkError(f"cannot write {path}: the disk is full", cure="Free some space, or name another folder")
    if number == errno.ENOENT:
        return SinkError(f"cannot write {path}: there is no folder {path.parent}", cure=f"mkdir -p {path.parent}")
    why = getattr(error, "strerror", None) or error
    return SinkError(f"cannot write {path}: {why}", cure="Name a place that you may write to")
