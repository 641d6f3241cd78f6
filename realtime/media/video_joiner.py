"""``VideoJoiner``: joins parts that ``VideoWriter`` wrote of one clip to one file, without encoding again."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import av
from av.container import OutputContainer
from av.video.stream import VideoStream

from realtime.errors import SinkError, SourceError
from realtime.media.video_reader import CUT_OUT, open_container
from realtime.media.video_writer import VideoWriter, tick_of

_FROM_ZERO = frozenset({".mp4", ".mov"})
"""Containers that state a late start only roughly. Their parts begin at 0."""

_FIRST_FRAME = "zones=0,0,b=3"
"""Three times the bits for the first frame. Then it differs from the plain command's no more than others do, and a part
of 15 s grows by 2 %."""


def starts_at(start_s: float, suffix: str, fps: Fraction) -> Fraction:
    """Return the time in the clip that is 0 in a part of it.

    Args:
        start_s: when the part starts in the clip.
        suffix: of the part's file.
        fps: frames per second of the clip.
    """
    tick_s = tick_of(fps)
    return round(Fraction(start_s) / tick_s) * tick_s if suffix.lower() in _FROM_ZERO else Fraction(0)


class LaterPart(VideoWriter):
    """A part of a clip that follows another one.

    x264 begins with a frame that is worse than those of a running encoder, which would show at the cut.
    """

    _better: ClassVar = {"libx264": {"x264-params": _FIRST_FRAME}}


class VideoJoiner(VideoWriter):
    """A video file that is being joined.

    Args:
        path: the file; the parts have its suffix.
        parts: their files, in order, each with its start in the clip, in seconds.
        fps: frames per second of the clip.
        alpha: whether the parts have an alpha channel.
        companions_of: the clip, for its sound, subtitles, chapters and tags.

    Raises:
        SinkError: the file cannot be created.
        SourceError: a part cannot be read.
    """

    def __init__(
        self,
        path: Path,
        parts: Sequence[tuple[Path, float]],
        *,
        fps: Fraction,
        alpha: bool,
        companions_of: Path,
    ) -> None:
        self._parts, self._fps = parts, fps
        try:
            with open_container(parts[0][0]) as first:
                self._template = first.streams.video[0]
                self._extradata = self._template.codec_context.extradata
                size = self._template.codec_context
                super().__init__(
                    path,
                    width_px=size.width,
                    height_px=size.height,
                    fps=fps,
                    alpha=alpha,
                    companions_of=companions_of,
                )
        except (av.FFmpegError, OSError) as error:
            raise _unreadable(parts[0][0], error) from error

    def join(self) -> int:
        """Write all parts and finish the file; return the number of frames.

        Raises:
            SinkError: the disk is full, the file cannot be written, or the parts do not fit one another.
            SourceError: a part cannot be read.
        """
        frames = sum(self._append(path, start_s) for path, start_s in self._parts)
        self.close()
        return frames

    def _append(self, path: Path, start_s: float) -> int:
        shift = round(starts_at(start_s, path.suffix, self._fps) / self._tick_s)
        frames = 0
        assert self._container is not None
        try:
            with open_container(path) as source:
                stream = source.streams.video[0]
                if stream.codec_context.extradata != self._extradata:
                    raise SinkError(f"the parts of {self.path} are encoded differently", cure="Try again without --ray")
                for packet in source.demux(stream):
                    if packet.pts is None:
                        continue
                    ticks = Fraction(stream.time_base or 1) / self._tick_s
                    packet.duration = round((packet.duration or 0) * ticks)
                    self._last = max(shift + round(packet.pts * ticks), self._last + 1)
                    packet.pts = packet.dts = self._last
                    packet.time_base, packet.stream = self._tick_s, self._stream
                    with self._failing(self._release_broken):
                        self._mux(self._container, [packet], over=False)
                    frames += 1
        except (av.FFmpegError, OSError) as error:
            raise _unreadable(path, error) from error
        return frames

    def _add_video(self, container: OutputContainer) -> VideoStream:
        stream = container.add_stream_from_template(self._template)
        stream.time_base = self._tick_s
        stream.codec_context.framerate = self._rate  # Matroska states it
        if self._shape[2] == 4:
            if self._codec.container == "webm":  # the pixel format makes it state its alpha; a tag would hide that
                stream.codec_context.pix_fmt = self._pixel_format
            stream.metadata["handler_name"] = CUT_OUT
        return stream

    def _encode(self, container: OutputContainer, frame: av.VideoFrame | None) -> None:
        """Write what is left: there is no encoder to flush."""
        self._mux(container, [], over=True)


def _unreadable(path: Path, error: Exception) -> SourceError:
    return SourceError(f"cannot read the part {path}: {error}", cure="Type the same command again")
