"""docs/formats.md says what the code does: every list in it is the list of the code."""

import re
from pathlib import Path

import pytest

from realtime.capture.file import STREAMS
from realtime.media.codecs import ANIMATIONS, CODECS
from realtime.media.image_decoding import LARGE_PX, LARGEST_PX
from realtime.media.image_formats import FORMATS, IMAGE_SUFFIXES
from realtime.media.large_image import LONGEST_PX
from realtime.media.tone_map import LINEAR_UP_TO, WHITE_NITS
from realtime.media.video_pixels import HD_FROM_PX
from realtime.offline.video import CLIPS
from realtime.offline.video_outputs import ENDINGS
from realtime.scene.choices import CLIP_SUFFIXES

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "formats.md").read_text(encoding="utf-8")

SOUND = {
    "AAC": "aac",
    "MP3": "mp3",
    "AC-3": "ac3",
    "E-AC-3": "eac3",
    "ALAC": "alac",
    "Opus": "opus",
    "Vorbis": "vorbis",
} | {
    "FLAC": "flac",
    "PCM": "pcm_s16le",
}
"""The names of the page, and FFmpeg's."""

ENCODERS = {"H.264": "libx264", "VP9": "libvpx-vp9", "ProRes 4444": "prores_aw", "GIF, 256 colours": "gif"} | {
    "animated WebP": "libwebp_anim"
}


def section(title: str) -> str:
    """The text below a title."""
    return re.split(r"^## ", PAGE.partition(f"\n## {title}\n")[2], flags=re.M)[0]


def words(text: str, pattern: str = r"`(\.?[a-z0-9]+)`") -> list[str]:
    return re.findall(pattern, text)


def rows(title: str) -> list[list[str]]:
    """The cells of the table of a section, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize(
    ("title", "listed"),
    [
        ("Clips that are read", CLIPS.suffixes),
        ("Backgrounds folder", CLIP_SUFFIXES),
        ("Streams", STREAMS),
    ],
)
def test_a_list_is_that_of_the_code(title: str, listed: frozenset[str]) -> None:
    line = next(line for line in section(title).splitlines() if re.fullmatch(r"(`\.?[a-z0-9]+` ?){5,}", line))
    assert words(line) == sorted(listed)


def test_every_image_that_is_read_is_in_the_table_once() -> None:
    suffixes = [suffix for row in rows("Images that are read") for suffix in words(row[1])]
    assert len(suffixes) == len(set(suffixes))
    missing = {"WEBP": ".webp", "AVIF": ".avif", "JPEG2000": (".jp2", ".j2k", ".jpx", ".jpf")}
    without = {
        suffix
        for kind, own in missing.items()
        if kind not in FORMATS
        for suffix in ([own] if isinstance(own, str) else own)
    }
    assert set(suffixes) - without == IMAGE_SUFFIXES


def test_every_clip_that_is_written_is_in_the_table_with_its_codec_alpha_and_sound() -> None:
    codecs = CODECS | ANIMATIONS
    table = {words(row[0])[0]: row for row in rows("Clips that are written")}
    assert table.keys() == codecs.keys()
    for suffix, (_, codec, alpha, copied, becomes, subtitles) in table.items():
        of_code = codecs[suffix]
        assert ENCODERS[codec] == of_code.encoder
        assert (alpha == "no") == (of_code.alpha is None)
        named = {SOUND[word] for word in copied.split(", ")} if copied != "none" else set()
        assert named == {name for name in of_code.audio_copied if name != "pcm_s24le"}
        assert {"AAC": "aac", "Opus": "libopus", "": None}[becomes] == of_code.audio_encoder
        assert (subtitles == "none") == (of_code.subtitles_as is None)


def test_live_recordings_are_those_that_the_page_names() -> None:
    sentence = next(
        line for line in section("Clips that are written").splitlines() if line.startswith("Live recordings")
    )
    assert words(sentence) == list(CODECS)
    assert f"--alpha {'|'.join(filter(None, ENDINGS))}" in PAGE


def test_the_limits_are_those_of_the_code() -> None:
    text = section("Images that are read")
    assert f"more than {LARGE_PX // 1_000_000} megapixels" in text
    assert f"limit is {LARGEST_PX // 1_000_000} megapixels" in text
    assert f"{LONGEST_PX:,} px" in text
    text = section("Colour")
    assert f"takes BT.709 from {HD_FROM_PX} rows" in text
    assert f"linear up to {100 * LINEAR_UP_TO:.0f} % of white\n  ({WHITE_NITS:.0f} cd/m²)" in text
