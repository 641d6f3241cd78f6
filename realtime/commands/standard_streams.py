"""Images and lists of files on standard input, and an image on standard output, for use by other programs."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from models.regular import read_regular
from realtime.errors import SettingsError, SourceError
from realtime.offline.report import Report

DASH = Path("-")
"""Names standard input or output."""

_NAME = "stdin"
"""Stem of outputs of the image on standard input."""


def listed(source: Path) -> tuple[Path, ...]:
    """Return the paths of a list, one a line, or separated by NUL bytes as ``find -print0`` does.

    Args:
        source: the list; ``-`` for standard input.

    Raises:
        SourceError: it cannot be read.
    """
    try:
        data = sys.stdin.buffer.read() if source == DASH else read_regular(source)
    except OSError as error:
        raise SourceError(f"cannot read the list {source}: {error.strerror or error}", cure="Check the path") from error
    names = data.split(b"\0") if b"\0" in data else data.splitlines()
    return tuple(Path(name.decode(sys.getfilesystemencoding(), "surrogateescape")) for name in names if name.strip())


@contextmanager
def received() -> Iterator[Path]:
    """Yield a file with the bytes of standard input, which is removed at the end of the block.

    Raises:
        SourceError: standard input is a terminal, or empty.
    """
    if sys.stdin.isatty():
        raise SourceError("- reads an image from standard input, which is a terminal", cure="greenless image - < FILE")
    with TemporaryDirectory(prefix="greenless-") as folder:
        path = Path(folder) / _NAME
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file, 1 << 20)
        if not path.stat().st_size:
            raise SourceError("standard input is empty", cure="greenless image - < FILE")
        yield path


def worded(report: Report, path: Path) -> Report:
    """Call the file of ``received`` standard input in a report."""

    def named(text: str) -> str:
        return text.replace(str(path), "standard input")

    failures = [type(error)(named(error.what), cure=error.cure) for error in report.failures]
    return replace(report, failures=failures, empty=[Path(named(str(empty))) for empty in report.empty])


@contextmanager
def sent(ending: str) -> Iterator[Path]:
    """Yield a folder; the image in it whose name ends with ``ending`` goes to standard output after the block.

    Raises:
        SettingsError: standard output is a terminal.
    """
    if sys.stdout.isatty():
        raise SettingsError("-o - writes a PNG, and a terminal cannot show it", cure="Type -o - > FILE.png")
    with TemporaryDirectory(prefix="greenless-") as folder:
        yield Path(folder)
        for path in Path(folder).rglob(f"*{ending}"):
            with path.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer, 1 << 20)
            sys.stdout.buffer.flush()
