"""Every error that greenless raises on purpose, under one base; programming errors stay ``ValueError``, ``TypeError``.

GreenlessError                  (models.errors) what happened, and the cure
├── WeightsError                (models.errors)
│   └── DigestMismatch          (models.errors)
├── SettingsError               an unknown key, a value out of range, a file that is no TOML
├── SourceError                 a source cannot be opened
│   └── SourceLost              a source that was open stopped giving frames: reopen it
├── MatterError                 a runtime or provider is missing, or inference failed
├── SceneError                  a background cannot be read
├── SinkError                   an output cannot be opened or written
├── ControlError                the control server cannot start, be reached, or do what it was asked
└── MissingExtra                an optional package is not installed
"""

from models.errors import DigestMismatch, GreenlessError, WeightsError

__all__ = [
    "ControlError",
    "DigestMismatch",
    "GreenlessError",
    "MatterError",
    "MissingExtra",
    "SceneError",
    "SettingsError",
    "SinkError",
    "SourceError",
    "SourceLost",
    "WeightsError",
]


class SettingsError(GreenlessError):
    """An unknown key, a value out of range, or a file that is no TOML.

    Args:
        what: as for every error.
        cure: as for every error.
        key: the setting at fault, dotted (``scene.background``), where it is known.
    """

    def __init__(self, what: str, *, cure: str = "", key: str = "") -> None:
        super().__init__(what, cure=cure)
        self.key = key


class SourceError(GreenlessError):
    """A source cannot be opened."""


class SourceLost(SourceError):
    """A source that was open stopped giving frames; it may come back when reopened."""


class MatterError(GreenlessError):
    """A runtime or provider is missing, or inference failed."""


class SceneError(GreenlessError):
    """A background cannot be read."""


class SinkError(GreenlessError):
    """An output cannot be opened or written."""


class ControlError(GreenlessError):
    """The control server cannot start, be reached, or do what it was asked."""


class MissingExtra(GreenlessError):
    """An optional package is not installed.

    Args:
        package: the package that failed to import.
        extra: the extra of greenless that brings it.
    """

    def __init__(self, package: str, extra: str) -> None:
        cure = f"Install it with: pip install 'greenless[{extra}]'"
        super().__init__(f"the package {package} is not installed", cure=cure)
