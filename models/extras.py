"""How a user gets an extra of greenless. A bundle has its own Python, which takes no packages."""

import sys


def how_to_add(extra: str) -> str:
    """Return what to type for an extra, for this installation."""
    if getattr(sys, "frozen", False):
        return f"This package of greenless has no extras. Use the other one: uv tool install 'greenless[{extra}]'"
    return f"Install it with: pip install 'greenless[{extra}]'"
