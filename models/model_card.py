"""The model card of weights that somebody trained or adapted: what they are, how good, made of what, with what limits.

In: facts. Out: Markdown beside the weights. Says what the program knows, and asks for what it cannot know.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.files import digest, replacing

Table = Mapping[str, Mapping[str, float]]
"""Figures by name in rows by name; every row has the same figures."""


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What stands in the card."""

    title: str
    """Name of the weights."""

    summary: str
    """What they are, in a sentence or two."""

    files: Mapping[Path, str]
    """Each file beside the card, and what it is."""

    measured_on: str
    """What the figures were measured on; where nothing was measured, that."""

    figures: Table
    """Empty where nothing was measured."""

    data: Sequence[str]
    """What was learnt from, an item each."""

    recipe: Mapping[str, object]
    """What was set."""

    limits: Sequence[str]
    """What is known to go wrong, or was not looked at, an item each."""


def write_model_card(card: ModelCard, path: Path) -> None:
    """Write ``card`` to ``path``, with the sha256 of each file.

    Raises:
        WeightsError: the card cannot be written.
    """
    with replacing(path) as part:
        part.write_text(markdown(card), encoding="utf-8")


def markdown(card: ModelCard) -> str:
    """The card as it is written."""
    blocks = [
        f"# Model card: {card.title}",
        card.summary,
        _table(("file", "what", "sha256"), [(f"`{p.name}`", what, f"`{digest(p)}`") for p, what in card.files.items()]),
        "## Figures",
        card.measured_on,
        *_figures(card.figures),
        "## Data",
        _items(card.data),
        "## Recipe",
        _table(("setting", "value"), [(f"`{name}`", _value(value)) for name, value in card.recipe.items()]),
        "## Limits",
        _items(card.limits),
    ]
    return "\n\n".join(blocks) + "\n"


def _figures(table: Table) -> list[str]:
    if not table:
        return []
    names = next(iter(table.values())).keys()
    rows = [(row, *("-" if math.isnan(v) else f"{v:.4f}" for v in figures.values())) for row, figures in table.items()]
    return [_table(("", *names), rows)]


def _items(texts: Sequence[str]) -> str:
    return "\n".join(f"- {text}" for text in texts)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _value(value: object) -> str:
    """A setting as text; of a path the last part alone, for the card may be passed on."""
    match value:
        case None:
            return "none"
        case Path():
            return value.name or str(value)
        case tuple() | list():
            return ", ".join(map(_value, value))
    return str(value)
