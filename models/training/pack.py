"""Packs reduced images of people, sequences and rooms into files that all processes of a training map into memory.

The arrays are views of the mapped files. Thousands of people use no private memory, and a second training with the same
images starts at once.
"""

import hashlib
import itertools
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from models.errors import GreenlessError
from models.files import replacing
from models.pairs import Pixels
from models.training.people import Person, list_images, list_pairs, list_sequences, load_person, load_room

_FORMAT = 1

Arrays = tuple[Pixels, ...]


def load_people(folders: Sequence[Path], *, cache: Path, long_side_px: int = 768) -> list[Person]:
    """Load the people of ``folders``, reduced to ``long_side_px``. The pack in ``cache`` is made if it is missing.

    Raises:
        GreenlessError: a folder is empty, or a matte is missing or has another size than its image.
    """
    return _people("people", list_pairs(folders), cache, long_side_px)


def load_sequences(folders: Sequence[Path], *, cache: Path, long_side_px: int = 768) -> list[list[Person]]:
    """Load the frames of each sequence of ``folders``, like ``load_people``.

    A border that cuts a person in one frame counts as cut in all, so that all frames of a sequence find one place.

    Raises:
        GreenlessError: a folder contains no sequence, a matte is missing or has another size than its image, or the
            frames of a sequence differ in size.
    """
    sequences = list_sequences(folders)
    frames = iter(_people("sequences", [pair for sequence in sequences for pair in sequence], cache, long_side_px))
    return [_alike(list(itertools.islice(frames, len(sequence))), sequence[0][0].parent) for sequence in sequences]


def _alike(frames: list[Person], folder: Path) -> list[Person]:
    """The frames of one sequence, cut by the same borders."""
    if len({person.alpha.shape for person in frames}) > 1:
        raise GreenlessError(f"the frames in {folder} differ in size", cure="Save them at one size, or remove them")
    left, right, top, bottom = (any(sides) for sides in zip(*(person.cut for person in frames), strict=True))
    return [replace(person, cut=(left, right, top, bottom)) for person in frames]


def load_rooms(folders: Sequence[Path], *, cache: Path, long_side_px: int = 768) -> list[Pixels]:
    """Load the rooms of ``folders``, ``(H, W, 3) uint8 BGR``, like ``load_people``.

    Raises:
        GreenlessError: a folder is empty, or a file is not an image.
    """
    paths = [path for folder in folders for path in list_images(folder)]
    items = (((load_room(path, long_side_px),), ()) for path in paths)
    return [room for (room,), _ in _packed(cache, "rooms", paths, long_side_px, items)]


def _people(name: str, pairs: Sequence[tuple[Path, Path]], cache: Path, long_side_px: int) -> list[Person]:
    if not pairs:
        return []

    def items() -> Iterator[tuple[Arrays, Sequence[bool]]]:
        for image, matte in pairs:
            person = load_person(image, matte, long_side_px)
            yield (person.picture, person.foreground, person.alpha), person.cut

    found = _packed(cache, name, [file for pair in pairs for file in pair], long_side_px, items())
    return [
        Person(picture=picture, foreground=foreground, alpha=alpha, cut=(left, right, top, bottom))
        for (picture, foreground, alpha), (left, right, top, bottom) in found
    ]


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
