"""``SubtitleTrack``: copies the subtitles of another file into a video that is being written.

Packets are copied as they are if the container holds their kind; other texts are written in its own kind, without
styles.
"""

import re
import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import cast

from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import AssSubtitle

from realtime.media.codecs import Codec

TEXTS = frozenset({"ass", "mov_text", "ssa", "subrip", "text", "webvtt"})
"""FFmpeg's names of subtitles that are texts. All others are images, which only few containers hold."""

MILLISECOND = Fraction(1, 1000)


class SubtitleTrack:
    """One subtitle track of a file, which goes into another container.

    Args:
        source: the file, opened for this track alone; the caller closes it.
        track: the track.
        container: the container to write; its header must not be written yet.
        codec: what this container takes.
        start_s: the time of the file that becomes time 0.
    """

    def __init__(
        self, source: InputContainer, track: SubtitleStream, container: OutputContainer, codec: Codec, start_s: Fraction
    ) -> None:
        self._source, self._in, self._start_s = source, track, start_s
        name = track.codec_context.codec.canonical_name
        self._kind = name if name in codec.subtitles_copied else codec.subtitles_as
        self._copied = self._kind == name
        if self._copied:
            self.out = container.add_stream_from_template(track)
        else:
            assert self._kind is not None
            self.out = cast(SubtitleStream, container.add_stream(self._kind))
            track.codec_context.open()  # gives the header that the encoder wants
            self.out.codec_context.subtitle_header = track.codec_context.subtitle_header or b"\n"
        self.out.time_base = MILLISECOND
        self.packets = self._read()
        """Its packets in order, ready to be muxed."""

    def _read(self) -> Iterator["Packet[SubtitleStream]"]:
        for packet in self._source.demux(self._in):
            if packet.pts is None or not packet.size:
                continue
            begins = _ms(packet.pts * packet.time_base - self._start_s)
            ends = begins + _ms((packet.duration or 0) * packet.time_base)
            if ends > 0 or begins >= 0:
                written = packet if self._copied else self._text(packet)
                written.stream, written.time_base = self.out, MILLISECOND
                written.pts = written.dts = max(begins, 0)
                written.duration = ends - max(begins, 0)
                yield written

    def _text(self, packet: "Packet[SubtitleStream]") -> "Packet[SubtitleStream]":
        """Write the text of a packet as one of the container's kind."""
        texts = (subtitle.dialogue for subtitle in packet.decode() if isinstance(subtitle, AssSubtitle))
        text = re.sub(rb"\{\\[^}]*\}", b"", b"\n".join(texts)).replace(b"\r", b"").strip(b"\n")
        if self._kind == "mov_text":  # 3GPP TS 26.245: the length before the text
            text = struct.pack(">H", len(text[:65535])) + text[:65535]
        written = cast("Packet[SubtitleStream]", Packet(text or b" "))
        written.is_keyframe = True
        return written


def _ms(time_s: Fraction) -> int:
    return round(time_s / MILLISECOND)
