"""Capture: where frames come from.

``open_source`` opens the source that the user names. It imports the libraries of a source only when it opens one.
"""

import difflib
import os

from models.files import named
from models.shown import shown
from realtime.capture.source import Source
from realtime.errors import SourceError
from realtime.settings.schema import CameraSettings

# Set before cv2 is imported. Otherwise Media Foundation (Windows) takes 12 s to open a camera, and V4L2 (Linux) blocks
# for 10 s in a read from a suspended camera.
os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")

_NAMES = ("camera", "pipewire", "screen", "sample", "sample:rendered", "sample:portrait")


def open_source(spec: str, camera: CameraSettings, *, paced: bool = True) -> Source:
    """Open the source that ``spec`` names.

    Args:
        spec: ``camera``, ``pipewire[:NODE]``, ``screen[:N]``, ``sample``, ``sample:rendered``, ``sample:portrait``, a
            video, an image, a folder of images, or the URL of a stream.
        camera: which camera to open and how. PipeWire and samples use its size and frame rate; images and the screen
            its rate; RTSP streams its transport. Frames are not turned here.
        paced: play files and samples at their frame rate, live, like a camera; otherwise as fast as they are read.

    Raises:
        SourceError: no source has this name, or it cannot be opened.
        MissingExtra: the portrait needs scikit-image, or the screen needs mss or jeepney, and it is not installed.
    """
    kind, _, subject = spec.partition(":")
    if spec == "camera":
        from realtime.capture.camera import Camera

        return Camera(camera)
    if kind == "pipewire":
        from realtime.capture.pipewire import PipeWireSource

        return PipeWireSource(subject, camera)
    if kind == "sample":
        from realtime.capture.sample_clip import open_sample

        return open_sample(subject, camera, paced=paced)
    if kind == "screen":
        from realtime.capture.screen_source import open_screen

        return open_screen(spec, camera.fps)
    if "://" in spec:
        from realtime.capture.file import open_video

        return open_video(spec, paced=paced, transport=camera.transport)
    return _open_path(spec, camera, paced=paced)


def _open_path(spec: str, camera: CameraSettings, *, paced: bool) -> Source:
    path = named(spec)
    if not spec or not (os.path.exists(path) or path.suffix or len(path.parts) > 1):
        near = difflib.get_close_matches(spec, _NAMES, n=1)
        raise SourceError(
            f"there is no source {shown(spec)}",
            cure=f"{f'Did you mean {near[0]}? ' if near else ''}Choose {', '.join(_NAMES)}, "
            "a video, an image, a folder of images or the URL of a stream",
        )
    from realtime.capture.file import open_folder, open_picture, open_video
    from realtime.media.image_formats import PICTURE_SUFFIXES

    if os.path.isdir(path):
        return open_folder(path, fps=camera.fps, paced=paced)
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return open_picture(path, fps=camera.fps, paced=paced)
    return open_video(path, paced=paced)
