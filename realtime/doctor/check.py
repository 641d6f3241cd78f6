"""``Check``: one finding of the doctor, and the functions that make one."""

from dataclasses import dataclass
from typing import Literal

REINSTALL = "Install greenless on its own: uv tool install greenless, or pipx install greenless"
"""The cure for a broken installation."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One finding."""

    name: str = ""
    """What was checked; ``examine`` fills it in."""

    status: Literal["ok", "warn", "fail"]
    """warn: greenless runs with limits; fail: something that a run needs is missing or broken."""

    detail: str
    """What was found."""

    cure: str = ""
    """What to do; empty if nothing is left to do."""


def ok(detail: str, cure: str = "") -> Check:
    """Return a finding that all is well."""
    return Check(status="ok", detail=detail, cure=cure)


def warn(detail: str, cure: str) -> Check:
    """Return a finding with which greenless runs with limits."""
    return Check(status="warn", detail=detail, cure=cure)


def fail(detail: str, cure: str) -> Check:
    """Return a finding that something that a run needs is missing or broken."""
    return Check(status="fail", detail=detail, cure=cure)
