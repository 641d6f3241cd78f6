"""Where the pictures of an off-line run go: a folder, an archive, or both. In: names and pixels. Out: whole files.

A file is written beside its place and renamed, the archive is written beside and renamed when all is in it: a run that
stops half way leaves whole pictures, no archive, and nothing half there.
"""

import itertools
import os
import re
import time
import zipfile
from collections.abc import Container
from contextlib import suppress
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from models.files import beside
from models.regular import check_replaceable
from realtime.errors import SinkError
from realtime.media.failures import cannot_write
from realtime.media.image_file import write_picture


class Outputs:
    """The open outputs of one run; a context manager that finishes the archive, or takes it away after an error.

    Args:
        folder: where PNGs are written, made when it is missing; None writes none.
        archive: the zip file that takes every picture; None writes none.

    Raises:
        SinkError: a place cannot be written to.
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
        """What stands now: the pictures in the folder in order, the archive last once it is finished."""
        return tuple(self._written)

    @property
    def open(self) -> bool:
        """Whether there is still a place to write to: an archive that failed is given up."""
        return self._folder is not None or self._zip is not None

    def put(self, name: str, pixels: npt.NDArray[np.uint8]) -> None:
        """Write one picture.

        Args:
            name: relative, with ``/``, ending in ``.png``.
            pixels: ``(H, W) uint8`` grey, ``(H, W, 3) uint8 BGR`` or ``(H, W, 4) uint8 BGRA``, straight alpha.

        Raises:
            SinkError: the disk is full or the place cannot be written to. An archive that fails is given up: pictures
                go to the folder alone then, and ``close`` says so.
        """
        if self._folder is not None:
            target = self._folder / name
            make_folder(target.parent)
            write_picture(target, pixels)
            self._written.append(target)
        if self._zip is not None and self._archive is not None:
            try:
                self._zip.writestr(_entry(name, self._zip.NameToInfo), cv2.imencode(".png", pixels)[1].tobytes())
            except OSError as error:
                self.close(keep_archive=False)
                self._lost = cannot_write(self._archive, error)
                if self._folder is None:
                    raise self._lost from error

    def close(self, *, keep_archive: bool = True) -> None:
        """Finish the archive, or throw away what there is of it. May be called twice.

        Raises:
            SinkError: it cannot be finished, or was given up before, while pictures still went to the folder.
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
    """The entry of a picture. A name that is not UTF-8 has %E9 where another program could not read a byte."""
    stem = PurePosixPath(re.sub("[\ud800-\udfff]", lambda match: f"%{ord(match[0]) & 0xFF:02X}", name))
    names = (stem.with_stem(f"{stem.stem}-{number}") if number > 1 else stem for number in itertools.count(1))
    now = max(time.localtime()[:6], (1980, 1, 1, 0, 0, 0))  # the first time that a zip file knows
    entry = zipfile.ZipInfo(next(str(free) for free in names if str(free) not in taken), now)
    entry.external_attr = 0o644 << 16
    return entry


def make_folder(folder: Path) -> None:
    """Make ``folder`` and those above it where they are missing.

    Raises:
        SinkError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
