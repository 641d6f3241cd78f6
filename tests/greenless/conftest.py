"""A drawn person, and how an image becomes bytes."""

from io import BytesIO

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from realtime.capture.sample_clip import labelled

Array = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def truth() -> tuple[Array, npt.NDArray[np.float32]]:
    """A drawn person, RGB, and the exact matte."""
    pixels, alpha = next(labelled("persons"))
    return np.ascontiguousarray(pixels[..., ::-1]), alpha


@pytest.fixture(scope="module")
def person(truth: tuple[Array, npt.NDArray[np.float32]]) -> Array:
    return truth[0]


def encoded(pixels: Array) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
