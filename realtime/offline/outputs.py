"""Writes the images of an offline run to a folder, an archive, or both.

Each image is written to a temporary file and renamed. The archive is renamed when it holds all images. A run that stops
early therefore leaves whole images, no archive and no partial file.
"""

import os
import re
import shutil
import time
import zipfile
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Self

from models.files import beside, replacing
from models.regular import check_replaceable
from realtime.errors import SinkError
from realtime.media.failures import cannot_write, write_errors
from realtime.media.unfinished import numbered


class Outputs:
    """The open outputs of one run; a context manager that finishes the archive, or removes it after an error.

    Args:
        folder: the folder for PNGs, made if missing; None writes none.
        archive: the zip file for every image; None writes none.

    Raises:
        SinkError: the folder or the archive cannot be written.
    """

    def __init__(self, folder: Path | None, archive: Path | None) -> None:
        self._folder = folder
        self._archive = archive
        self.written: list[Path] = []
        """The files so far: the images in the folder in order, then the archive once it is finished."""
        self._zip: zipfile.ZipFile | None = None
        self._lost: SinkError | None = None
        if folder is not None:
            make_folder(folder)
        if archive is not None:
            make_folder(archive.parent)
            self._part = beside(archive)
            with write_errors(archive):  # stored, not deflated: PNGs do not shrink
                check_replaceable(archive)
                self._zip = zipfile.ZipFile(self._part, "w", zipfile.ZIP_STORED)

    @property
    def open(self) -> bool:
        """Whether images can still be written: an archive that failed is given up."""
        return self._folder is not None or self._zip is not None

    @contextmanager
    def file(self, name: str) -> Iterator[BinaryIO]:
        """Yield the file of one image; it appears if the block succeeds.

        Args:
            name: relative, with ``/``, ending in ``.png``.

        Raises:
            SinkError: the disk is full or the file cannot be written. An archive that fails is given up: images then go
                only to the folder, and ``close`` reports it.
        """
        place = self._folder / name if self._folder is not None else beside(self._part)
        with replacing(place, failed=cannot_write) as part, part.open("wb") as file:
            yield file
        try:
            if self._folder is not None:
                self.written.append(place)
            self._archive_too(place, name)
        finally:
            if self._folder is None:
                place.unlink(missing_ok=True)

    def _archive_too(self, place: Path, name: str) -> None:
        """Copy an image to the archive, if there is one."""
        if self._zip is None or self._archive is None:
            return
        try:
            entry = _entry(name, self._zip.NameToInfo)
            with place.open("rb") as source, self._zip.open(entry, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, 1 << 20)
        except OSError as error:
            self.close(keep_archive=False)
            self._lost = cannot_write(self._archive, error)
            if self._folder is None:
                raise self._lost from error

    def close(self, *, keep_archive: bool = True) -> None:
        """Finish the archive, or discard it. May be called twice.

        Raises:
            SinkError: it cannot be finished, or was given up before while images still went to the folder.
        """
        lost, self._lost = self._lost, None
        if lost is not None and keep_archive and self._folder is not None:
            raise lost
        if self._zip is None or self._archive is None:
            return
        archive, part = self._zip, self._part
        self._zip = None
        try:
            archive.close()
            if keep_archive and archive.namelist():
                os.replace(part, self._archive)
                self.written.append(self._archive)
        except OSError as error:
            if keep_archive:
                raise cannot_write(self._archive, error) from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self.close(keep_archive=kind is None)


def _entry(name: str, taken: Container[str]) -> zipfile.ZipInfo:
    """Make the entry of an image. A byte of its name that is not UTF-8 becomes ``%E9`` or the like."""
    stem = PurePosixPath(re.sub("[\ud800-\udfff]", lambda match: f"%{ord(match[0]) & 0xFF:02X}", name))
    names = (str(stem.with_stem(name)) for name in numbered(stem.stem))
    now = max(time.localtime()[:6], (1980, 1, 1, 0, 0, 0))  # the earliest time that a zip file can hold
    entry = zipfile.ZipInfo(next(free for free in names if free not in taken), now)
    entry.external_attr = 0o644 << 16
    return entry


def make_folder(folder: Path) -> None:
    """Make ``folder`` and its parents if they are missing.

    Raises:
        SinkError: it cannot be created.
    """
    with write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
