"""``AudioTrack``: copies a sound track of another file into a video that is being written.

Packets are copied as they are if the container holds their codec; otherwise the audio is encoded again.
"""

import logging
from collections.abc import Iterator
from fractions import Fraction
from typing import cast

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer, OutputContainer
from av.packet import Packet

from realtime.media.clock import Clock
from realtime.media.codecs import Codec

log = logging.getLogger(__name__)

RATE_HZ = 48_000
"""Sample rate of audio that is encoded again. Every encoder of the table accepts it."""


class AudioTrack:
    """One sound track of a file, which goes into another container.

    Args:
        source: the file, opened for this track alone; the caller closes it.
        track: the track.
        container: the container to write; its header must not be written yet.
        codec: the codecs that this container takes.
        start_s: the time of the file that becomes time 0.
    """

    def __init__(
        self, source: InputContainer, track: AudioStream, container: OutputContainer, codec: Codec, start_s: Fraction
    ) -> None:
        self._source, self._in, self._clock = source, track, Clock(start_s, source.format.name)
        copied = track.codec_context.codec.canonical_name in codec.audio_copied
        self.mixed_down = not copied and track.channels > 2
        """Whether its channels become two."""
        if copied:
            self.out = container.add_stream_from_template(track)
        else:
            assert codec.audio_encoder is not None
            self.out = cast(AudioStream, container.add_stream(codec.audio_encoder, rate=RATE_HZ))
            self.out.layout = "mono" if track.channels == 1 else "stereo"
        self.packets = self._readable(self._copied() if copied else self._encoded())
        """Its packets in order, ready to be muxed."""

    def _readable(self, packets: Iterator["Packet[AudioStream]"]) -> Iterator["Packet[AudioStream]"]:
        try:
            yield from packets
        except av.FFmpegError as error:
            log.warning("the audio of %s ends early: %s", self._source.name, error)

    def _copied(self) -> Iterator["Packet[AudioStream]"]:
        # Broadcasts state the kind of AAC in each packet, other files once, in their header.
        framed = self._in.codec_context.name == "aac" and not self._in.codec_context.extradata
        unframed = BitStreamFilterContext("aac_adtstoasc", self._in) if framed else None
        for packet in self._source.demux(self._in):
            if packet.pts is None:  # the empty packet at the end
                continue
            lasts_s = (packet.duration or 0) * packet.time_base
            packet.pts = round(self._clock(packet.pts * packet.time_base, lasts_s) / packet.time_base)
            packet.dts = packet.pts
            for written in unframed.filter(packet) if unframed else (packet,):
                written.stream = self.out
                yield written

    def _encoded(self) -> Iterator["Packet[AudioStream]"]:
        encoder = self.out.codec_context
        if not encoder.is_open:  # the header opens it, but the first packet may be needed earlier
            encoder.open()
        resampler = AudioResampler(encoder.format, encoder.layout, RATE_HZ, encoder.frame_size)
        for frame in self._frames():
            for resampled in resampler.resample(frame):
                yield from self.out.encode(resampled)
        yield from self.out.encode(None)

    def _frames(self) -> Iterator[AudioFrame | None]:
        """The decoded source, with times from the start of its video, and None at the end."""
        for frame in self._source.decode(self._in):
            if frame.pts is not None:
                tick = frame.time_base or Fraction(1, frame.sample_rate)
                frame.pts = round(self._clock(frame.pts * tick, Fraction(frame.samples, frame.sample_rate)) / tick)
            yield frame
        yield None
