"""``Recorder``: the sink that writes composites into a video file."""

import shlex
from functools import partial
from pathlib import Path

from realtime.ending import at_end
from realtime.errors import SinkError
from realtime.frame import Composite
from realtime.media.codecs import codec_of
from realtime.media.fit import fit
from realtime.media.video_writer import VideoWriter
from realtime.sinks.base import Sink
from realtime.sinks.straight import straight


class Recorder(Sink):
    """Records composites at the times of their frames, so that dropped frames do not speed up the video.

    The video has alpha if the first composite has no background and the codec supports alpha.

    Args:
        path: the file; its suffix selects container and codec.
        width_px: width of the video; a composite of another size is fitted into it.
        height_px: height of the video.
        fps: nominal frame rate.

    Raises:
        SinkError: the suffix is unknown, or the file cannot be created.
    """

    def __init__(self, path: Path, *, width_px: int, height_px: int, fps: float) -> None:
        self._path, self._width_px, self._height_px = path, width_px, height_px
        self.name = f"recording {path}, {width_px}x{height_px}"
        self._alpha = False
        self._start_s: float | None = None
        self._open = partial(VideoWriter, path, width_px=width_px, height_px=height_px, fps=fps)
        self._writer = self._open(alpha=False)
        self._closed = at_end(self.close)  # finishes the file however the process ends

    def send(self, composite: Composite) -> None:
        """Write one composite.

        Raises:
            SinkError: the disk is full or the file cannot be written; a partial file keeps the recording so far.
        """
        if self._start_s is None:
            self._start_s = composite.frame.captured_s
            if composite.transparent and codec_of(self._path).alpha is not None:
                self._writer.abort()
                self._alpha = True
                self._writer = self._open(alpha=True)
        pixels = straight(composite) if self._alpha else composite.pixels
        pixels = fit(pixels, width_px=self._width_px, height_px=self._height_px, how="contain")
        try:
            self._writer.write(pixels, composite.frame.captured_s - self._start_s)
        except SinkError as error:
            raise self._with_rest(error) from error

    def close(self) -> None:
        """Finish the file. May be called twice.

        Raises:
            SinkError: the disk is full or the file cannot be written.
        """
        try:
            self._writer.close()
        except SinkError as error:
            raise self._with_rest(error) from error
        finally:
            self._closed()

    def _with_rest(self, error: SinkError) -> SinkError:
        part = self._writer.part
        rest = f"The recording so far is in {part}. To finish it: greenless recover {shlex.quote(str(part))}"
        return SinkError(error.what, cure=f"{error.cure}. {rest}")
