"""Parses the command line of a command into its ``Options``.

tyro derives the flags from the dataclasses. This module adds three things: complete sentences as help,
``--flag, --no-flag`` for boolean settings, and a short ``--help``. That shows only the options in ``EVERYDAY`` of the
command's module; ``--help-all`` shows them all.
"""

from collections.abc import Collection, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import tyro
from tyro.constructors import ConstructorRegistry, StructConstructorSpec, StructFieldSpec, StructTypeInfo

from realtime.settings.group import Group
from realtime.settings.tree import helps

TYRO = (
    tyro.conf.OmitArgPrefixes,
    tyro.conf.OmitSubcommandPrefixes,
    tyro.conf.CascadeSubcommandArgs,
    tyro.conf.UseAppendAction,
)
"""Flat flags (``--width``, not ``--settings.camera.width``) and repeatable lists."""

HELP_ALL = "--help-all"
_HELP = ("-h", "--help")


def parse(options: Any, words: Sequence[str], *, prog: str, everyday: Collection[str] = (), **filled: Any) -> Any:
    """Parse ``words`` into ``options``.

    Args:
        options: the dataclass of a command.
        words: the command line after the name of the command.
        prog: the name of the command in the help.
        everyday: the fields that ``--help`` shows; empty for all.
        **filled: ``default``, an instance of ``options`` with the values of the settings file.

    Raises:
        SystemExit: a word is wrong, or the user requested help; the message is on the screen.
    """
    every = HELP_ALL in words
    short = bool(everyday) and not every and any(word in _HELP for word in words)
    given = ["--help" if word == HELP_ALL else word for word in words]
    rules = registry(everyday if short else None)
    try:
        return tyro.cli(options, args=given, prog=prog, config=TYRO, registry=rules, **filled)
    except SystemExit:
        if short:
            print(f"{prog} {HELP_ALL} shows every option.")
        raise


def registry(shown: Collection[str] | None = None) -> ConstructorRegistry:
    """Return the rules by which tyro reads our dataclasses.

    Args:
        shown: the fields that the help shows; None for all.
    """
    rules = ConstructorRegistry()

    @rules.struct_rule
    def _(info: StructTypeInfo) -> StructConstructorSpec | None:
        kind = info.type
        if not is_dataclass(kind) or kind.__module__.startswith("tyro."):  # tyro wraps a union in a dataclass
            return None
        hints = get_type_hints(kind, include_extras=True)
        own = [_flag(kind, f, hints[f.name], info.default, shown) for f in fields(kind)]
        return StructConstructorSpec(instantiate=kind, fields=tuple(own))

    return rules


def _flag(kind: type, f: Field[Any], hint: Any, filled: object, shown: Collection[str] | None) -> StructFieldSpec:
    default = getattr(filled, f.name) if isinstance(filled, kind) else f.default
    default = tyro.MISSING if default is MISSING else default
    text = _texts(kind).get(f.name)
    marks: list[Any] = []
    if text is not None:  # else the field is a group
        marks.append(tyro.conf.arg(help_behavior_hint=_default(default, paired=issubclass(kind, Group))))
        if shown is not None and f.name not in shown:
            marks.append(tyro.conf.Suppress)
    if hint is bool and not issubclass(kind, Group):
        marks.append(tyro.conf.FlagCreatePairsOff)  # only the flag itself can turn it on
    if hint == Path | None:
        marks.append(tyro.conf.arg(metavar="PATH"))  # tyro would show {None}|PATH
    for mark in marks:
        hint = Annotated[hint, mark]
    return StructFieldSpec(name=f.name, type=hint, default=default, helptext=text)


def _default(default: object, *, paired: bool) -> Any:
    """Return the end of a field's help, with its default; a function if tyro formats the default."""
    if isinstance(default, bool):
        return f"(default: {'on' if default else 'off'})" if paired else ""
    if default is None:
        return ""
    if default is tyro.MISSING:
        return "(required)"
    if isinstance(default, tuple):
        return f"(repeatable, default: {' '.join(map(str, default))})" if default else "(repeatable)"
    return lambda shown: f"(default: {shown})" if default != "" else "(default: empty)"


@cache
def _texts(kind: type) -> dict[str, str]:
    """Return the help of each field as one paragraph; an inherited field has the help of its base class."""
    texts: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if is_dataclass(base):
            texts |= {name: " ".join(text.split()) for name, text in helps(base).items()}
    return texts
