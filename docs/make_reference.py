"""Writes docs/reference.md, the reference of all commands and settings, from the code.

    python docs/make_reference.py

The commands come from their parsers, the settings from ``realtime.settings.schema``. All extras must be installed,
because ``train`` and ``adapt`` need PyTorch.
"""

import argparse
import importlib
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import tyro

from realtime.commands import COMMANDS, flags, module_of
from realtime.settings import tree
from realtime.settings.group import Group
from realtime.settings.schema import Settings

PAGE = Path(__file__).with_name("reference.md")
COMMAND = "python docs/make_reference.py"

HEAD = f"""# Reference

This page lists all commands and settings. `{COMMAND}` writes it from the code; do not edit it.

`greenless COMMAND --help` shows the options that most people need, and `--help-all` shows all of them.
`greenless` without a command is `greenless run`. A switch such as `--governor` has an opposite, `--no-governor`.
"""

COMMON = "common"
GROUPS = {name for name, _ in tree.groups(Settings()) if name}


def reference() -> str:
    """The whole page."""
    parsers = {name: parser_of(name) for name in COMMANDS}
    lines = [HEAD, "## Commands", ""]
    lines += [f"- [`greenless {name}`](#greenless-{name}): {what}" for name, what in COMMANDS.items()]
    lines += ["", "### Options of every command", "", *_table(_options(parsers["doctor"], common=True))]
    for name, parser in parsers.items():
        lines += _command(name, parser)
    lines += [*_settings(parsers["run"])]
    return "\n".join(lines).rstrip() + "\n"


def parser_of(name: str) -> argparse.ArgumentParser:
    """The parser of a command, without a settings file."""
    module = importlib.import_module(module_of(name))
    filled = {"default": module.defaults(Settings())} if hasattr(module, "defaults") else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of get_parser; tyro has nothing in its place yet
        return tyro.extras.get_parser(
            module.Options, prog=f"greenless {name}", config=flags.TYRO, registry=flags.registry(), **filled
        )


def _command(name: str, parser: argparse.ArgumentParser, level: int = 3) -> Iterator[str]:
    yield from (f"{'#' * level} greenless {name}", "", _text(parser.description), "")
    yield from _table(_options(parser, common=False))
    for title, group in _flags_of_settings(parser).items():
        yield from (f"Settings of [{title}](#{title}): {', '.join(f'`{flag}`' for flag in group)}.", "")
    for action in parser._actions:
        if isinstance(action.choices, Mapping):  # subcommands
            for word, inner in action.choices.items():
                yield from _command(f"{name} {word}", inner, level + 1)


def _options(parser: argparse.ArgumentParser, *, common: bool) -> Iterator[tuple[str, str]]:
    """Each option with its help: those of every command, or the command's own without settings of a group."""
    for action in parser._actions:
        parents = action.dest.split(".")[:-1]
        if action.dest == "help" or isinstance(action.choices, Mapping):
            continue
        if (COMMON in parents) == common and not GROUPS & set(parents):
            yield _typed(action), _text(action.help)


def _flags_of_settings(parser: argparse.ArgumentParser) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for action in parser._actions:
        if named := GROUPS & set(action.dest.split(".")[:-1]):
            found.setdefault(named.pop(), []).append(action.option_strings[0])
    return found


def _typed(action: argparse.Action) -> str:
    """An option as people type it."""
    value = str(action.metavar or "")
    if not action.option_strings:
        words = value.strip("[]{}").replace(",", "|")
        if words.partition(" ")[0] not in ("STR", "PATH"):  # what tyro calls a type
            return f"`{words}`"
        return f"`{action.dest.rpartition('.')[2].upper()}{'...' if action.nargs in ('*', '+') else ''}`"
    return ", ".join(f"`{flag} {value}`".replace(" `", "`") for flag in action.option_strings)


def _settings(run: argparse.ArgumentParser) -> Iterator[str]:
    typed = {action.dest.rpartition(".")[2].replace("-", "_"): action for action in run._actions}
    yield from ("## Settings", "")
    yield "The tables and keys of `settings.toml`, their flags, and their defaults. Flags override the file."
    yield ""
    for name, group in tree.groups(Settings()):
        yield from (f"### {name or 'Top level'}", "", _text(type(group).__doc__), "")
        hints, helps = get_type_hints(type(group)), tree.helps(type(group))
        yield "| key | flag | values | default | meaning |"
        yield "|---|---|---|---|---|"
        for f in tree.keys(group):
            default = tree.plain(getattr(group, f.name))
            shown = str(default).lower() if isinstance(default, bool) else repr(default).replace("'", '"')
            flag = ", ".join(f"`{word}`" for word in typed[f.name].option_strings)
            cells = (f"`{f.name}`", flag, _values(group, hints[f.name], f.metadata), f"`{shown}`", helps[f.name])
            yield _row(cells)
        yield ""


def _values(group: Group, hint: Any, metadata: Any) -> str:
    if get_origin(hint) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(hint))
    if "range" in metadata:
        low, high = metadata["range"]
        return f"{low} to {high} {metadata['unit']}".rstrip()
    return {bool: "`true`, `false`", str: "text"}.get(hint, "list of texts")


def _table(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    if not (rows := list(rows)):
        return
    yield from ("| option | meaning |", "|---|---|", *map(_row, rows), "")


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(_text(cell).replace("|", "\\|") for cell in cells) + " |"


def _text(words: str | None) -> str:
    """Words as Markdown: one line a paragraph, nothing read as a tag."""
    paragraphs = [" ".join(paragraph.split()) for paragraph in (words or "").split("\n\n")]
    return "\n\n".join(paragraphs).replace("<", "&lt;").replace("%%", "%")


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
