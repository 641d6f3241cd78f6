"""Packs reduced images of people and rooms into two files, which every process of a training maps into memory.

The arrays are views of the mapped files. Thousands of people use no private memory, and a second training with the same
images starts at once.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from models.files import replacing
from models.pairs import Pixels
from models.training.people import Person, list_images, list_pairs, load_person, load_room

_FORMAT = 1

Arrays = tuple[Pixels, ...]


def load_people(folders: Sequence[Path], *, cache: Path, long_side_px: int = 768) -> list[Person]:
    """Load the people of ``folders``, reduced to ``long_side_px``. The pack in ``cache`` is made if it is missing.

    Raises:
        GreenlessError: a folder is empty, or a matte is missing or has another size than its image.
    """
    pairs = list_pairs(folders)

    def items() -> Iterator[tuple[Arrays, Sequence[bool]]]:
        for image, matte in pairs:
            person = load_person(image, matte, long_side_px)
            yield (person.picture, person.foreground, person.alpha), person.cut

    found = _packed(cache, "people", [file for pair in pairs for file in pair], long_side_px, items())
    return [
        Person(picture=picture, foreground=foreground, alpha=alpha, cut=(left, right, top, bottom))
        for (picture, foreground, alpha), (left, right, top, bottom) in found
    ]


def load_rooms(folders: Sequence[Path], *, cache: Path, long_side_px: int = 768) -> list[Pixels]:
    """Load the rooms of ``folders``, ``(H, W, 3) uint8 BGR``, like ``load_people``.

    Raises:
        GreenlessError: a folder is empty, or a file is not an image.
    """
    paths = [path for folder in folders for path in list_images(folder)]
    items = (((load_room(path, long_side_px),), ()) for path in paths)
    return [room for (room,), _ in _packed(cache, "rooms", paths, long_side_px, items)]


def _packed(
    cache: Path,
    name: str,
    files: Sequence[Path],
    long_side_px: int,
    items: Iterator[tuple[Arrays, Sequence[bool]]],
) -> Iterator[tuple[Arrays, list[bool]]]:
    path = cache / f"{name}-{_key(files, long_side_px)}.pack"
    if not path.with_suffix(".json").exists():
        cache.mkdir(parents=True, exist_ok=True)
        _write(path, items)
    return _read(path)


def _key(files: Sequence[Path], long_side_px: int) -> str:
    """Hash the files' names, sizes and times, so that another set of images makes another pack."""
    seen = [(str(file.resolve()), (stat := file.stat()).st_size, stat.st_mtime_ns) for file in files if file.exists()]
    return hashlib.sha256(json.dumps([_FORMAT, long_side_px, seen]).encode()).hexdigest()[:16]


def _write(path: Path, items: Iterator[tuple[Arrays, Sequence[bool]]]) -> None:
    """Write the arrays one after another, then the index, which makes the pack valid."""
    index: list[tuple[list[tuple[int, tuple[int, ...]]], list[bool]]] = []
    with replacing(path) as part, part.open("wb") as file:
        for arrays, note in items:
            places = []
            for array in arrays:
                places.append((file.tell(), array.shape))
                file.write(array.tobytes())
            index.append((places, list(note)))
    with replacing(path.with_suffix(".json")) as part:
        part.write_text(json.dumps(index))


def _read(path: Path) -> Iterator[tuple[Arrays, list[bool]]]:
    data = np.asarray(np.memmap(path, np.uint8, mode="r"))
    for places, note in json.loads(path.with_suffix(".json").read_text()):
        yield tuple(data[start : start + math.prod(shape)].reshape(shape) for start, shape in places), note
