"""Describes settings, their fields, cameras and networks as JSON for the page and ``ctl``.

A new field of the settings appears on the page without further code.
"""

import os
from dataclasses import Field
from inspect import getdoc
from typing import Any, Literal, get_args, get_origin, get_type_hints

from models import weights
from models.known import KNOWN
from models.shown import masked
from realtime.capture.cameras import cameras_without
from realtime.settings.group import Group
from realtime.settings.schema import Settings
from realtime.settings.tree import groups, helps, keys, plain
from realtime.sinks.virtual_camera import FED

HIDDEN = frozenset({"control"})
"""Groups that only the command line and the file may set, because a page must not change its own access."""

_TYPES: dict[Any, str] = {str: "text", int: "integer", float: "number", bool: "switch"}


def values(settings: Settings) -> dict[str, Any]:
    """Return the settings as nested tables with masked passwords; ``settings.tree.unmasked`` restores them."""
    tables: dict[str, Any] = {}
    for name, group in groups(settings):
        if name not in HIDDEN:
            own = {f.name: _shown(getattr(group, f.name)) for f in keys(group)}
            tables |= {name: own} if name else own
    return tables


def fields_of(settings: Settings) -> list[dict[str, Any]]:
    """Return the groups in the order of the tree, each with the data for the controls of its fields."""
    return [
        {
            "group": name,
            "help": getdoc(type(group)),
            "fields": [_field(group, f) for f in keys(group)],
        }
        for name, group in groups(settings)
        if name not in HIDDEN
    ]


def cameras() -> list[dict[str, str]]:
    """Return value and label of each camera, except the virtual cameras that this run writes to."""
    return [{"value": str(device.handle), "label": str(device)} for device in cameras_without(FED)]


def networks() -> list[dict[str, Any]]:
    """Return the known networks, and whether each is on this machine."""
    return [
        {
            "value": row.name,
            "label": row.name,
            "help": row.summary,
            "present": row.on_board or os.path.isfile(weights.place(row)),
            "fetch": "" if row.on_board else f"greenless weights fetch {row.name}",
        }
        for row in KNOWN
    ]


def _shown(value: object) -> object:
    if isinstance(value, tuple):
        return [masked(item) for item in value]
    return masked(value) if isinstance(value, str) else value


def _field(group: Group, field: Field[Any]) -> dict[str, Any]:
    hint = get_type_hints(type(group))[field.name]
    choices = list(get_args(hint)) if get_origin(hint) is Literal else None
    kind = "choice" if choices else "list" if get_origin(hint) is tuple else _TYPES[hint]
    low_high = field.metadata.get("range")
    return {
        "name": field.name,
        "type": kind,
        "help": helps(type(group))[field.name],
        "default": plain(field.default),
        "range": list(low_high) if low_high else None,
        "unit": field.metadata.get("unit", ""),
        "choices": choices,
    }
