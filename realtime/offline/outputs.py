"""Writes the images of an offline run to a folder, an archive, or both.

Each image is written to a temporary file and renamed. The archive is renamed when it holds all images. A run that stops
early therefore leaves whole images, no archive and no partial file.
"""

import itertools
import os
import re
import shutil
import time
import zipfile
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

from models.files import beside, replacing
from models.regular import check_replaceable
from realtime.errors import SinkError
from realtime.media import png
from realtime.media.failures import cannot_write
from realtime.media.image_metadata import NO_METADATA, Metadata


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
        self._written: list[Path] = []
        self._zip: zipfile.ZipFile | None = None
        self._lost: SinkError | None = None
        if folder is not None:
            make_folder(folder)
        if archive is not None:
            make_folder(archive.parent)
            self._part = beside(archive)
            try:  # stored, not deflated: PNGs do not shrink
                check_replaceable(archive)
                self._zip = zipfile.ZipFile(self._part, "w", zipfile.ZIP_STORED)
            except OSError as error:
                raise cannot_write(archive, error) from error

    @property
    def written(self) -> tuple[Path, ...]:
        """The files so far: the images in the folder in order, then the archive once it is finished."""
        return tuple(self._written)

    @property
    def open(self) -> bool:
        """Whether images can still be written: an archive that failed is given up."""
        return self._folder is not None or self._zip is not None

    def put(self, name: str, pixels: png.Picture, metadata: Metadata = NO_METADATA) -> None:
        """Write one image.

        Args:
            name: relative, with ``/``, ending in ``.png``.
            pixels: ``(H, W)`` grey, ``(H, W, 3)`` BGR or ``(H, W, 4)`` BGRA, straight alpha; uint8 or uint16.
            metadata: of the image.

        Raises:
            SinkError: the disk is full or the file cannot be written. An archive that fails is given up: images then go
                only to the folder, and ``close`` reports it.
        """
        data = png.encoded(pixels, metadata)
        if self._folder is not None:
            with self._placed(self._folder / name) as part:
                part.write_bytes(data)
        self._archived(lambda archive: archive.writestr(_entry(name, archive.NameToInfo), data))

    @contextmanager
    def by_rows(self, name: str, rows: png.Rows) -> Iterator[Callable[[png.Picture], None]]:
        """Write one image a few rows at a time: yield the function that takes the next ones.

        Args:
            name: as for ``put``.
            rows: the encoder.

        Raises:
            SinkError: as for ``put``.
        """
        place = self._folder / name if self._folder is not None else beside(self._part)
        with self._placed(place, listed=self._folder is not None) as part, part.open("wb") as file:
            file.write(rows.head())
            yield lambda pixels: file.writelines(rows.rows(pixels))
            file.write(rows.tail())
        try:
            self._archived(lambda archive: _copy(place, archive, _entry(name, archive.NameToInfo)))
        finally:
            if self._folder is None:
                place.unlink(missing_ok=True)

    @contextmanager
    def _placed(self, target: Path, *, listed: bool = True) -> Iterator[Path]:
        """Yield a file that becomes ``target`` if the block succeeds."""
        make_folder(target.parent)
        with replacing(target, make_folder=False, failed=cannot_write) as part:
            yield part
        if listed:
            self._written.append(target)

    def _archived(self, add: Callable[[zipfile.ZipFile], None]) -> None:
        """Add an image to the archive, if there is one."""
        if self._zip is None or self._archive is None:
            return
        try:
            add(self._zip)
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
                self._written.append(self._archive)
        except OSError as error:
            if keep_archive:
                raise cannot_write(self._archive, error) from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(keep_archive=kind is None)


def _entry(name: str, taken: Container[str]) -> zipfile.ZipInfo:
    """Make the entry of an image. A byte of its name that is not UTF-8 becomes ``%E9`` or the like."""
    stem = PurePosixPath(re.sub("[\ud800-\udfff]", lambda match: f"%{ord(match[0]) & 0xFF:02X}", name))
    names = (stem.with_stem(f"{stem.stem}-{number}") if number > 1 else stem for number in itertools.count(1))
    now = max(time.localtime()[:6], (1980, 1, 1, 0, 0, 0))  # the earliest time that a zip file can hold
    entry = zipfile.ZipInfo(next(str(free) for free in names if str(free) not in taken), now)
    entry.external_attr = 0o644 << 16
    return entry


def _copy(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    with path.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
        shutil.copyfileobj(source, target, 1 << 20)


def make_folder(folder: Path) -> None:
    """Make ``folder`` and its parents if they are missing.

    Raises:
        SinkError: it cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
