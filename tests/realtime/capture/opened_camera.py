"""Opens the camera as the settings name it."""

from typing import Any

from realtime.capture import open_source
from realtime.capture.source import Source
from realtime.settings.schema import CameraSettings

Fake = Any
"""The class that stands for ``cv2.VideoCapture``; see conftest."""


def opened(**asked: object) -> Source:
    return open_source("camera", CameraSettings(**asked))  # type: ignore[arg-type]
