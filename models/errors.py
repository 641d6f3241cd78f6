"""The base of all errors that greenless raises on purpose, and those of the networks.

    GreenlessError
    └── WeightsError          a weights file is missing, damaged, of another network, or cannot be downloaded
        └── ParityError       an exported network and the original disagree

``realtime.errors`` draws the rest of the tree.
"""

from models.shown import clipped, masked, printable

_LONGEST = 4000


class GreenlessError(Exception):
    """An error that a user can act on: the message says what happened, ``cure`` what to do next.

    Both are printable everywhere, and show no password of a URL.

    Args:
        what: one sentence without a full stop: what happened, with the values, and why if known.
        cure: the next step, preferably a command; empty if there is none.
    """

    def __init__(self, what: str, *, cure: str = "") -> None:
        self.what = _fit_to_show(what)
        self.cure = _fit_to_show(cure)
        super().__init__(self.what)

    def __str__(self) -> str:
        return f"{self.what}. {self.cure}" if self.cure else self.what


def _fit_to_show(text: str) -> str:
    return printable(clipped(masked(text), _LONGEST))


class WeightsError(GreenlessError):
    """A weights file is missing, damaged, of another network, or cannot be downloaded."""


class ParityError(WeightsError):
    """An exported network and the original disagree."""
