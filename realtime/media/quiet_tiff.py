"""Keeps libtiff from writing to the terminal: Pillow raises an exception for what libtiff reports there as well."""

import ctypes
from functools import lru_cache
from pathlib import Path

import PIL


@lru_cache(maxsize=1)
def hush() -> None:
    """Silence the libtiff of Pillow's wheels, on Linux and macOS. Other builds keep their way."""
    package = Path(PIL.__file__).parent
    for folder in (package.parent / "pillow.libs", package / ".dylibs"):
        for library in folder.glob("libtiff*"):
            ctypes.CDLL(str(library)).TIFFSetErrorHandler(None)
