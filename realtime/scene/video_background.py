"""``VideoBackground``: a video or GIF as a background that plays in a loop."""

from collections.abc import Callable, Generator
from pathlib import Path

import av

from realtime.errors import SceneError
from realtime.frame import Matte, Pixels
from realtime.media.fit import Fit, fit
from realtime.media.video_reader import VideoReader, open_container
from realtime.scene.background import Background

LONGEST_GAP_S = 2.0
"""After a longer time without a frame the video continues from where it stood, instead of decoding all it missed."""

SHORTEST_S = 0.01
"""Shortest time that an image of the video is shown. A video that lasts no time would be reopened without end."""

Decode = Callable[[], Pixels]
"""Converts a decoded image to pixels when it is shown."""


class VideoBackground(Background):
    """A video that plays behind the person at its own speed, again and again.

    Args:
        path: a video or an animated GIF.
        how: how it is fitted to the frame's size.

    Raises:
        SceneError: the file is not a video that can be read.
    """

    casts_light = True

    def __init__(self, path: Path, how: Fit) -> None:
        self._path = path
        self._how = how
        self._images = _loop(path)
        _, self._shown = self._decoded()
        self._next_time_s, self._next = self._decoded()
        self._start_s: float | None = None
        self._fitted: Pixels | None = None

    def plate(self, matte: Matte) -> Pixels:
        """Return what the video shows when the frame was captured, at the frame's size.

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
        self._images.close()

    def _decoded(self) -> tuple[float, Decode]:
        if (decoded := next(self._images, None)) is None:  # the generator raised before, so it is finished
            raise _unreadable(self._path, "it was closed")
        return decoded


def _loop(path: Path) -> Generator[tuple[float, Decode]]:
    """The images of the file without end, with their times in seconds from 0, which grow from round to round."""
    start_s = 0.0
    while True:
        end_s = start_s
        try:
            with VideoReader(open_container(path)) as reader:
                for frame in reader.frames():
                    yield start_s + frame.time_s, frame.pixels
                    end_s = start_s + frame.time_s + max(frame.lasts_s, SHORTEST_S)
        except (av.FFmpegError, OSError) as error:
            if end_s == start_s:  # otherwise the disk failed later: play what there is again
                raise _unreadable(path, error) from error
        if end_s == start_s:
            raise _unreadable(path, "no frame of it can be decoded")
        start_s = end_s


def _unreadable(path: Path, why: object) -> SceneError:
    return SceneError(f"cannot read the background {path}: {why}", cure="Name an image, a video or a GIF that plays")
