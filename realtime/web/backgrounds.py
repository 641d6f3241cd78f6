"""The backgrounds that can be chosen: those that are always there, and the files of the user's own folder.

Goes in: the folder, and names that the page sends, of which none is ever made part of a path before it was found in the
folder's listing. Comes out: rows for the page, and small pictures of the files.
"""

import time
from collections.abc import Iterable
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from models.shown import shown
from realtime.errors import ControlError
from realtime.frame import Frame, Matte
from realtime.scene.background import open_background
from realtime.scene.choices import CLIP_SUFFIXES, files
from realtime.sinks.stacked import jpeg

RELOAD = "Load the list of backgrounds again"
THUMBNAIL_PX = (320, 180)

_ALWAYS: tuple[dict[str, str], ...] = (
    {"spec": "blur", "label": "Blur", "kind": "blur"},
    {"spec": "lens", "label": "Lens blur", "kind": "lens"},
    {"spec": "#00b140", "label": "Green", "kind": "colour"},
    {"spec": "#2b3a42", "label": "Slate", "kind": "colour"},
    {"spec": "#e8e4dc", "label": "Paper", "kind": "colour"},
    {"spec": "transparent", "label": "Transparent", "kind": "transparent"},
    {"spec": "none", "label": "None", "kind": "none", "warning": "Others see your room as it is."},
)


def rows(own: Iterable[Path], current: str) -> list[dict[str, Any]]:
    """Return all that can be chosen, and ``current`` if it is none of these.

    Args:
        own: the user's own, as ``realtime.scene.choices.files`` gives them.
        current: what is shown.

    Returns:
        ``spec`` (what ``scene.background`` is set to), ``label``, ``kind`` (blur, lens, colour, transparent, none,
        screen, picture, clip), ``warning``, and for files of the folder ``name`` and ``thumbnail``, else None.
    """
    found: list[dict[str, Any]] = [{"warning": "", "name": None, "thumbnail": None, **row} for row in _ALWAYS]
    found += map(row_of, own)
    kind = current.partition(":")[0]
    if kind not in ("blur", "lens") and current not in (row["spec"] for row in found):
        row = row_of(Path(current)) | {"spec": current}
        if current.startswith("#"):
            row |= {"kind": "colour", "label": current}
        elif kind == "screen":
            row |= {"kind": "screen", "label": "Screen"}
        found.append(row | {"name": None, "thumbnail": None})
    return found


def find(folder: Path, name: str) -> Path:
    """The file of that name in the folder.

    Raises:
        ControlError: there is none.
    """
    if path := next((path for path in files(folder) if path.name == name), None):
        return path
    raise ControlError(f"there is no background {shown(name)}", cure=RELOAD)


def thumbnail(path: Path) -> bytes:
    """A small JPEG of how the file looks as a background; kept until the file changes.

    Raises:
        realtime.errors.GreenlessError: the file cannot be read.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise ControlError(f"cannot read {path.name}: {error.strerror}", cure=RELOAD) from error
    return _thumbnail(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=256)
def _thumbnail(path: Path, changed_ns: int, size: int) -> bytes:
    width_px, height_px = THUMBNAIL_PX
    nobody = Frame(pixels=np.zeros((height_px, width_px, 3), np.uint8), index=0, captured_s=time.perf_counter())
    with closing(open_background(str(path), "cover")) as background:
        return jpeg(background.plate(Matte(alpha=np.zeros((height_px, width_px), np.float32), frame=nobody)), 85)


def row_of(path: Path) -> dict[str, Any]:
    """Return the row of a file of the folder, see ``rows``."""
    kind = "clip" if path.suffix.lower() in CLIP_SUFFIXES else "picture"
    where = f"/api/backgrounds/{quote(path.name, safe='')}/thumbnail"
    label = path.stem.replace("_", " ").replace("-", " ").strip() or path.name
    row = {"spec": str(path), "label": label, "kind": kind, "warning": ""}
    return row | {"name": path.name, "thumbnail": where}
