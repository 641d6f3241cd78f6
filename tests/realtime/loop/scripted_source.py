"""A source that plays a script: frames, losses, its end."""

import numpy as np

from realtime.frame import Frame
from realtime.loop.stats import Stats
from realtime.loop.switchable_source import SwitchableSource

PIXELS = np.zeros((8, 8, 3), np.uint8)


class Scripted:
    """A source that gives what the script says: a frame for a number, otherwise the error."""

    fps, live = 30.0, True

    def __init__(self, *script):
        self.name = "scripted"
        self.closed = 0
        self._script = iter(script)

    def __iter__(self):
        return self

    def __next__(self):
        item = next(self._script)
        if isinstance(item, Exception):
            raise item
        return Frame(pixels=PIXELS, index=item, captured_s=0.0)

    def close(self):
        self.closed += 1

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def opener(*sources):
    """A function that opens these, one after the other; an error is raised."""
    rest = iter(sources)

    def open_next():
        item = next(rest)
        if isinstance(item, Exception):
            raise item
        return item

    return open_next


def numbers(frames):
    """The numbers that the frames get in a run."""
    return [frame.index for frame in SwitchableSource(frames, Stats()).frames()]
