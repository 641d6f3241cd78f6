"""Bit rate, key frames and silence, before they are sent."""

import av
import numpy as np
import pytest

from realtime.sinks.streaming.encoding import H264, Silence, bit_rate
from realtime.sinks.streaming.publisher import Format


@pytest.mark.parametrize(
    ("width_px", "height_px", "fps", "bits_s"),
    [
        (1280, 720, 30, 2_760_000),  # YouTube recommends 3 to 8 Mbit/s, Twitch 3
        (1920, 1080, 30, 6_000_000),  # 6.2, but Twitch takes at most 6
        (640, 480, 30, 920_000),
        (64, 48, 30, 300_000),
    ],
)
def test_the_bit_rate_follows_the_size(width_px: int, height_px: int, fps: float, bits_s: int) -> None:
    assert bit_rate(width_px, height_px, fps) == bits_s


def encoder() -> H264:
    context = av.CodecContext.create("libx264", "w")
    return H264(context, Format(width_px=64, height_px=48, fps=30))  # type: ignore[arg-type]


def test_a_key_frame_comes_every_two_seconds_at_any_frame_rate() -> None:
    frame = np.full((72, 64), 128, np.uint8)
    for fps in (7, 30):  # 7: frames are dropped
        h264, keys = encoder(), []
        for index in range(5 * fps):
            [packet] = h264.encode(frame, index / fps)  # none waits in the encoder
            keys += [index / fps] * packet.is_keyframe
        assert keys == pytest.approx([0, 2, 4], abs=0.5 / fps)


def test_a_time_that_does_not_grow_is_moved() -> None:
    h264, frame = encoder(), np.full((72, 64), 128, np.uint8)
    times = [packet.pts for time_s in (0.0, 1.0, 1.0, 0.5, 2.0) for packet in h264.encode(frame, time_s)]
    assert times == [0, 90_000, 90_001, 90_002, 180_000]


def test_silence_covers_the_time_so_far() -> None:
    context = av.CodecContext.create("aac", "w")
    silence = Silence(context)  # type: ignore[arg-type]
    context.open()
    assert list(silence.until(0.0)) == []
    packets = list(silence.until(1.0))
    assert len(packets) >= 48_000 // 1024
    assert list(silence.until(1.0)) == []
