"""``AudioTrack``: copies the audio of another file into a video that is being written.

Packets are copied as they are if the container holds their codec; otherwise the audio is encoded again. Time 0 is the
start of the source's video track.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from realtime.media.codecs import Codec
from realtime.media.video_reader import open_container, stream_start_s, video_stream

log = logging.getLogger(__name__)

RATE_HZ = 48_000
"""Sample rate of audio that is encoded again. Every encoder of the table accepts it."""


class AudioTrack:
    """The first audio stream of a file, which goes into another container.

    Args:
        source: a container with audio; ``close`` closes it.
        container: the container to write; its header must not be written yet.
        codec: the codecs that this container takes.
    """

    def __init__(self, source: InputContainer, container: OutputContainer, codec: Codec) -> None:
        self._source = source
        self._in = source.streams.audio[0]
        self._start_s = stream_start_s(video_stream(source) or self._in)
        copied = self._in.codec_context.name in codec.audio_copied
        if copied:
            self._out = container.add_stream_from_template(self._in)
        else:
            self._out = cast(AudioStream, container.add_stream(codec.audio_encoder, rate=RATE_HZ))
            self._out.layout = "mono" if self._in.channels == 1 else "stereo"
        self._packets = self._copied() if copied else self._encoded()
        self._waiting: Packet[AudioStream] | None = None

    def until(self, time_s: float) -> Iterator["Packet[AudioStream]"]:
        """Yield the next packets that start before ``time_s``, ready to be muxed."""
        try:
            while (packet := self._waiting or next(self._packets, None)) is not None:
                self._waiting = packet
                if (packet.pts or 0) * packet.time_base >= time_s:
                    return
                self._waiting = None
                yield packet
        except av.FFmpegError as error:
            log.warning("the audio of %s ends early: %s", self._source.name, error)
            self._packets = iter(())

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    def _copied(self) -> Iterator["Packet[AudioStream]"]:
        for packet in self._source.demux(self._in):
            if packet.pts is None:  # the empty packet at the end
                continue
            packet.pts -= round(self._start_s / packet.time_base)
            packet.dts = packet.pts
            packet.stream = self._out
            yield packet

    def _encoded(self) -> Iterator["Packet[AudioStream]"]:
        encoder = self._out.codec_context
        if not encoder.is_open:  # the header opens it, but the first packet may be needed earlier
            encoder.open()
        resampler = AudioResampler(encoder.format, encoder.layout, RATE_HZ, encoder.frame_size)
        for frame in self._frames():
            for resampled in resampler.resample(frame):
                yield from self._out.encode(resampled)
        yield from self._out.encode(None)

    def _frames(self) -> Iterator[AudioFrame | None]:
        """The decoded source, with times from the start of its video, and None at the end."""
        for frame in self._source.decode(self._in):
            if frame.pts is not None:
                frame.pts -= round(self._start_s / (frame.time_base or 1))
            yield frame
        yield None


def open_audio(path: Path, container: OutputContainer, codec: Codec) -> AudioTrack | None:
    """Add the audio of ``path`` to ``container`` as a new stream; None if the file has none or cannot be read."""
    try:
        source = open_container(path)
    except (av.FFmpegError, OSError) as error:
        log.warning("no audio from %s: %s", path, error)
        return None
    if source.streams.audio:
        return AudioTrack(source, container, codec)
    source.close()
    return None
