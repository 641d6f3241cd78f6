"""Where the pictures of an off-line run go: a folder, an archive, or both. In: names and pixels. Out: whole files.

A file is written beside its place and renamed, the archive is written beside and renamed when all is in it: a run that
stops half way leaves whole pictures, no archive, and nothing half there.
"""

import os
import zipfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
import numpy.typing as npt

from models.regular import check_replaceable
from realtime.picture import write_picture
from realtime.sinks.failures import cannot_write


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
        if folder is not None:
            make_folder(folder)
        if archive is not None:
            make_folder(archive.parent)
            try:  # stored, not deflated: PNGs do not shrink
                check_replaceable(archive)
                self._zip = zipfile.ZipFile(_beside(archive), "w", zipfile.ZIP_STORED)
            except OSError as error:
                raise cannot_write(archive, error) from error

    @property
    def written(self) -> tuple[Path, ...]:
        """What stands now: the pictures in the folder in order, the archive last once it is finished."""
        return tuple(self._written)

    def put(self, name: str, pixels: npt.NDArray[np.uint8]) -> None:
        """Write one picture.

        Args:
            name: relative, with ``/``, ending in ``.png``.
            pixels: ``(H, W) uint8`` grey, ``(H, W, 3) uint8 BGR`` or ``(H, W, 4) uint8 BGRA``, straight alpha.

        Raises:
            SinkError: the disk is full or the place cannot be written to.
        """
        if self._folder is not None:
            target = self._folder / name
            make_folder(target.parent)
            write_picture(target, pixels)
            self._written.append(target)
        if self._zip is not None and self._archive is not None:
            try:
                if self._folder is not None:
                    self._zip.write(target, name)
                else:
                    self._zip.writestr(name, cv2.imencode(".png", pixels)[1].tobytes())
            except OSError as error:
                raise cannot_write(self._archive, error) from error

    def close(self, *, keep_archive: bool = True) -> None:
        """Finish the archive, or throw away what there is of it. May be called twice."""
        if self._zip is None or self._archive is None:
            return
        archive, part = self._zip, _beside(self._archive)
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


def _beside(path: Path) -> Path:
    return path.with_name(path.name + ".part")


def make_folder(folder: Path) -> None:
    """Make ``folder`` and those above it where they are missing.

    Raises:
        SinkError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
