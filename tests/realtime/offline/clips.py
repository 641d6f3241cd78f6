"""Writes clips whose frames tell their number, and reads what was made of them."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]


WIDTH_PX, HEIGHT_PX, FPS, COUNT = 64, 48, 10, 8


RATE_HZ, TONE_HZ = 48_000, 440


EVEN_S = tuple(i / FPS for i in range(COUNT))


def picture(index: int) -> Picture:
    """A person on the left, whose matte is 0.8 by their brightness, before a black room; a bar tells the index."""
    pixels = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    pixels[:, : WIDTH_PX // 2] = 204
    pixels[-10:] = 0
    pixels[-10:, : 8 * index] = 255
    return pixels


def index_of(grey: Picture) -> int:
    """Which ``picture`` this is, by its bar."""
    return round(float((grey[-5] > 127).sum()) / 8)


def write_clip(
    path: Path, *, times_s: Sequence[float] = EVEN_S, sound: str = "aac", start_s: float = 0, encoder: str = "libx264"
) -> Path:
    """A clip of ``picture`` at ``times_s``, with a tone beside it."""
    with av.open(path, "w") as container:
        video = container.add_stream(encoder, FPS, width=WIDTH_PX, height=HEIGHT_PX)
        video.pix_fmt, video.codec_context.time_base = (
            "yuvj420p" if encoder == "mjpeg" else "yuv420p",
            Fraction(1, 1000),
        )
        audio = container.add_stream(sound, RATE_HZ, layout="mono") if sound else None
        for index, time_s in enumerate(times_s):
            frame = av.VideoFrame.from_ndarray(picture(index), "bgr24").reformat(format=video.pix_fmt)
            frame.pts, frame.time_base = round((start_s + time_s) * 1000), Fraction(1, 1000)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            samples = np.arange(round(RATE_HZ * (times_s[-1] + 1 / FPS)))
            wave = 0.5 * np.sin(2 * np.pi * TONE_HZ * samples / RATE_HZ)
            tone = av.AudioFrame.from_ndarray(wave.astype(np.float32)[None], "fltp", "mono")
            tone.sample_rate, tone.pts, tone.time_base = RATE_HZ, round(start_s * RATE_HZ), Fraction(1, RATE_HZ)
            container.mux(audio.encode(tone))
            container.mux(audio.encode(None))
    return path


class Seen(NamedTuple):
    """What a player sees of a clip."""

    times_s: list[float]
    pictures: list[Picture]
    codec: str


def watch(path: Path, *, decoder: str | None = None, form: str = "bgra") -> Seen:
    with av.open(path) as container:
        stream = container.streams.video[0]
        packets = container.demux(stream)
        if decoder is None:
            frames = [frame for packet in packets for frame in packet.decode()]
        else:
            context = av.CodecContext.create(decoder, "r")
            frames = [frame for packet in packets for frame in context.decode(packet if packet.size else None)]
        times = [float(frame.pts * stream.time_base) for frame in frames]
        return Seen(times, [frame.to_ndarray(format=form) for frame in frames], stream.codec_context.name)


def listing(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def order_of(pictures: Sequence[Picture]) -> list[int]:
    return [index_of(pixels[..., 1]) for pixels in pictures]
