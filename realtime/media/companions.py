"""``Companions``: what comes with the frames of a clip, and goes into the video that is made of it.

Sound and subtitle tracks with their titles and languages, chapters, title, date and authors. What the container cannot
hold is listed by name. The place where a clip was filmed is left out, because people share these files.
"""

import heapq
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.subtitles.stream import SubtitleStream

from realtime.media.audio import AudioTrack
from realtime.media.codecs import Codec
from realtime.media.subtitles import TEXTS, SubtitleTrack
from realtime.media.video_reader import open_container, stream_start_s, video_stream

if TYPE_CHECKING:
    from av.container.core import Chapter

log = logging.getLogger(__name__)

TAGS = frozenset(
    (
        *("title", "date", "creation_time", "artist", "album_artist", "album", "composer", "genre"),
        *("comment", "description", "synopsis", "copyright", "show", "network", "episode_id"),
    )
)
"""What is kept of the file's tags, in FFmpeg's words. Others are technical, or private."""

PLACES = ("location", "com.apple.quicktime.location")
"""How the tags begin that say where a clip was filmed."""

LEAD_IN_S = Fraction(80, 1000)
"""Sound before the first frame that is kept, because decoders need it. Opus needs most (RFC 7845, section 4.6)."""

_OF_QUICKTIME = {
    **{"bod": "tib", "cym": "wel", "cze": "ces", "deu": "ger", "ell": "gre", "eus": "baq", "fas": "per", "fre": "fra"},
    **{"hye": "arm", "isl": "ice", "kat": "geo", "mkd": "mac", "msa": "may", "mya": "bur", "nld": "dut", "rum": "ron"},
    **{"slo": "slk", "sqi": "alb", "swe": "sve", "zho": "chi"},
}
"""ISO 639-2 has two codes for some languages; FFmpeg writes only these into QuickTime files."""


class Companions:
    """The tracks, chapters and tags of a file, on their way into another container.

    Args:
        path: the file. If it cannot be read, nothing comes with the frames.
        container: the container to write; its header must not be written yet. None only lists what is left out.
        codec: what this container takes.
    """

    def __init__(self, path: Path, container: OutputContainer | None, codec: Codec) -> None:
        self._container, self._codec = container, codec
        self.left_out: list[str] = []
        """What the container cannot hold, in words."""
        self._tracks: list[AudioTrack | SubtitleTrack] = []
        self._opened = ExitStack()
        self._last_s: dict[int, Fraction] = {}
        self._waiting: Packet[Any] | None = None
        try:
            with open_container(path) as source:
                self._add(path, source)
        except (av.FFmpegError, OSError) as error:
            log.warning("no audio from %s: %s", path, error)
        packets: list[Iterator[Packet[Any]]] = [track.packets for track in self._tracks]
        self._packets = heapq.merge(*packets, key=_starts_s)

    def __bool__(self) -> bool:
        """Whether there are tracks."""
        return bool(self._tracks)

    def until(self, time_s: float) -> "Iterator[Packet[AudioStream] | Packet[SubtitleStream]]":
        """Yield the next packets of all tracks that start before ``time_s``, in order, ready to be muxed.

        Times of a damaged file that do not grow are left out, because no container takes them. So is what ends before
        the first frame: an edit list hides it in the source, and Matroska would show it.
        """
        while (packet := self._waiting or next(self._packets, None)) is not None:
            at_s, self._waiting = _starts_s(packet), None
            if at_s >= time_s:
                self._waiting = packet
                break
            needed = at_s >= -LEAD_IN_S or at_s + (packet.duration or 0) * packet.time_base > 0
            if needed and at_s > self._last_s.get(packet.stream.index, at_s - 1):
                self._last_s[packet.stream.index] = at_s
                yield packet

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._opened.close()

    def _add(self, path: Path, source: InputContainer) -> None:
        video = video_stream(source)
        first = video or next(iter(source.streams.audio), None)
        start_s = stream_start_s(first) if first is not None else Fraction(0)
        moving_image = source.metadata.get("major_brand") == "avis"  # its other tracks are alpha and a still image
        others = [stream for stream in source.streams if stream is not video and not moving_image]
        for stream in (other for other in others if other.type != "data"):
            self._add_track(path, stream, start_s)
        if data := sum(map(_is_data, others)):
            self.left_out.append(_some(data, "data track"))
        if chapters := _chapters(source, start_s):
            if self._container is not None and self._codec.tagged:
                self._container.set_chapters(chapters)
            else:
                self.left_out.append(_some(len(chapters), "chapter"))
        self._add_tags(source)

    def _add_track(self, path: Path, stream: Stream, start_s: Fraction) -> None:
        kind = _kind(stream, self._codec)
        if self._container is None or kind is None:
            self.left_out.append(_name(stream))
            return
        again = self._opened.enter_context(open_container(path))
        track = kind(again, again.streams[stream.index], self._container, self._codec, start_s)  # type: ignore[arg-type]
        if isinstance(track, AudioTrack) and track.mixed_down:
            self.left_out.append(f"the channels of {_name(stream)} beyond two")
        self._tracks.append(track)
        _describe(track.out, stream, self._codec)

    def _add_tags(self, source: InputContainer) -> None:
        tags = {name.lower(): value for name, value in source.metadata.items()}
        kept = {name: tags[name] for name in sorted(TAGS & tags.keys())}
        if self._container is not None and self._codec.tagged:
            self._container.metadata.update(kept)
        else:
            self.left_out += kept
        if any(name.startswith(PLACES) for name in tags):
            self.left_out.append("the place where it was filmed")


def _starts_s(packet: "Packet[Any]") -> Fraction:
    return (packet.pts or 0) * packet.time_base


def _is_data(stream: Stream) -> bool:
    """Whether a track holds measurements of a camera or time codes. FFmpeg discards the track of a MOV's chapters."""
    discarded = getattr(getattr(stream, "discard", None), "name", "")  # older PyAVs have none
    return stream.type == "data" and discarded != "all"


def _kind(stream: Stream, codec: Codec) -> type[AudioTrack | SubtitleTrack] | None:
    """The class of a track that the container holds; None if it cannot hold it."""
    if not _coded(stream):
        return None
    if isinstance(stream, AudioStream):
        return AudioTrack if codec.audio_encoder else None
    name = stream.codec_context.codec.canonical_name
    held = name in codec.subtitles_copied or (codec.subtitles_as and name in TEXTS)
    return SubtitleTrack if held else None


def _coded(stream: Stream) -> bool:
    """Whether FFmpeg knows the codec and, of sound, rate and channels. Broadcasts announce sound that never comes."""
    if getattr(stream, "codec_context", None) is None:
        return False
    return not isinstance(stream, AudioStream) or bool(stream.rate and stream.channels)


def _chapters(source: InputContainer, start_s: Fraction) -> "list[Chapter]":
    """The chapters, on the clock of the new file."""
    found = source.chapters()
    for chapter in found:
        ticks = round(start_s / (chapter["time_base"] or 1))
        chapter["start"], chapter["end"] = max(chapter["start"] - ticks, 0), max(chapter["end"] - ticks, 0)
    return [chapter for chapter in found if chapter["end"] > chapter["start"]]


def _describe(out: Stream, stream: Stream, codec: Codec) -> None:
    """Keep the title, the language and the role of a track."""
    language, title = stream.metadata.get("language", "und"), stream.metadata.get("title")
    if language != "und":
        quicktime = codec.container == "mov"
        out.metadata["language"] = _OF_QUICKTIME.get(language, language) if quicktime else language
    if title:
        out.metadata["title"] = title
        if codec.container in ("mp4", "mov"):  # many programs show this one
            out.metadata["handler_name"] = title
    out.disposition = stream.disposition


def _some(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count > 1)}"


def _name(stream: Stream) -> str:
    """Say in words what a track is: ``subtitles 3 "Deutsch" (hdmv_pgs_subtitle)``."""
    if stream.disposition & Disposition.attached_pic:
        return "the cover image"
    kind = {"audio": "sound track", "subtitle": "subtitles", "video": "video track"}.get(stream.type, stream.type)
    title = stream.metadata.get("title") or stream.metadata.get("filename")
    codec = (
        stream.codec_context.codec.canonical_name if _coded(stream) else stream.metadata.get("handler_name", "").strip()
    )
    return f"{kind} {stream.index + 1}" + (f' "{title}"' if title else "") + (f" ({codec})" if codec else "")
