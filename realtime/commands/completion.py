"""``greenless completion``: prints the script with which a shell completes commands and flags."""

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

    zsh: greenless completion zsh > FOLDER/_greenless, with a FOLDER of $fpath
    """

    shell: Annotated[Literal["bash", "zsh", "tcsh"], tyro.conf.Positional]
    """The shell."""

    common: Common = Common()


def main(options: Options) -> int:
    """Print the script. Only this command builds the parsers of all commands."""
    kinds = []
    for name in COMMANDS:
        with suppress(MissingExtra):  # omit a command whose extra is not installed
            module = importlib.import_module(module_of(name))
            kinds.append(Annotated[module.Options, tyro.conf.subcommand(name)])
    every: Any = functools.reduce(operator.or_, kinds)
    with suppress(SystemExit):  # tyro exits after it has printed
        tyro.cli(
            every, prog="greenless", args=["--tyro-print-completion", options.shell], config=TYRO, registry=registry()
        )
    return 0
