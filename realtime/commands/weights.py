"""``greenless weights``: which networks there are, fetching, checking and adding them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from models import weights
from models.home import entries
from realtime.commands.common import Common, say
from realtime.errors import GreenlessError

MB = 1_000_000


@dataclass(frozen=True, kw_only=True)
class List:
    """Show the networks that are known by name or were imported, and which of them are on this machine."""


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """Bring a network onto this machine; its digest is checked."""

    name: tyro.conf.Positional[str]
    """A name that greenless weights list shows."""


@dataclass(frozen=True, kw_only=True)
class Verify:
    """Compare the files on this machine with the digests that are pinned."""

    names: tyro.conf.Positional[tuple[str, ...]] = ()
    """Which; all that are here when none is named."""


@dataclass(frozen=True, kw_only=True)
class Import:
    """Add a .onnx, .ckpt or .safetensors file that you got elsewhere; --weights finds it by its name then."""

    file: tyro.conf.Positional[Path]
    """The file; it is copied."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """The networks: which there are, fetching, checking and adding them."""

    action: (
        Annotated[List, tyro.conf.subcommand("list")]
        | Annotated[Fetch, tyro.conf.subcommand("fetch")]
        | Annotated[Verify, tyro.conf.subcommand("verify")]
        | Annotated[Import, tyro.conf.subcommand("import")]
    )

    common: Common = Common()


def main(options: Options) -> int:
    """Do it; 1 when a file is not what it should be."""
    match options.action:
        case Fetch(name=name):
            _fetch(name)
        case Verify(names=names):
            return _verify(names)
        case Import(file=file):
            path = weights.import_file(file)
            print(f"imported; use it with: --weights {_called(path)}")
        case _:
            _list()
    return 0


def _list() -> None:
    for row in weights.KNOWN:
        here, absent = ("on board", "missing") if row.on_board else ("here", "to fetch")
        path = weights.place(row)
        state, size = (here, path.stat().st_size) if os.path.isfile(path) else (absent, row.bytes)
        print(f"{row.name:<26} {state:<9} {size / MB:5.1f} MB  {row.licence:<11} {row.summary}")
    known = {row.file for row in weights.KNOWN}
    for path in entries(weights.cache_folder()):
        if path.suffix in (".onnx", *weights.CHECKPOINTS) and path.name not in known:
            print(f"{path.name:<26} {'imported':<9} {path.stat().st_size / MB:5.1f} MB")


def _fetch(name: str) -> None:
    row = weights.known(name)
    say(f"{row.name}: {row.bytes / MB:.1f} MB, licence {row.licence}, from {row.url or 'this installation'}")
    with _bar() as progress:
        path = weights.fetch(name, progress=progress)
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


def _called(path: Path) -> str:
    return next((row.name for row in weights.KNOWN if row.file == path.name), path.name)


@contextmanager
def _bar() -> Iterator[weights.Progress]:
    """Shows how far a download is, where somebody can see it."""
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    console = Console(stderr=True)
    columns = (DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total or None)
