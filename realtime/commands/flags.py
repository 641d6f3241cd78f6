"""Flags: a command's ``Options`` and the words after it go in, filled ``Options`` come out.

tyro makes the flags from the dataclasses. What this module adds to it: help in whole sentences, ``--flag, --no-flag``
for the settings that are switches, and a ``--help`` of the few options that people need (``EVERYDAY`` of the command's
module), while ``--help-all`` shows them all.
"""

from collections.abc import Collection, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import tyro
from tyro.constructors import ConstructorRegistry, StructConstructorSpec, StructFieldSpec, StructTypeInfo

from realtime.settings.schema import Group
from realtime.settings.tree import helps

TYRO = (
    tyro.conf.OmitArgPrefixes,
    tyro.conf.OmitSubcommandPrefixes,
    tyro.conf.CascadeSubcommandArgs,
    tyro.conf.UseAppendAction,
)
"""Flat flags (``--width``, not ``--settings.camera.width``), repeatable lists."""

HELP_ALL = "--help-all"
_HELP = ("-h", "--help")


def parse(options: Any, words: Sequence[str], *, prog: str, everyday: Collection[str] = (), **filled: Any) -> Any:
    """The ``options`` that ``words`` ask for.

    Args:
        options: the dataclass of a command.
        words: the command line after the command's name.
        prog: what the help calls the command.
        everyday: the fields that ``--help`` shows; empty shows them all.
        **filled: ``default``, an ``options`` with what the settings file says.

    Raises:
        SystemExit: a word is wrong, or help was asked for; it is on the screen.
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
    """How tyro reads our dataclasses.

    Args:
        shown: the only fields that are flags; None takes them all.
    """
    rules = ConstructorRegistry()

    @rules.struct_rule
    def _(info: StructTypeInfo) -> StructConstructorSpec | None:
        kind = info.type
        if not is_dataclass(kind) or kind.__module__.startswith("tyro."):  # it wraps a union in one
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
    if text is not None:  # else it is a table of further fields
        marks.append(tyro.conf.arg(help_behavior_hint=_default(default, paired=issubclass(kind, Group))))
        if shown is not None and f.name not in shown:
            marks.append(tyro.conf.Suppress)
    if hint is bool and not issubclass(kind, Group):
        marks.append(tyro.conf.FlagCreatePairsOff)  # nothing but the word itself can turn it on
    if hint == Path | None:
        marks.append(tyro.conf.arg(metavar="PATH"))  # tyro would call it {None}|PATH
    for mark in marks:
        hint = Annotated[hint, mark]
    return StructFieldSpec(name=f.name, type=hint, default=default, helptext=text)


def _default(default: object, *, paired: bool) -> Any:
    """The words on a field's default that end its help; a function where tyro knows how it is typed."""
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
    """The help of each field that has one, as one paragraph; inherited fields have theirs from where they stand."""
    texts: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if is_dataclass(base):
            texts |= {name: " ".join(text.split()) for name, text in helps(base).items()}
    return texts
