"""What comes with the frames of a clip goes into the video that is made of it, or is named: as ffprobe sees both."""

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from realtime.media.codecs import FRAMES_ALONE
from realtime.media.companions import Companions
from realtime.media.video_writer import VideoWriter
from tests.conftest import FFmpeg
from tests.realtime.media.footage import CARD

SOUND = ("-f", "lavfi", "-i", "sine=440:d=2", "-f", "lavfi", "-i", "sine=880:d=2")
LYRICS = "1\n00:00:00,200 --> 00:00:00,900\n<i>Hello</i>\n\n2\n00:00:01,000 --> 00:00:01,800\nTwo\nlines, äöü\n"
CHAPTERS = ";FFMETADATA1\n" + "".join(
    f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={end}\ntitle={title}\n"
    for start, end, title in ((0, 1000, "One"), (1000, 2000, "Two"))
)
FIRST = ("-metadata:s:a:0", "title=Desktop", "-metadata:s:a:0", "language=eng")
SECOND = ("-metadata:s:a:1", "title=Microphone", "-metadata:s:a:1", "language=deu")
TAGS = ("-metadata", "title=A talk", "-metadata", "date=2024-05-06", "-metadata", "copyright=me")
PLACE = ("-metadata", "location=+52.5-013.4/")
WRITTEN = [".mp4", ".mov", ".mkv", ".webm"]


@pytest.fixture
def talk(ffmpeg: FFmpeg, tmp_path: Path) -> Path:
    """Two seconds with two sound tracks, subtitles, chapters and tags."""
    lyrics, chapters, path = tmp_path / "talk.srt", tmp_path / "chapters.txt", tmp_path / "talk.mkv"
    lyrics.write_text(LYRICS, encoding="utf-8")
    chapters.write_text(CHAPTERS)
    ffmpeg(
        *("-f", "lavfi", "-i", CARD.replace("d=1", "d=2"), *SOUND, "-i", lyrics, "-i", chapters),
        *("-map", "0", "-map", "1", "-map", "2", "-map", "3", "-map_metadata", "4", "-map_chapters", "4"),
        *("-c:v", "libx264", "-c:a", "aac", "-ac", "2", "-c:s", "srt", "-metadata:s:s:0", "language=nld"),
        *(*FIRST, *SECOND, *TAGS, *PLACE),
        path,
    )
    return path


def write(source: Path, target: Path, frames: int = 50) -> VideoWriter:
    writer = VideoWriter(target, width_px=64, height_px=48, fps=25, companions_of=source)
    for _ in range(frames):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.close()
    return writer


def streams(ffmpeg: FFmpeg, path: Path, kind: str) -> list[dict[str, object]]:
    entries = "stream=codec_name,start_time,channels:stream_tags=language,title,handler_name:stream_disposition=default"
    found = ffmpeg.probe(path, entries, "-select_streams", kind)["streams"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("suffix", WRITTEN)
def test_every_sound_track_is_kept_with_title_and_language(
    ffmpeg: FFmpeg, talk: Path, tmp_path: Path, suffix: str
) -> None:
    writer = write(talk, tmp_path / f"out{suffix}")
    tracks = [track["tags"] for track in streams(ffmpeg, writer.path, "a")]
    key = "handler_name" if suffix in (".mp4", ".mov") else "title"
    assert [track[key] for track in tracks] == ["Desktop", "Microphone"]  # type: ignore[index]
    german = "ger" if suffix == ".mov" else "deu"
    assert [track["language"] for track in tracks] == ["eng", german]  # type: ignore[index]
    assert writer.left_out == ("the place where it was filmed",)
    for number, pitch_hz in enumerate((440, 880)):
        raw = ffmpeg("-i", writer.path, "-map", f"0:a:{number}", "-ac", "1", "-ar", "8000", "-f", "f32le", "-")
        wave = np.frombuffer(raw, np.float32)
        assert len(wave) / 8000 == pytest.approx(2, abs=0.1)
        assert np.abs(np.fft.rfft(wave)).argmax() * 8000 / len(wave) == pytest.approx(pitch_hz, abs=2)


@pytest.mark.parametrize("suffix", WRITTEN)
def test_subtitles_keep_their_words_times_and_language(ffmpeg: FFmpeg, talk: Path, tmp_path: Path, suffix: str) -> None:
    writer = write(talk, tmp_path / f"out{suffix}")
    (track,) = streams(ffmpeg, writer.path, "s")
    assert track["tags"]["language"] == ("dut" if suffix == ".mov" else "nld")  # type: ignore[index]
    shown = ffmpeg("-i", writer.path, "-map", "0:s", "-f", "srt", "-").decode().replace("\r", "")
    shown = shown.replace("<i>", "").replace("</i>", "")
    first, second = shown.strip().split("\n\n")
    assert first.split("\n")[2:] == ["Hello"]
    assert second.split("\n")[2:] == ["Two", "lines, äöü"]
    for text, begins_s, ends_s in ((first, 0.2, 0.9), (second, 1.0, 1.8)):
        times = [float(part.strip()[6:].replace(",", ".")) for part in text.split("\n")[1].split("-->")]
        assert times == pytest.approx([begins_s, ends_s], abs=0.04)


@pytest.mark.parametrize("suffix", WRITTEN)
def test_chapters_title_and_date_are_kept_and_the_place_is_not(
    ffmpeg: FFmpeg, talk: Path, tmp_path: Path, suffix: str
) -> None:
    writer = write(talk, tmp_path / f"out{suffix}")
    chapters = ffmpeg.probe(writer.path, "chapter=start_time,end_time:chapter_tags=title")["chapters"]
    assert [chapter["tags"]["title"] for chapter in chapters] == ["One", "Two"]
    assert [float(chapter["start_time"]) for chapter in chapters] == pytest.approx([0, 1], abs=0.04)
    tags = {name.lower(): value for name, value in ffmpeg.probe(writer.path, "format_tags")["format"]["tags"].items()}
    assert (tags["title"], tags["date"], tags["copyright"]) == ("A talk", "2024-05-06", "me")
    assert not [name for name in tags if "location" in name]


def test_what_cannot_be_kept_is_named(ffmpeg: FFmpeg, talk: Path, tmp_path: Path) -> None:
    cover, font, path = tmp_path / "cover.png", tmp_path / "letters.ttf", tmp_path / "all.mkv"
    ffmpeg("-f", "lavfi", "-i", CARD, "-frames:v", "1", cover)
    font.write_bytes(b"not really a font")
    ffmpeg(
        *("-i", talk, "-f", "lavfi", "-i", CARD, "-map", "0", "-map", "1", "-c", "copy", "-c:v:1", "mpeg4"),
        *(
            "-attach",
            font,
            "-metadata:s:t:0",
            "mimetype=font/ttf",
            "-attach",
            cover,
            "-metadata:s:t:1",
            "mimetype=image/png",
            path,
        ),
    )
    assert write(path, tmp_path / "out.mp4").left_out == (
        "video track 5 (mpeg4)",
        'attachment 6 "letters.ttf"',
        "the cover image",
        "the place where it was filmed",
    )
    alone = Companions(path, None, FRAMES_ALONE).left_out
    assert alone[:3] == ['sound track 2 "Desktop" (aac)', 'sound track 3 "Microphone" (aac)', "subtitles 4 (subrip)"]
    assert alone[-5:] == ["2 chapters", "copyright", "date", "title", "the place where it was filmed"]


def test_data_tracks_are_counted(ffmpeg: FFmpeg, tmp_path: Path) -> None:
    path = tmp_path / "camera.mov"
    ffmpeg("-f", "lavfi", "-i", CARD, "-c:v", "libx264", "-timecode", "01:00:00:00", path)
    assert write(path, tmp_path / "out.mov", 25).left_out == ("1 data track",)


def test_the_track_of_the_chapters_of_an_mp4_is_no_data(ffmpeg: FFmpeg, talk: Path, tmp_path: Path) -> None:
    path = tmp_path / "talk.mp4"
    ffmpeg("-i", talk, "-map", "0", "-c", "copy", "-c:s", "mov_text", "-map_metadata:g", "-1", path)
    with av.open(path) as container:
        assert [stream.type for stream in container.streams][-1] == "data"
    assert write(path, tmp_path / "out.mp4").left_out == ()


def test_more_channels_than_two_are_kept_or_said(ffmpeg: FFmpeg, tmp_path: Path) -> None:
    path = tmp_path / "cinema.mkv"
    ffmpeg(
        *("-f", "lavfi", "-i", CARD, "-f", "lavfi", "-i", "sine=440:d=1", "-c:v", "libx264"),
        *("-c:a", "ac3", "-ac", "6", path),
    )
    for suffix, channels, left_out in (
        (".mkv", 6, ()),
        (".mp4", 6, ()),
        (".webm", 2, ("the channels of sound track 2 (ac3) beyond two",)),
    ):
        writer = write(path, tmp_path / f"out{suffix}", 25)
        assert [track["channels"] for track in streams(ffmpeg, writer.path, "a")] == [channels]
        assert writer.left_out == left_out


@pytest.mark.parametrize("suffix", WRITTEN)
@pytest.mark.parametrize("sound", ["aac", "mp2", "libmp3lame", "ac3"])
def test_the_sound_of_a_broadcast_is_kept(ffmpeg: FFmpeg, tmp_path: Path, suffix: str, sound: str) -> None:
    """Its AAC has a header in each packet, which other files must not have."""
    path = tmp_path / "broadcast.ts"
    ffmpeg(*("-f", "lavfi", "-i", CARD, "-f", "lavfi", "-i", "sine=440:d=1", "-c:v", "libx264", "-c:a", sound, path))
    writer = write(path, tmp_path / f"out{suffix}", 25)
    wave = np.frombuffer(ffmpeg("-i", writer.path, "-ac", "1", "-ar", "8000", "-f", "f32le", "-"), np.float32)
    assert len(wave) / 8000 == pytest.approx(1, abs=0.1)
    assert np.abs(np.fft.rfft(wave)).argmax() * 8000 / len(wave) == pytest.approx(440, abs=2)


@pytest.mark.parametrize("suffix", WRITTEN)
def test_a_sound_track_that_is_announced_but_never_sent_is_left_out(
    ffmpeg: FFmpeg, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / "broadcast.ts"
    ffmpeg(*("-f", "lavfi", "-i", CARD, "-f", "lavfi", "-i", "sine=440:d=1", "-c:v", "libx264", "-c:a", "mp2", path))
    data = path.read_bytes()
    packets = [data[at : at + 188] for at in range(0, len(data), 188)]
    path.write_bytes(b"".join(packet for packet in packets if (packet[1] & 0x1F) << 8 | packet[2] != 0x101))
    writer = write(path, tmp_path / f"out{suffix}", 25)
    assert not streams(ffmpeg, writer.path, "a")
    assert len(writer.left_out) == 1
    assert writer.left_out[0].startswith("sound track 2")


def test_sound_whose_times_do_not_grow_does_not_fail_the_clip(ffmpeg: FFmpeg, tmp_path: Path) -> None:
    plain, path = tmp_path / "plain.mkv", tmp_path / "stuck.mkv"
    ffmpeg(*("-f", "lavfi", "-i", CARD, "-f", "lavfi", "-i", "sine=440:d=1", "-c:v", "libx264", "-c:a", "aac", plain))
    with av.open(plain) as source, av.open(path, "w") as target:
        copies = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is not None:
                if packet.stream.type == "audio" and packet.pts > 500:
                    packet.pts = packet.dts = 500
                packet.stream = copies[packet.stream.index]
                target.mux(packet)
    writer = write(path, tmp_path / "out.mp4", 25)
    (track,) = ffmpeg.probe(writer.path, "stream=nb_frames", "-select_streams", "a")["streams"]
    assert int(track["nb_frames"]) == pytest.approx(24, abs=3), "half a second, packets of 21 ms"


@pytest.mark.parametrize("suffix", WRITTEN)
def test_mp3_is_not_encoded_again_where_the_container_takes_it(ffmpeg: FFmpeg, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "clip.avi"
    ffmpeg(
        *("-f", "lavfi", "-i", CARD, "-f", "lavfi", "-i", "sine=440:d=1", "-c:v", "mpeg4", "-c:a", "libmp3lame", path)
    )
    (track,) = streams(ffmpeg, write(path, tmp_path / f"out{suffix}", 25).path, "a")
    assert track["codec_name"] == ("opus" if suffix == ".webm" else "mp3")


STYLED = r"""[Script Info]
ScriptType: v4.00+
[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Bold
Style: Default,Arial,20,&H00FFFFFF,0
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.20,0:00:00.80,Default,,0,0,0,,{\b1\pos(10,10)}Big{\b0} words\Nbelow
"""


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".mkv"])
def test_styled_subtitles_keep_their_words(ffmpeg: FFmpeg, tmp_path: Path, suffix: str) -> None:
    styled, path = tmp_path / "a.ass", tmp_path / "clip.mkv"
    styled.write_text(STYLED)
    ffmpeg("-f", "lavfi", "-i", CARD, "-i", styled, "-c:v", "libx264", "-c:s", "ass", path)
    writer = write(path, tmp_path / f"out{suffix}", 25)
    (track,) = streams(ffmpeg, writer.path, "s")
    assert track["codec_name"] == {".mp4": "mov_text", ".webm": "webvtt", ".mkv": "ass"}[suffix]
    shown = ffmpeg("-i", writer.path, "-map", "0:s", "-f", "srt", "-").decode().replace("\r", "")
    assert "words\nbelow" in shown
    assert ("{" in shown) is (suffix == ".mkv"), "only Matroska keeps the styles"


def test_the_other_tracks_of_a_moving_avif_are_no_companions(tmp_path: Path) -> None:
    """FFmpeg shows its alpha and its still image as tracks."""
    first, second = (Image.new("RGBA", (32, 32), (200, 0, 0, alpha)) for alpha in (255, 90))
    first.save(tmp_path / "a.avif", save_all=True, append_images=[second], duration=100)
    assert [name for name in Companions(tmp_path / "a.avif", None, FRAMES_ALONE).left_out if "track" in name] == []
