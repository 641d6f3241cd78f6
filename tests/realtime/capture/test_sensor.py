"""The noise of a sensor: the same for the same frame, and louder in the dark."""

import numpy as np

from realtime.capture.sensor import Sensor

GREY = np.full((40, 60, 3), 128, np.uint8)


def test_the_same_frame_has_the_same_noise_and_another_has_other() -> None:
    sensor = Sensor(60, 40)
    assert np.array_equal(sensor.see(GREY, 5), Sensor(60, 40).see(GREY, 5))
    assert not np.array_equal(sensor.see(GREY, 5), sensor.see(GREY, 6))


def test_the_dark_is_noisier_than_the_light() -> None:
    sensor = Sensor(60, 40, strength=3)
    dark, light = (sensor.see(np.full_like(GREY, level), 0).astype(float).std() for level in (60, 200))
    assert dark > 1.3 * light
