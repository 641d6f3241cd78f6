"""How a user gets an extra of greenless. A bundle has its own Python, which takes no packages."""

import sys


def how_to_add(extra: str) -> str:
    """Return what to type for an extra, for this installation."""
    if getattr(sys, "frozen", False):
        return f"This package of greenless takes no extras. In a clone of greenless, type: uv tool install '.[{extra}]'"
    return f"In the folder of greenless, type: pip install '.[{extra}]', or with uv: uv tool install '.[{extra}]'"
