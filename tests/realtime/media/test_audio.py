import re
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

import av
import numpy as np
import pytest

from realtime.media.video_writer import VideoWriter
from tests.conftest import FFmpeg

FPS = 30
FLASH_S = 1.0
"""When the sources below show white and begin to sound."""

SOURCES = {  # suffix and audio codec: rate in Hz, layout
    ("mp4", "libx264", "aac"): (44_100, "stereo"),
    ("webm", "libvpx-vp9", "libopus"): (48_000, "stereo"),
    ("mkv", "libx264", "pcm_s16le"): (22_050, "mono"),
    ("mkv", "libx264", "flac"): (48_000, "5.1"),
}
KEPT = {  # which of them come through as they are
    ".mp4": {"aac"},
    ".mkv": {"aac", "opus", "pcm_s16le", "flac"},
    ".webm": {"opus"},
    ".mov": {"aac", "pcm_s16le"},
}


def write_source(path: Path, video: str, audio: str, rate: int, layout: str, *, late_s: int = 0) -> Path:
    """Two seconds, black and silent but for a flash and a tone that begin together; all of it may begin late."""
    with av.open(str(path), "w") as container:
        pictures = container.add_stream(video, rate=FPS, width=64, height=48)
        sound = container.add_stream(audio, rate=rate)
        sound.layout = layout
        for index in range(2 * FPS):
            white = FLASH_S <= index / FPS < FLASH_S + 0.1
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 255 if white else 0, np.uint8), "bgr24")
            frame.pts, frame.time_base = index + late_s * FPS, Fraction(1, FPS)
            container.mux(pictures.encode(frame))
        container.mux(pictures.encode(None))
        wave = np.zeros((len(sound.layout.channels), 2 * rate), np.float32)
        wave[:, round(FLASH_S * rate) :] = 0.8 * np.sin(np.arange(2 * rate - round(FLASH_S * rate)) * 0.3)
        whole = av.AudioFrame.from_ndarray(wave, "fltp", layout)
        whole.sample_rate, whole.pts, whole.time_base = rate, late_s * rate, Fraction(1, rate)
        encoder = sound.codec_context
        resampler = av.AudioResampler(encoder.format, encoder.layout, rate, encoder.frame_size or 1024)
        for frame in (*resampler.resample(whole), *resampler.resample(None)):
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


def copy_with_audio(source: Path, target: Path, seconds: float = 2.0) -> Path:
    writer = VideoWriter(target, width_px=64, height_px=48, fps=FPS, companions_of=source)
    for index in range(round(seconds * FPS)):
        writer.write(np.full((48, 64, 3), 255 if FLASH_S <= index / FPS < FLASH_S + 0.1 else 0, np.uint8))
    writer.close()
    return target


def flash_s(path: Path) -> float:
    with av.open(str(path)) as container:
        return next(frame.time for frame in container.decode(video=0) if frame.to_ndarray(format="gray").mean() > 128)


def tone_s(path: Path) -> float:
    """When the tone begins."""
    with av.open(str(path)) as container:
        to_float = av.AudioResampler("flt", "mono")
        for frame in container.decode(audio=0):
            for plain in to_float.resample(frame):
                loud = np.flatnonzero(np.abs(plain.to_ndarray()[0]) > 0.2)
                if len(loud):
                    return plain.time + loud[0] / plain.sample_rate
    raise AssertionError("there is no tone")


@pytest.mark.parametrize("suffix", KEPT)
@pytest.mark.parametrize("kind", SOURCES, ids=lambda kind: kind[2])
def test_the_sound_stays_with_the_picture_copied_where_the_container_holds_it(
    tmp_path: Path, suffix: str, kind: tuple[str, str, str]
) -> None:
    source = write_source(tmp_path / f"source.{kind[0]}", *kind[1:], *SOURCES[kind])
    target = copy_with_audio(source, tmp_path / f"film{suffix}")
    assert tone_s(target) - flash_s(target) == pytest.approx(0, abs=0.01)
    with av.open(str(source)) as before, av.open(str(target)) as after:
        old, new = before.streams.audio[0].codec_context, after.streams.audio[0].codec_context
        if old.name in KEPT[suffix]:
            assert (new.name, new.sample_rate, new.layout.nb_channels) == (
                old.name,
                old.sample_rate,
                old.layout.nb_channels,
            )
            data = [bytes(packet) for packet in after.demux(audio=0) if packet.size]
            assert data == [bytes(packet) for packet in before.demux(audio=0) if packet.size][: len(data)]
        else:
            assert new.name == ("opus" if suffix == ".webm" else "aac")


@pytest.mark.parametrize("suffix", KEPT)
def test_a_source_whose_clock_does_not_begin_at_zero_stays_in_step(tmp_path: Path, suffix: str) -> None:
    source = write_source(tmp_path / "late.mkv", "libx264", "aac", 44_100, "stereo", late_s=5)
    target = copy_with_audio(source, tmp_path / f"film{suffix}")
    assert flash_s(target) == pytest.approx(FLASH_S, abs=0.03)
    assert tone_s(target) - flash_s(target) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("suffix", KEPT)
def test_the_sound_ends_with_the_picture(tmp_path: Path, suffix: str) -> None:
    source = write_source(tmp_path / "source.mp4", "libx264", "aac", 44_100, "stereo")
    target = copy_with_audio(source, tmp_path / f"film{suffix}", seconds=1.2)
    with av.open(str(target)) as container:
        assert container.duration / av.time_base == pytest.approx(1.2, abs=0.08)


def test_a_source_without_sound_gives_a_silent_film(tmp_path: Path) -> None:
    silent = copy_with_audio(tmp_path / "nowhere.mp4", tmp_path / "silent.mp4")
    film = copy_with_audio(silent, tmp_path / "film.mp4")
    with av.open(str(film)) as container:
        assert not container.streams.audio
        assert sum(1 for _ in container.decode(video=0)) == 2 * FPS


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_sound_that_breaks_off_does_not_spoil_the_film(tmp_path: Path, suffix: str) -> None:
    source = write_source(tmp_path / "source.mkv", "libx264", "aac", 44_100, "stereo")
    content = bytearray(source.read_bytes())
    content[len(content) // 3 :] = bytes(len(content) - len(content) // 3)
    source.write_bytes(content)
    film = copy_with_audio(source, tmp_path / f"film{suffix}")
    with av.open(str(film)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 2 * FPS


CUES = "1\n00:00:00,900 --> 00:00:01,100\nOne\n\n2\n00:00:01,100 --> 00:00:01,600\nTwo\n"


def cues_s(ffmpeg: FFmpeg, path: Path) -> list[float]:
    """When the texts begin, for ffprobe. The empty ones of an MP4 have two bytes."""
    packets = ffmpeg.probe(path, "packet=pts_time,size", "-select_streams", "s")["packets"]
    return [float(packet["pts_time"]) for packet in packets if int(packet["size"]) > 2]


def video_s(ffmpeg: FFmpeg, path: Path) -> float:
    """When the video begins, for ffprobe."""
    (video,) = ffmpeg.probe(path, "stream=start_time", "-select_streams", "v")["streams"]
    return float(video["start_time"])


@pytest.mark.parametrize("suffix", KEPT)
@pytest.mark.parametrize("cut", ["edit list", "late video", "long packets"])
def test_what_comes_before_the_first_frame_is_cut_and_the_rest_stays_in_step(
    ffmpeg: FFmpeg, tmp_path: Path, suffix: str, cut: str
) -> None:
    """The video begins at 0.512 s of the sound, where its long packets end: 4096 samples at 8 kHz."""
    cues, whole, source, target = (tmp_path / name for name in ("a.srt", "a.mkv", "source.mkv", f"film{suffix}"))
    cues.write_text(CUES)
    card = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=3")
    tone = ("-f", "lavfi", "-i", "aevalsrc='if(lt(t,1),0,0.8*sin(2*PI*440*t))':s=8000:d=3", "-i", cues)
    kinds = ("-c:v", "libx264", "-c:s", "srt", "-c:a", *(("alac",) if cut == "long packets" else ("aac", "-ar", "48k")))
    if cut == "edit list":
        source = tmp_path / "source.mov"
        ffmpeg(*card, *tone, *kinds, whole)
        ffmpeg("-ss", "0.512", "-i", whole, "-c", "copy", "-c:s", "mov_text", source)
    else:
        ffmpeg("-itsoffset", "0.512", *card, *tone, *kinds, source)
    child = get_context("spawn").Process(target=copy_with_audio, args=(source, target))  # FFmpeg may abort it
    child.start()
    child.join()
    assert child.exitcode == 0
    first_s, zero_s = video_s(ffmpeg, source), video_s(ffmpeg, target)
    assert zero_s <= 0.08 + 0.022, "a lead-in of 80 ms, and a packet of AAC or Opus"
    assert tone_s(target) - zero_s == pytest.approx(tone_s(source) - first_s, abs=0.022)
    assert [at - zero_s for at in cues_s(ffmpeg, target)] == pytest.approx(
        [at - first_s for at in cues_s(ffmpeg, source)], abs=0.002
    )


@pytest.mark.parametrize("suffix", KEPT)
def test_every_subtitle_keeps_its_time_and_words(ffmpeg: FFmpeg, tmp_path: Path, suffix: str) -> None:
    """One text follows another without a pause, at every place in a fragment; one is longer than 2**31 microseconds."""
    cues, source, target = tmp_path / "a.srt", tmp_path / "source.mkv", tmp_path / f"film{suffix}"
    starts = [0.05 + 0.07 * index for index in range(26)]
    lines = [f"{n}\n{srt_time(at)} --> {srt_time(at + 0.07)}\nLine {n}\n" for n, at in enumerate(starts)]
    cues.write_text("\n".join([*lines, f"99\n{srt_time(1.9)} --> {srt_time(3000)}\nLine 99\n"]))
    tracks = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=2", "-f", "lavfi", "-i", "sine=d=2", "-i", cues)
    ffmpeg(*tracks, "-c:v", "libx264", "-c:a", "aac", "-c:s", "copy", source)
    child = get_context("spawn").Process(target=copy_with_audio, args=(source, target))
    child.start()
    child.join()
    assert child.exitcode == 0
    zero_s = video_s(ffmpeg, target)
    assert [at - zero_s for at in cues_s(ffmpeg, target)][:27] == pytest.approx([*starts, 1.9], abs=0.002)
    shown = ffmpeg("-i", target, "-map", "0:s", "-f", "srt", "-").decode()
    assert re.findall(r"Line \d+", shown)[:27] == [f"Line {n}" for n in (*range(26), 99)]


def srt_time(time_s: float) -> str:
    return f"00:{int(time_s) // 60:02}:{int(time_s) % 60:02},{round(time_s % 1 * 1000):03}"
