"""The errors that greenless raises on purpose. Programming errors stay ``ValueError`` and ``TypeError``.

GreenlessError                  (models.errors) what happened, and the fix
├── WeightsError                (models.errors)
├── SettingsError               an unknown key, a value out of range, or an invalid TOML file
├── SourceError                 a source cannot be opened
│   └── SourceLost              an open source stopped giving frames; it may reopen
├── MatterError                 a runtime or provider is missing, or inference failed
├── SceneError                  a background cannot be read
├── SinkError                   a sink cannot be opened or written
├── ControlError                the control server cannot start, does not answer, or refused a request
└── MissingExtra                an optional package is not installed
"""

from collections.abc import Iterator
from contextlib import contextmanager

from models.errors import GreenlessError as GreenlessError
from models.errors import WeightsError as WeightsError
from models.extras import how_to_add


class SettingsError(GreenlessError):
    """An unknown key, a value out of range, or an invalid TOML file.

    Args:
        what: as for every error.
        cure: as for every error.
        key: the invalid setting, dotted (``scene.background``), if it is known.
    """

    def __init__(self, what: str, *, cure: str = "", key: str = "") -> None:
        super().__init__(what, cure=cure)
        self.key = key


class SourceError(GreenlessError):
    """A source cannot be opened."""


class SourceLost(SourceError):
    """An open source stopped giving frames; it may reopen."""


class MatterError(GreenlessError):
    """A runtime or provider is missing, or inference failed."""


class SceneError(GreenlessError):
    """A background cannot be read."""


class SinkError(GreenlessError):
    """A sink cannot be opened or written."""


class ControlError(GreenlessError):
    """The control server cannot start, does not answer, or refused a request."""


class MissingExtra(GreenlessError):
    """An optional package is not installed.

    Args:
        package: the package that is missing.
        extra: the extra of greenless that installs it.
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"the package {package} is not installed", cure=how_to_add(extra))


@contextmanager
def from_extra(extra: str) -> Iterator[None]:
    """Report a package that the block cannot import, as ``MissingExtra``."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtra(str(error.name), extra) from error


def last_line(error: Exception) -> str:
    """Return the cause in an error of Ray or OpenVINO: the lines before it are a traceback, or name source files."""
    return next((line.strip() for line in reversed(str(error).splitlines()) if line.strip()), type(error).__name__)
