"""Finds, downloads, verifies and imports weights, by name or by path.

Bundled weights are in ``pretrained/`` of a checkout and in ``models/_pretrained`` of an installed wheel; downloaded,
imported and exported ones are in the user's cache. This module imports neither torch nor numpy; only ``onnx_for`` and
the import of a checkpoint need torch.
"""

import json
import logging
import os
import shutil
from pathlib import Path

from models.as_onnx import from_checkpoint
from models.download import download
from models.errors import WeightsError
from models.files import cannot_write, digest, named, replacing
from models.home import cache_folder as cache_folder
from models.home import made, scratch
from models.known import KNOWN as KNOWN
from models.known import Known
from models.known import known as known
from models.structure import check_alone, check_structure
from models.waiting import NOTICE, Progress

log = logging.getLogger("greenless")

CHECKPOINTS = (".ckpt", ".pt", ".pth", ".safetensors")
"""Suffixes of the files that PyTorch reads. All other weights are ``.onnx``."""

DEFAULT_REFERENCE_SIZE_PX = 512

REFERENCE_SIZES_PX = {"lite": 288, "modnet": 512}
"""By the name of the network that ``models.checkpoint.save_network`` writes into a file."""

_SUMS = "SHA256SUMS"
_LONGEST_HEAD_BYTES = 1 << 24
_STEM_KEPT = 40
"""Characters of a checkpoint's name in the name of its export: a file name has at most 255 bytes."""


def place(row: Known) -> Path:
    """Return the path of the file of ``row``, which may not be downloaded yet."""
    return (_pretrained_folder() if row.on_board else cache_folder()) / row.file


def size_bytes(row: Known) -> int:
    """Return the size of the file of ``row``, or of its download if it is not there."""
    path = place(row)
    return path.stat().st_size if os.path.isfile(path) else row.bytes


def find(name_or_path: str) -> Path:
    """Return the file of weights that are known by name, imported, or named by path.

    Raises:
        WeightsError: unknown name, not downloaded yet, no such file, or a file of another kind.
    """
    if Path(name_or_path).suffix in (".onnx", *CHECKPOINTS):
        given, imported = named(name_or_path), cache_folder() / name_or_path
        for path in (given, imported):
            if os.path.isfile(path):
                return path
        if os.path.exists(given):
            raise WeightsError(f"{given} is not a regular file", cure="Name a .onnx, .ckpt or .safetensors file")
        raise WeightsError(
            f"there is no weights file {given}",
            cure="Check the path, or choose a name: greenless weights list",
        )
    if any(mark in name_or_path for mark in (os.sep, "/")) or os.path.isfile(name_or_path):
        raise WeightsError(f"expected a .onnx, {', '.join(CHECKPOINTS)} file, got {name_or_path}")
    return _present(known(name_or_path))


def reference_size(name_or_path: str) -> int:
    """Return the reference size in px that the network was trained for; 512 if it is unknown.

    The ``.safetensors`` file of ``greenless train`` and ``adapt`` contains the name of the network.
    """
    stem = Path(name_or_path).stem
    sizes = (row.reference_size_px for row in KNOWN if stem in (row.name, Path(row.file).stem))
    if size := next(sizes, None):
        return size
    twin = named(name_or_path).with_suffix(".safetensors")
    places = (twin, cache_folder() / twin.name)
    network = next((_network_in(path) for path in places if os.path.isfile(path)), "")
    return REFERENCE_SIZES_PX.get(network, DEFAULT_REFERENCE_SIZE_PX)


def _network_in(path: Path) -> str:
    """Return the name of the network in a ``.safetensors`` file; empty if there is none."""
    try:
        with path.open("rb") as file:
            head = json.loads(file.read(min(int.from_bytes(file.read(8), "little"), _LONGEST_HEAD_BYTES)))
        return str(head["__metadata__"]["network"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def fetch(name: str, *, progress: Progress | None = None) -> Path:
    """Download known weights to the cache, unless they are there, and return their path.

    Raises:
        WeightsError: the name is unknown, the download failed, the disk is full, or the bytes differ from the pinned
            digest.
    """
    row = known(name)
    if row.on_board:
        return _present(row)
    path = place(row)
    try:
        return verify(name)
    except WeightsError:
        download(row.url, path, check=lambda part: _check_fetched(part, row), progress=progress)
    return path


def verify(name: str) -> Path:
    """Compare the file of known weights with its pinned digest and return its path.

    Raises:
        WeightsError: it is missing or damaged, or there is no digest to compare it with.
    """
    row = known(name)
    path = _present(row)
    _check(path, row)
    return path


def import_file(path: Path) -> Path:
    """Copy a file to the cache, where ``find`` finds it, and return its new path.

    Known weights are recognised by their digest under any file name; others keep their name.

    Raises:
        WeightsError: the file is not a network that greenless can run, cannot be copied, or has the name of known
            weights, but another digest.
    """
    path = find(str(path))
    sha256 = digest(path)
    row = next((row for row in KNOWN if row.sha256 == sha256), None)
    if row:
        _check(path, row)
    else:
        _check_name(path, sha256)
        check_structure(path)
    target = cache_folder() / (row.file if row else path.name)
    if not (os.path.exists(target) and target.samefile(path)):
        with replacing(target) as part:
            shutil.copyfile(path, part)
            if path.suffix == ".onnx" and not row:
                check_alone(part, path)
    return target


def onnx_for(path: Path) -> Path:
    """Return ``path`` as ONNX: itself, or its export, which the cache keeps under the checkpoint's sha256.

    If the cache is not writable, the export lasts as long as this process.

    Raises:
        WeightsError: PyTorch is not installed, the checkpoint is damaged or of another network, or no folder is
            writable.
    """
    if path.suffix == ".onnx":
        return path
    name = f"{path.stem[:_STEM_KEPT]}-{digest(path)}.onnx"
    exported = cache_folder() / "exported" / name
    if not os.path.isfile(exported):
        try:
            exported = (made(exported.parent) or scratch()) / name
        except OSError as error:
            raise cannot_write(exported, error) from error
    if not exported.is_file():
        log.log(NOTICE, "exporting %s to ONNX, once: this takes half a minute, more on a busy machine", path.name)
        from_checkpoint(path, exported)
    return exported


def _pretrained_folder() -> Path:
    installed = Path(__file__).parent / "_pretrained"
    return installed if installed.is_dir() else Path(__file__).parent.parent / "pretrained"


def _present(row: Known) -> Path:
    path = place(row)
    if os.path.isfile(path):
        return path
    if row.on_board:
        raise WeightsError(f"{row.name} is missing from this installation: no {path}", cure="Reinstall greenless")
    raise WeightsError(f"{row.name} is not on this machine yet", cure=f"greenless weights fetch {row.name}")


def _check(path: Path, row: Known) -> None:
    if difference := _difference(path, row):
        cure = "Reinstall greenless" if row.on_board else f"greenless weights fetch {row.name}"
        raise WeightsError(f"{path} is not {row.name}: {difference}", cure=cure)


def _check_fetched(path: Path, row: Known) -> None:
    if difference := _difference(path, row):
        raise WeightsError(
            f"the file from {row.url} differs from the pinned digest: {difference}",
            cure=f"Try again without a proxy, or import the right file: greenless weights import {row.file}",
        )


def _difference(path: Path, row: Known) -> str:
    """Return how the file differs from the pinned digest; empty if it does not."""
    found, expected = digest(path), _sum_on_board(row) if row.on_board else row.sha256
    return "" if found == expected else f"sha256 {found} of {path.stat().st_size} bytes, expected {expected}"


def _sum_on_board(row: Known) -> str:
    sums = _pretrained_folder() / _SUMS
    for line in sums.read_text().splitlines() if sums.is_file() else ():
        sha256, _, name = line.partition("  ")
        if name == row.file:
            return sha256
    raise WeightsError(f"{sums} contains no sha256 of {row.file}, so it cannot be verified", cure="Reinstall greenless")


def _check_name(path: Path, sha256: str) -> None:
    """Refuse a file that would replace known weights."""
    for row in KNOWN:
        if path.name.casefold() == row.file.casefold():  # one file on Windows and macOS
            raise WeightsError(
                f"{path} has the name of {row.name}, but its sha256 is {sha256}", cure="Rename it and import it again"
            )
