"""``greenless completion``: the script that lets a shell complete commands and flags."""

import functools
import importlib
import operator
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import tyro

from realtime.commands import COMMANDS, module_of
from realtime.commands.common import Common
from realtime.commands.flags import TYRO, registry
from realtime.errors import MissingExtra


@dataclass(frozen=True, kw_only=True)
class Options:
    """Print the completion script of a shell.

    bash: greenless completion bash > ~/.local/share/bash-completion/completions/greenless
    zsh: greenless completion zsh > a folder of $fpath, as the file _greenless
    """

    shell: Annotated[Literal["bash", "zsh", "tcsh"], tyro.conf.Positional]
    """The shell to print for."""

    common: Common = Common()


def main(options: Options) -> int:
    """Print the script; the one command for which every parser is built."""
    kinds = []
    for name in COMMANDS:
        with suppress(MissingExtra):  # a command whose package is not installed is not offered
            module = importlib.import_module(module_of(name))
            kinds.append(Annotated[module.Options, tyro.conf.subcommand(name)])
    every: Any = functools.reduce(operator.or_, kinds)
    with suppress(SystemExit):  # tyro's way to end once it has printed
        tyro.cli(
            every, prog="greenless", args=["--tyro-print-completion", options.shell], config=TYRO, registry=registry()
        )
    return 0
