"""The tables of video files that can be written: container, encoder and pixel formats by suffix.

Only this module knows FFmpeg's names of them.
"""

import logging
from dataclasses import dataclass, field, replace
from pathlib import Path

from models.waiting import NOTICE
from realtime.errors import SinkError

log = logging.getLogger("greenless")


PALETTE = "pal8"
"""Pixel format of an image with 256 colours."""


@dataclass(frozen=True, kw_only=True)
class Codec:
    """How one kind of video file is encoded, in FFmpeg's terms."""

    container: str
    """Name of the muxer."""

    encoder: str
    """Name of the video encoder."""

    options: dict[str, str] = field(default_factory=dict)
    """Options of the video encoder: the best quality at a speed that a live loop can afford."""

    container_options: dict[str, str] = field(default_factory=dict)
    """Options of the muxer: the file can be played at any moment of the writing."""

    opaque: str
    """Pixel format without alpha."""

    alpha: str | None = None
    """Pixel format with alpha; None if the container cannot hold alpha."""

    even: bool = False
    """Whether width and height must be even."""

    odd_encoder: str | None = None
    """Name of a slower encoder that takes odd sizes; None if there is none."""

    shortest_s: float = 0.0
    """Shortest time between two frames."""

    audio_copied: frozenset[str] = frozenset()
    """Audio codecs that players expect in this container. Their packets are copied as they are."""

    audio_encoder: str | None = None
    """The audio codec for all other audio; None if the container holds none."""

    subtitles_copied: frozenset[str] = frozenset()
    """Subtitles that the container holds as they are."""

    subtitles_as: str | None = None
    """What other texts become; None if the container holds none."""

    tagged: bool = True
    """Whether the container holds chapters, title and date."""

    def encoder_of(self, width_px: int, height_px: int) -> tuple[str, bool]:
        """Return the encoder for a size, and whether it is odd and must be padded."""
        odd = self.even and bool(width_px % 2 or height_px % 2)
        return (self.odd_encoder, False) if odd and self.odd_encoder else (self.encoder, odd)

    def pixel_format(self, *, alpha: bool) -> str:
        """Return the pixel format with or without alpha.

        Raises:
            SinkError: ``alpha`` is true and the container cannot hold it.
        """
        if not alpha:
            return self.opaque
        if self.alpha is None:
            raise SinkError(
                f"{self.container} files cannot hold alpha", cure="Name a .webm or .mov file, or a folder for PNGs"
            )
        return self.alpha

    def say_padded(self, path: Path, asked: tuple[int, ...], written: tuple[int, int]) -> None:
        """Log that a file is written at a larger ``(H, W)`` than requested."""
        log.log(
            NOTICE,
            "%s is written at %dx%d, not %dx%d, because its codec (%s) takes only even sizes",
            *(path, *written[::-1], asked[1], asked[0], self.encoder),
        )


_H264 = {"preset": "veryfast", "crf": "18", "bf": "0", "rc-lookahead": "3"}
"""Without B-frames the file starts at the time of the first frame, with every muxer. The encoder buffers few frames,
because a killed process loses those."""

_AT_ONCE = {"flush_packets": "1", "max_interleave_delta": "500000"}
_FRAGMENTS = {"movflags": "hybrid_fragmented+delay_moov", "frag_duration": "250000", **_AT_ONCE}
_CLUSTERS = {"cluster_time_limit": "250", **_AT_ONCE}
"""The file is flushed four times a second and can be played however the writing ends. Audio that ends early does not
delay frames. A finished MP4 or MOV is still an ordinary one. Its first fragment waits for the audio's lead-in
(delay_moov), because the header states it."""

_MP4 = Codec(
    container="mp4",
    encoder="libx264",
    options=_H264,
    container_options=_FRAGMENTS,
    opaque="yuv420p",
    even=True,
    audio_copied=frozenset({"aac", "mp3", "ac3", "eac3", "alac"}),
    audio_encoder="aac",
    subtitles_copied=frozenset({"mov_text"}),
    subtitles_as="mov_text",
)

CODECS = {
    ".mp4": _MP4,
    ".mkv": replace(
        _MP4,
        container="matroska",
        container_options=_CLUSTERS,
        audio_copied=_MP4.audio_copied | {"opus", "vorbis", "flac", "pcm_s16le", "pcm_s24le"},
        subtitles_copied=frozenset(
            {"ass", "dvb_subtitle", "dvd_subtitle", "hdmv_pgs_subtitle", "ssa", "subrip", "webvtt"}
        ),
        subtitles_as="subrip",
    ),
    ".webm": Codec(
        container="webm",
        encoder="libvpx-vp9",
        options={
            "crf": "24",
            "b": "0",
            "deadline": "realtime",
            "cpu-used": "6",
            "row-mt": "1",
            "auto-alt-ref": "0",
            "lag-in-frames": "0",
        },
        container_options=_CLUSTERS,
        opaque="yuv420p",
        alpha="yuva420p",
        audio_copied=frozenset({"opus", "vorbis"}),
        audio_encoder="libopus",
        subtitles_copied=frozenset({"webvtt"}),
        subtitles_as="webvtt",
    ),
    ".mov": replace(
        _MP4,
        container="mov",
        encoder="prores_aw",
        odd_encoder="prores_ks",
        options={"profile": "4", "vendor": "apl0"},
        opaque="yuv444p10le",
        alpha="yuva444p10le",
        audio_copied=frozenset({"aac", "mp3", "ac3", "alac", "pcm_s16le", "pcm_s24le"}),
    ),
}
"""By suffix: H.264 to show, VP9 and ProRes 4444 to keep the alpha."""

ANIMATIONS = {
    ".gif": Codec(container="gif", encoder="gif", opaque=PALETTE, alpha=PALETTE, shortest_s=0.02, tagged=False),
    ".webp": Codec(
        container="webp",
        encoder="libwebp_anim",
        options={"quality": "85", "compression_level": "3"},
        container_options={"loop": "0"},
        opaque="bgra",
        alpha="bgra",
        tagged=False,
    ),
}
"""By suffix: animated images, which play without end and without sound. Browsers slow down a GIF of more than 50 frames
per second. They are finished only at the end, so no live recording is one."""

FRAMES_ALONE = Codec(container="", encoder="png", opaque="bgr24", alpha="bgra", tagged=False)
"""A folder of images, which holds nothing else."""


def codec_of(path: Path) -> Codec:
    """Return the codec for the suffix of ``path``.

    Raises:
        SinkError: no video is written with this suffix.
    """
    known = CODECS | ANIMATIONS
    if (codec := known.get(path.suffix.lower())) is None:
        kinds = ", ".join(known)
        raise SinkError(
            f"cannot write a video as {path.suffix or path.name!r}", cure=f"Name a file that ends in {kinds}"
        )
    return codec
