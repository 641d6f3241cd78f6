"""``ImageFolder``: the sink that writes every composite as a PNG: ``000000.png``, ``000001.png``, ..."""

import re
from contextlib import ExitStack
from pathlib import Path

from models.files import removed_if_empty
from realtime.errors import SinkError
from realtime.frame import Composite
from realtime.media.failures import write_errors
from realtime.media.image_file import write_picture
from realtime.sinks.base import Sink
from realtime.sinks.straight import straight


class ImageFolder(Sink):
    """A folder of numbered PNGs, with straight alpha if a composite has no background.

    Args:
        folder: created if missing; must not hold images of an earlier run.

    Raises:
        SinkError: the folder cannot be created, or holds numbered images.
    """

    def __init__(self, folder: Path) -> None:
        self.name = f"images in {folder}"
        self._folder = folder
        self._count = 0
        self._end = ExitStack()
        self._end.enter_context(removed_if_empty(folder))
        with write_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            old = sum(bool(re.fullmatch(r"\d{6,}\.png", path.name)) for path in folder.iterdir())
        if old:
            raise SinkError(f"{folder} already holds {old} numbered images", cure="Empty it, or name another folder")

    def send(self, composite: Composite) -> None:
        """Write one image.

        Raises:
            SinkError: the disk is full, or the folder is gone.
        """
        pixels = straight(composite) if composite.transparent else composite.pixels
        write_picture(self._folder / f"{self._count:06d}.png", pixels)
        self._count += 1

    def close(self) -> None:
        """Remove the folder if it is new and empty. May be called twice."""
        self._end.close()
