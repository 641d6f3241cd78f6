"""A video or GIF as a background, in a loop.

Goes in: a file and the frames' own times. Comes out: the picture of the video that belongs to each time.
"""

from collections.abc import Callable, Generator, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path

import av

from realtime.errors import SceneError
from realtime.frame import Matte, Pixels
from realtime.media.fit import Fit, fit
from realtime.media.video_pixels import bounded, open_film, upright

LONGEST_GAP_S = 2.0
"""After a longer time without a frame the video goes on where it stood, instead of being decoded through to here."""

USUAL_FPS = 25
"""For a file that does not tell its rate."""

SHORTEST_S = 0.01
"""A picture is shown at least so long: a file of one that lasts nothing would be opened again without end."""

Decode = Callable[[], Pixels]
"""Turns a decoded picture into pixels, when it is shown."""


class VideoBackground:
    """A video that plays behind the person at its own speed, again and again.

    Args:
        path: a video or an animated GIF.
        how: how it meets the frame's size.

    Raises:
        SceneError: the file is no video that can be read.
    """

    transparent = False
    of_room = False
    casts_light = True

    def __init__(self, path: Path, how: Fit) -> None:
        self._path = path
        self._how = how
        self._pictures = _loop(path)
        _, self._shown = self._decoded()
        self._next_time_s, self._next = self._decoded()
        self._start_s: float | None = None
        self._fitted: Pixels | None = None

    def plate(self, matte: Matte) -> Pixels:
        """The picture that the video shows when the frame was captured, at the frame's size.

        Raises:
            SceneError: the file is gone.
        """
        now_s = matte.frame.captured_s
        if self._start_s is None:
            self._start_s = now_s
        elif now_s - self._start_s - self._next_time_s > LONGEST_GAP_S:
            self._start_s = now_s - self._next_time_s
        while self._next_time_s <= now_s - self._start_s:
            self._shown, self._fitted = self._next, None
            self._next_time_s, self._next = self._decoded()
        size = (matte.frame.height_px, matte.frame.width_px)
        if self._fitted is None or self._fitted.shape[:2] != size:
            self._fitted = fit(self._shown(), height_px=size[0], width_px=size[1], how=self._how)
        return self._fitted

    def close(self) -> None:
        """Close the file."""
        self._pictures.close()

    def _decoded(self) -> tuple[float, Decode]:
        if (decoded := next(self._pictures, None)) is None:  # it raised before, and raises from now on
            raise _unreadable(self._path, "it was closed")
        return decoded


def _loop(path: Path) -> Generator[tuple[float, Decode]]:
    """The pictures of the file without end, with their times in seconds from 0, which go on from round to round."""
    start_s = 0.0
    while True:
        end_s = start_s
        try:
            for time_s, lasts_s, picture in _once(path):
                yield start_s + time_s, picture
                end_s = start_s + time_s + lasts_s
        except (av.FFmpegError, OSError) as error:
            if end_s == start_s:  # else the file is damaged behind what was shown: play that again
                raise _unreadable(path, error) from error
        if end_s == start_s:
            raise _unreadable(path, "there is no picture in it")
        start_s = end_s


def _once(path: Path) -> Iterator[tuple[float, float, Decode]]:
    """Each picture of the file: when it is shown, how long at least, and the picture."""
    with open_film(path) as container:
        if not container.streams.video:
            return
        stream = bounded(container.streams.video[0])
        pixel_shape = stream.sample_aspect_ratio or Fraction(1)
        usual_s = float(1 / (stream.average_rate or USUAL_FPS))
        first_s, end_s = None, 0.0
        for picture in container.decode(stream):
            lasts_s = float(picture.duration * picture.time_base) if picture.duration and picture.time_base else usual_s
            first_s = picture.time if first_s is None else first_s
            time_s = end_s if picture.time is None or first_s is None else picture.time - first_s
            lasts_s = max(lasts_s, SHORTEST_S)
            end_s = time_s + lasts_s
            yield time_s, lasts_s, partial(upright, picture, pixel_shape)


def _unreadable(path: Path, why: object) -> SceneError:
    return SceneError(
        f"cannot read the background {path}: {why}", cure="Name a picture, a video or a GIF that plays elsewhere"
    )
