"""Writes the model card of trained or adapted weights as Markdown: summary, figures, data, recipe, limits."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.files import digest, replacing

Table = Mapping[str, Mapping[str, float]]
"""Figures by name in rows by name; every row has the same figures."""


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """The content of the card."""

    title: str
    """Name of the weights."""

    summary: str
    """What they are, in a sentence or two."""

    files: Mapping[Path, str]
    """Each file beside the card, and what it is."""

    measured_on: str
    """What the figures were measured on; if nothing was measured, a sentence that says so."""

    figures: Table
    """Empty if nothing was measured."""

    data: Sequence[str]
    """The training data, one entry per source."""

    recipe: Mapping[str, object]
    """The settings of the training."""

    limits: Sequence[str]
    """Known or untested weaknesses, one entry each."""


def write_model_card(card: ModelCard, path: Path) -> None:
    """Write ``card`` to ``path``, with the sha256 of each file.

    Raises:
        WeightsError: the card cannot be written.
    """
    with replacing(path) as part:
        part.write_text(markdown(card), encoding="utf-8")


def markdown(card: ModelCard) -> str:
    """Return the card as Markdown."""
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
    """Return a setting as text; of a path only the last part, because the card may be published."""
    match value:
        case None:
            return "none"
        case Path():
            return value.name or str(value)
        case tuple() | list():
            return ", ".join(map(_value, value))
    return str(value)
