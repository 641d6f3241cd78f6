"""What every command takes: the settings file, how much is said, and where the log goes; and how it speaks."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from models.shown import masked
from models.waiting import NOTICE
from realtime.errors import SettingsError
from realtime.settings import paths


@dataclass(frozen=True, kw_only=True)
class Common:
    """For every command."""

    settings_file: Annotated[Path | None, tyro.conf.arg(name="settings", metavar="FILE")] = None
    """Settings file to read instead of the user's own (greenless settings shows which that is)."""

    verbose: bool = False
    """Say more on the way."""

    debug: bool = False
    """Show the traceback of an error."""

    log_file: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Append everything that is said, and more, to this file."""


def say(text: str) -> None:
    """Tell the user, passwords masked; standard output is for results.

    A terminal that was closed reads nothing, and ends nothing.
    """
    with suppress(OSError):
        print(masked(text), file=sys.stderr, flush=True)


class _Masked(logging.Formatter):
    """Shows no password of a URL, in messages and tracebacks alike."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


def say_unkept() -> None:
    """Tell the user what cannot be kept on this machine, and why, if anything."""
    for line in paths.unkept():
        say(f"greenless: {line}. {paths.CURE}")


class _LogFile(logging.FileHandler):
    """A log file that says once that it cannot be written, and does not stand in the way of the command."""

    _broken = False

    def handleError(self, record: logging.LogRecord) -> None:
        if not self._broken:
            self._broken = True
            say(f"greenless: cannot write the log file {self.baseFilename}: {sys.exc_info()[1]}")

    def close(self) -> None:
        with suppress(OSError):  # what was not written then cannot be written now
            super().close()


@contextmanager
def logged(common: Common) -> Iterator[None]:
    """Sends the log of greenless to standard error, and to the file that was asked for, while the block runs.

    What libraries warn of, with lines of their source, is for developers: it goes into the file, and to standard error
    if more is to be said.

    Raises:
        SettingsError: the log file cannot be written.
    """
    screen = logging.StreamHandler()
    screen.setLevel(logging.DEBUG if common.verbose else NOTICE)
    screen.setFormatter(_Masked("greenless: %(message)s"))
    handlers: list[logging.Handler] = [logging.NullHandler(), screen]
    if common.log_file:
        try:
            file = _LogFile(common.log_file, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise SettingsError(f"cannot write the log file {common.log_file}: {error.strerror}") from error
        file.setFormatter(_Masked("%(asctime)s %(levelname)s %(threadName)s: %(message)s"))
        handlers.append(file)
    log, libraries = logging.getLogger("greenless"), logging.getLogger("py.warnings")
    log.setLevel(logging.DEBUG)
    for handler in handlers:
        log.addHandler(handler)
        if handler is not screen or common.verbose:
            libraries.addHandler(handler)
    libraries.propagate = False
    logging.captureWarnings(True)
    try:
        yield
    except Exception:
        log.removeHandler(screen)  # the command line words it there
        log.exception("this ended the command")
        raise
    finally:
        logging.captureWarnings(False)
        libraries.propagate = True
        for handler in handlers:
            log.removeHandler(handler)
            libraries.removeHandler(handler)
            handler.close()
