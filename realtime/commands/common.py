"""The options of every command (settings file, verbosity, log file) and its output on standard error."""

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

LIBRARIES = ("py.warnings", "PIL")
"""Loggers of libraries. Without a handler, logging would print their errors."""


@dataclass(frozen=True, kw_only=True)
class Common:
    """The options of every command."""

    settings_file: Annotated[Path | None, tyro.conf.arg(name="settings", metavar="FILE")] = None
    """Settings file to read instead of your own. greenless settings prints the path of your own."""

    verbose: bool = False
    """Print more messages."""

    debug: bool = False
    """Show the traceback of an error."""

    log_file: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Append all messages, including those of --verbose, to this file."""


def say(text: str) -> None:
    """Print a message to standard error with passwords masked; standard output is for results."""
    with suppress(OSError):  # the terminal may be closed
        print(masked(text), file=sys.stderr, flush=True)


class _Masked(logging.Formatter):
    """Masks passwords of URLs, in messages and tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


def say_unwritable() -> None:
    """Report the files that greenless cannot write on this machine, if any, and why."""
    for line in paths.unwritable():
        say(f"greenless: {line}. {paths.CURE}")


class _LogFile(logging.FileHandler):
    """A log file that reports its first write error and never stops the command."""

    _broken = False

    def handleError(self, record: logging.LogRecord) -> None:
        if not self._broken:
            self._broken = True
            say(f"greenless: cannot write the log file {self.baseFilename}: {sys.exc_info()[1]}")

    def close(self) -> None:
        with suppress(OSError):  # it flushes what it could not write before
            super().close()


@contextmanager
def logged(common: Common) -> Iterator[None]:
    """Send the log of greenless to standard error and to the log file, if one is named, while the block runs.

    Warnings of libraries are for developers: they go to the log file, and to standard error only with --verbose.

    Raises:
        SettingsError: the log file is not writable.
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
    log, libraries = logging.getLogger("greenless"), [logging.getLogger(name) for name in LIBRARIES]
    log.setLevel(logging.DEBUG)
    for handler in handlers:
        log.addHandler(handler)
        for library in libraries:
            if handler is not screen or common.verbose:
                library.addHandler(handler)
            library.propagate = False
    logging.captureWarnings(True)
    try:
        yield
    except Exception:
        log.removeHandler(screen)  # the command line prints the error there
        log.exception("this error ended the command")
        raise
    finally:
        logging.captureWarnings(False)
        for handler in handlers:
            for logger in (log, *libraries):
                logger.removeHandler(handler)
            handler.close()
        for library in libraries:
            library.propagate = True
