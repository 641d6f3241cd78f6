"""``greenless weights``: lists, fetches, verifies, imports and exports networks."""

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from models import as_onnx, weights
from models.home import entries
from realtime.commands.common import Common, say
from realtime.commands.progress import progress
from realtime.commands.table import table
from realtime.errors import GreenlessError, SettingsError

MB = 1_000_000


@dataclass(frozen=True, kw_only=True)
class List:
    """List the known and imported networks, and show which of them are on this machine."""


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """Download a network and check its digest."""

    name: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="NAME")]
    """A name from greenless weights list."""


@dataclass(frozen=True, kw_only=True)
class Verify:
    """Compare the files on this machine with the pinned digests."""

    names: Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="NAME...")] = ()
    """Names from greenless weights list; all networks on this machine if omitted."""


@dataclass(frozen=True, kw_only=True)
class Import:
    """Copy your own .onnx, .ckpt or .safetensors file to the cache, so that --weights finds it by its name."""

    file: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="FILE")]
    """The file to copy."""


@dataclass(frozen=True, kw_only=True)
class Export:
    """Write a network as one ONNX file. A PyTorch checkpoint is converted (extra greenless[torch])."""

    name: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="NAME|FILE")]
    """A name from greenless weights list, or the path of a .ckpt, .pt, .pth or .safetensors file."""

    output: Annotated[Path, tyro.conf.arg(aliases=["-o"], metavar="FILE")]
    """The .onnx file to write."""

    size: Annotated[str | None, tyro.conf.arg(metavar="WIDTHxHEIGHT")] = None
    """Fix the input size of the network, for example 512x288. Without it, the network accepts any size."""

    force: bool = False
    """Overwrite an existing file."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """List, fetch, verify, import and export networks."""

    action: List | Fetch | Verify | Import | Export

    common: Common = Common()


def main(options: Options) -> int:
    """Do the action; return 1 if a file does not match its digest."""
    match options.action:
        case Fetch(name=name):
            _fetch(name)
        case Verify(names=names):
            return _verify(names)
        case Import(file=file):
            path = weights.import_file(file)
            print(f"imported; use it with: --weights {_called(path)}")
        case Export() as asked:
            _export(asked)
        case _:
            _list()
    return 0


def _list() -> None:
    rows = []
    for row in weights.KNOWN:
        here, absent = ("on board", "missing") if row.on_board else ("here", "to fetch")
        state = here if os.path.isfile(weights.place(row)) else absent
        rows.append([row.name, state, f"{weights.size_bytes(row) / MB:.1f} MB", row.licence, row.summary])
    known = {row.file for row in weights.KNOWN}
    for path in entries(weights.cache_folder()):
        if path.suffix in (".onnx", *weights.CHECKPOINTS) and path.name not in known:
            rows.append([path.name, "imported", f"{path.stat().st_size / MB:.1f} MB"])
    print(table(rows, numbers=[2]))


def _fetch(name: str) -> None:
    from rich.progress import DownloadColumn, TransferSpeedColumn

    row = weights.known(name)
    size = weights.size_bytes(row) / MB
    say(f"{row.name}: {size:.1f} MB, licence {row.licence}, from {row.url or 'this installation'}")
    with progress("fetching", "bytes", (DownloadColumn(), TransferSpeedColumn())) as show:
        path = weights.fetch(name, progress=show)
    print(path)


def _verify(names: tuple[str, ...]) -> int:
    wrong = 0
    for name in names or [row.name for row in weights.KNOWN if row.on_board or os.path.isfile(weights.place(row))]:
        try:
            print(f"ok    {weights.verify(name)}")
        except GreenlessError as error:
            wrong += 1
            print(f"fail  {error}")
    return 1 if wrong else 0


def _export(asked: Export) -> None:
    found, path = weights.find(asked.name), asked.output
    as_onnx.write_onnx(found, path, size=_size(asked.size), replace=asked.force)
    print(path)
    trained_px = weights.reference_size(asked.name)
    apart = trained_px != weights.reference_size(str(path))  # the file itself does not store its training size
    say(f"use it with: --weights {shlex.quote(str(path))}" + f" --reference-size {trained_px}" * apart)


def _size(asked: str | None) -> tuple[int, int] | None:
    """Return ``(H, W)`` from ``WIDTHxHEIGHT``."""
    if asked is None:
        return None
    if not (found := re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})", asked)):
        raise SettingsError(f"expected --size WIDTHxHEIGHT, got {asked!r}", cure="Type --size 512x288")
    return int(found[2]), int(found[1])


def _called(path: Path) -> str:
    return next((row.name for row in weights.KNOWN if row.file == path.name), path.name)
