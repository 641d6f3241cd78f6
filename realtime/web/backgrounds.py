"""The backgrounds that can be chosen: those that are always there, and the files of the user's own folder.

Goes in: the folder, and names that the page sends, of which none is ever made part of a path before it was found in the
folder's listing. Comes out: rows for the page, and small pictures of the files.
"""

import time
from collections.abc import Iterable
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
from realtime.web.describe import file_label

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


def rows(folder: Path, current: str) -> list[dict[str, Any]]:
    """All that can be chosen, with the files that are in the folder now, see ``rows_of``."""
    return rows_of(files(folder), current)


def rows_of(own: Iterable[Path], current: str) -> list[dict[str, Any]]:
    """All that can be chosen, and ``current`` where it is none of these.

    Args:
        own: the user's own, as ``realtime.scene.choices.files`` gives them.
        current: what is shown.

    Returns:
        ``spec`` (what ``scene.background`` is set to), ``label``, ``kind`` (blur, lens, colour, transparent, none,
        screen, picture, clip), ``warning``, and for files of the folder ``name`` and ``thumbnail``, else None.
    """
    found: list[dict[str, Any]] = [{"warning": "", "name": None, "thumbnail": None, **row} for row in _ALWAYS]
    for path in own:
        found.append(_row(str(path), file_label(path), path))
    known = {row["spec"] for row in found}
    kind = current.partition(":")[0]
    if current not in known and kind not in ("blur", "lens"):
        path = Path(current)
        row = _row(current, file_label(path), path)
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
    for path in files(folder):
        if path.name == name:
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
    background = open_background(str(path), "cover")
    try:
        return jpeg(background.plate(Matte(alpha=np.zeros((height_px, width_px), np.float32), frame=nobody)), 85)
    finally:
        background.close()


def _row(spec: str, label: str, path: Path) -> dict[str, Any]:
    kind = "clip" if path.suffix.lower() in CLIP_SUFFIXES else "picture"
    where = f"/api/backgrounds/{quote(path.name, safe='')}/thumbnail"
    return {"spec": spec, "label": label, "kind": kind, "warning": "", "name": path.name, "thumbnail": where}
