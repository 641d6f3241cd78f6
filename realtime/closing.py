"""``Closing``: the protocol of everything that is open until it is closed, usable in a ``with`` statement."""

from typing import Protocol, Self


class Closing(Protocol):
    """Something that is open. A class that inherits from this one needs only ``close``."""

    def close(self) -> None:
        """Release what is open. May be called twice."""
        ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
