"""``Check``: one finding of the doctor."""

from dataclasses import dataclass
from typing import Literal

REINSTALL = "Install greenless on its own: uv tool install greenless, or pipx install greenless"
"""The cure for a broken installation."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One finding."""

    name: str
    """What was checked."""

    status: Literal["ok", "warn", "fail"]
    """warn: greenless runs with limits; fail: something that a run needs is missing or broken."""

    detail: str
    """What was found."""

    cure: str = ""
    """What to do; empty if nothing is left to do."""
