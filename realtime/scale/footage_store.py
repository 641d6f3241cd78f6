"""Files by their location: a path that all machines share, or a URL of an object store (``s3://``, ``gs://``).

pyarrow speaks to object stores; fsspec to those that pyarrow does not know. Both are imported for a URL only.
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from models.regular import check_replaceable
from realtime.errors import GreenlessError, SinkError, SourceError, from_extra
from realtime.media.failures import write_errors

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

_URL = re.compile(r"([a-z][a-z0-9+.-]+):/{1,2}(?=[^/])")


def location_of(path: Path) -> str:
    """Return the URL that the command line turned into a path, or the path."""
    text = path.as_posix()
    return _URL.sub(r"\1://", text, count=1) if _URL.match(text) else str(path)


def is_url(location: str) -> bool:
    """Whether a location is in an object store."""
    return "://" in location


def joined(folder: str, name: str) -> str:
    """Return the location of ``name``, with ``/``, in a folder."""
    if not is_url(folder):
        return str(Path(folder, name))
    parts = urlsplit(folder)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name}"))


def name_of(location: str) -> str:
    """Return the last part of a location."""
    return urlsplit(location).path.rpartition("/")[2] if is_url(location) else Path(location).name


def folder_of(location: str) -> str:
    """Return the location of the folder that a file is in."""
    if not is_url(location):
        return str(Path(location).parent)
    parts = urlsplit(location)
    return urlunsplit(parts._replace(path=parts.path.rpartition("/")[0]))


def stamp(location: str) -> tuple[int, int]:
    """Return size in bytes and time of the last change in ns, which change with the file.

    Raises:
        SourceError: there is no such file.
    """
    if not is_url(location):
        try:
            found = os.stat(location)
        except OSError as error:
            raise SourceError(f"cannot read {location}: {error.strerror}", cure="Check the path") from error
        return found.st_size, found.st_mtime_ns
    info = _info(location)
    if not info.is_file:
        raise SourceError(f"there is no file {location}", cure="Check the URL")
    return info.size, info.mtime_ns or 0


def exists(location: str) -> bool:
    """Whether there is a file or folder."""
    if not is_url(location):
        return os.path.exists(location)
    from pyarrow.fs import FileType

    return bool(_info(location).type != FileType.NotFound)


def is_folder(location: str) -> bool:
    """Whether a location is a folder: in an object store, a prefix of other names."""
    if not is_url(location):
        return os.path.isdir(location)
    from pyarrow.fs import FileType

    return bool(_info(location).type == FileType.Directory)


def files_in(folder: str) -> list[str]:
    """Return the locations of the files in the folder of an object store, sorted, without sub-folders."""
    from pyarrow.fs import FileSelector

    system, path = _of(folder)
    with _reading(folder):
        found = system.get_file_info(FileSelector(path))
    return sorted(joined(folder, info.base_name) for info in found if info.is_file)


@contextmanager
def opened(location: str) -> Iterator[Any]:
    """Yield something that PyAV opens for reading."""
    if not is_url(location):
        yield os.path.abspath(location)
        return
    system, path = _of(location)
    with _reading(location):
        file = system.open_input_file(path)
    with file:
        yield file


def fetched(location: str, folder: Path) -> Path:
    """Return a local file with the content: the path itself, or a copy in ``folder``.

    Raises:
        SourceError: it cannot be read.
    """
    if not is_url(location):
        return Path(location)
    folder.mkdir(exist_ok=True)
    copy = folder / name_of(location)
    system, path = _of(location)
    with copy.open("wb") as file, _reading(location), system.open_input_stream(path) as source:
        shutil.copyfileobj(source, file, 1 << 20)
    return copy


def delivered(file: Path, location: str) -> None:
    """Move a finished file or folder to its location, at once; a reader never sees a part of it.

    Raises:
        SinkError: it cannot be written.
    """
    if not is_url(location):
        target = Path(location)
        with write_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            if not file.is_dir():
                check_replaceable(target)
            os.replace(file, target)
        return
    if file.is_dir():
        for each in sorted(file.iterdir()):
            delivered(each, joined(location, each.name))
        return
    from pyarrow.fs import LocalFileSystem, copy_files

    system, path = _of(location)
    with _writing(location):
        copy_files(str(file), path, source_filesystem=LocalFileSystem(), destination_filesystem=system)


def removed(location: str) -> None:
    """Remove a file or a folder with all in it, if it is there and that is allowed."""
    if not is_url(location):
        shutil.rmtree(location, ignore_errors=True)
        with suppress(OSError):
            os.unlink(location)
        return
    system, path = _of(location)
    with suppress(OSError):
        if is_folder(location):
            system.delete_dir(path)
        else:
            system.delete_file(path)


def read_bytes(location: str) -> bytes:
    """Return the content of a file; empty if there is none.

    Raises:
        SourceError: it cannot be read.
    """
    if not exists(location):
        return b""
    with opened(location) as file, _reading(location):
        found: bytes = file.read() if is_url(location) else Path(file).read_bytes()
    return found


def write_bytes(location: str, content: bytes) -> None:
    """Write a file in an object store; a reader never sees a part of it.

    Raises:
        SinkError: it cannot be written.
    """
    system, path = _of(location)
    with _writing(location), system.open_output_stream(path) as file:
        file.write(content)


def _info(location: str) -> Any:
    system, path = _of(location)
    with _reading(location):
        return system.get_file_info(path)


def _of(location: str) -> "tuple[FileSystem, str]":
    """Return the file system of a URL, and its path there."""
    parts = urlsplit(location)
    system, root = _system(urlunsplit(parts._replace(path="")))
    return system, f"{root.rstrip('/')}{parts.path}"


@lru_cache(maxsize=16)
def _system(root: str) -> "tuple[FileSystem, str]":
    with from_extra("ray"):
        from pyarrow.fs import FileSystem, FSSpecHandler, PyFileSystem
    try:
        system, path = FileSystem.from_uri(root)
    except (OSError, ValueError, NotImplementedError) as unknown:
        try:
            import fsspec  # type: ignore[import-untyped,unused-ignore]

            other, path = fsspec.core.url_to_fs(root)
            system = PyFileSystem(FSSpecHandler(other))
        except (ImportError, OSError, ValueError) as error:
            raise GreenlessError(
                f"cannot open {root}: {_why(unknown)}; {_why(error)}", cure="Name s3://BUCKET/..., gs://... or a path"
            ) from error
    return system, path


@contextmanager
def _reading(location: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        cure = "Check the URL and the credentials"
        raise SourceError(f"cannot read {location}: {_why(error)}", cure=cure) from error


@contextmanager
def _writing(location: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SinkError(f"cannot write {location}: {_why(error)}", cure="Check the bucket and its rights") from error


def _why(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
