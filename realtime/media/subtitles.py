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

MICROSECOND = Fraction(1, 1_000_000)
"""Unit of the times. It is shorter than that of any sound, because FFmpeg's MP4 compares ticks of both."""

EMPTY = struct.pack(">H", 0)
"""How a mov_text without a text begins."""

LONGEST_EMPTY, LONGEST_TEXT = 250_000, 1_000_000_000
"""Of a mov_text, in ticks: an empty one may outlast the video, and FFmpeg aborts the process at 2**31."""


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
        self._copied, self._from_mov = self._kind == name, name == "mov_text"
        if self._copied:
            self.out = container.add_stream_from_template(track)
        else:
            assert self._kind is not None
            self.out = cast(SubtitleStream, container.add_stream(self._kind))
            track.codec_context.open()  # gives the header that the encoder wants
            self.out.codec_context.subtitle_header = track.codec_context.subtitle_header or b"\n"
        self.out.time_base = MICROSECOND
        self.packets = self._gapless(self._read()) if self._kind == "mov_text" else self._read()
        """Its packets in order, ready to be muxed."""

    def _read(self) -> Iterator["Packet[SubtitleStream]"]:
        for packet in self._source.demux(self._in):
            if packet.pts is None or not packet.size or (self._from_mov and bytes(packet)[:2] == EMPTY):
                continue
            begins = _ticks(packet.pts * packet.time_base - self._start_s)
            ends = begins + _ticks((packet.duration or 0) * packet.time_base)
            if ends > 0 or begins >= 0:
                written = packet if self._copied else self._text(packet)
                written.stream, written.time_base = self.out, MICROSECOND
                written.pts = written.dts = max(begins, 0)
                written.duration = ends - max(begins, 0)
                yield written

    def _gapless(self, packets: Iterator["Packet[SubtitleStream]"]) -> Iterator["Packet[SubtitleStream]"]:
        """Fill the time between texts with empty ones, as MP4 wants, and end each text where the next begins.

        FFmpeg would add empty texts without a duration. If a fragment ends with one, it guesses a duration. The next
        text comes too late then, or FFmpeg aborts the process.
        """
        text, begins, ends = EMPTY, 0, 0
        for packet in packets:
            starts = packet.pts or 0
            if starts > begins or text == EMPTY:
                yield from self._lasting(text, begins, min(ends, starts), LONGEST_TEXT)
                yield from self._lasting(EMPTY, min(ends, starts), starts, LONGEST_EMPTY)
                text, begins, ends = bytes(packet), starts, starts + (packet.duration or LONGEST_EMPTY)
        yield from self._lasting(text, begins, ends, LONGEST_TEXT)

    def _lasting(self, text: bytes, begins: int, ends: int, longest: int) -> Iterator["Packet[SubtitleStream]"]:
        for starts in range(begins, ends, longest):
            packet = cast("Packet[SubtitleStream]", Packet(text))
            packet.stream, packet.time_base, packet.is_keyframe = self.out, MICROSECOND, True
            packet.pts = packet.dts = starts
            packet.duration = min(ends - starts, longest)
            yield packet

    def _text(self, packet: "Packet[SubtitleStream]") -> "Packet[SubtitleStream]":
        """Write the text of a packet as one of the container's kind."""
        texts = (subtitle.dialogue for subtitle in packet.decode() if isinstance(subtitle, AssSubtitle))
        text = re.sub(rb"\{\\[^}]*\}", b"", b"\n".join(texts)).replace(b"\r", b"").strip(b"\n")
        if self._kind == "mov_text":  # 3GPP TS 26.245: the length before the text
            text = struct.pack(">H", len(text[:65535])) + text[:65535]
        written = cast("Packet[SubtitleStream]", Packet(text or b" "))
        written.is_keyframe = True
        return written


def _ticks(time_s: Fraction) -> int:
    return round(time_s / MICROSECOND)
