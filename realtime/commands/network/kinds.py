"""The kinds of images that a CSV file names, so that a network is measured on each kind apart."""

import csv
import os
from collections.abc import Mapping
from pathlib import Path

from models.evaluation import Evaluation, Figures
from models.metrics import mean_of_rows
from realtime.errors import SettingsError

BESIDE = "kinds.csv"
"""The file that counts without being named, beside the folder of images."""

UNNAMED = "no kind"
"""The kind of an image that the file does not name."""


def kinds_of(images: Path | None, named: Path | None) -> dict[str, str]:
    """Read the kind of each stem from ``named``, or else from ``kinds.csv`` beside ``images``; empty without either.

    Raises:
        SettingsError: the file is missing, lacks a column, or names one stem twice.
    """
    if named is not None:
        return _read(named)
    beside = images.absolute().with_name(BESIDE) if images is not None else None
    return _read(beside) if beside is not None and os.path.isfile(beside) else {}


def by_kind(measured: Evaluation, kinds: Mapping[str, str]) -> dict[str, Evaluation]:
    """Split an evaluation by kind, the largest kind first."""
    groups: dict[str, dict[str, Figures]] = {}
    for name, figures in measured.pictures.items():
        groups.setdefault(kinds.get(name, UNNAMED), {})[name] = figures
    return {
        kind: Evaluation(pictures=pictures, mean=mean_of_rows(pictures.values()))
        for kind, pictures in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    }


def _read(path: Path) -> dict[str, str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}", cure="Name a CSV file with --kinds") from error
    kinds: dict[str, str] = {}
    for number, row in enumerate(rows, start=2):
        stem, kind = row.get("stem"), row.get("kind")
        if not stem or not kind:
            raise SettingsError(f"line {number} of {path} has no stem or no kind", cure="The first line is: stem,kind")
        if stem in kinds:
            raise SettingsError(f"{path} names {stem} twice, in line {number} again", cure="Leave one of the lines")
        kinds[stem] = kind
    if not kinds:
        raise SettingsError(f"{path} names no image", cure="The first line is: stem,kind")
    return kinds
