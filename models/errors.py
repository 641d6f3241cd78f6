"""The base of every error that greenless raises on purpose, and the branch that belongs to the networks.

    GreenlessError
    └── WeightsError          a weights file is missing, damaged, of another network, or cannot be fetched
        ├── DigestMismatch    the bytes are not the ones that were pinned
        └── ParityError       an exported network gives other mattes than the original

``realtime.errors`` draws the rest of the tree.
"""

from models.shown import clipped, masked, printable

_LONGEST = 4000


class GreenlessError(Exception):
    """Something a user can act on: the message says what happened, with its values; ``cure`` says what to do next.

    Both are printable wherever they go, and show no password of a URL.

    Args:
        what: one sentence without a closing full stop: what happened, with the values, and why if known.
        cure: the next step, best a command to type; empty when there is none.
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
    """A weights file is missing, damaged, of another network, or cannot be fetched."""


class DigestMismatch(WeightsError):
    """The bytes of a weights file are not the ones whose sha256 was pinned."""


class ParityError(WeightsError):
    """An exported network gives other mattes than the network it was made from."""
