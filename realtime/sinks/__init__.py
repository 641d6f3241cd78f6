"""Sinks: virtual camera, PipeWire camera, preview window, overlay, NDI, streams, video files, image folders.

``open_sink`` opens the sink that the user names. It imports the libraries of a sink only when it opens one.
"""

import os
import re
import sys

from models.files import named
from models.shown import shown
from realtime.errors import SinkError
from realtime.media.codecs import CODECS
from realtime.sinks.base import DEFAULT_NAME, Sink
from realtime.sinks.null import Null, Overlay
from realtime.sinks.streaming.destination import USAGE, destination, is_destination, outline
from realtime.sinks.threaded import Threaded

DEFAULT_FPS = 30.0
"""Frame rate for sources without one, like a single image."""

_SERVER = re.compile(r"[\w-]+(\.[\w-]+)+(:\d+)?/[^/]+/|\w+//")
"""The beginning of an address of a server whose scheme is missing or broken."""


def open_sink(spec: str, *, width_px: int, height_px: int, fps: float, live: bool = False) -> Sink:
    """Open the sink that ``spec`` names.

    Args:
        spec: ``virtual-camera[:DEVICE]``, ``pipewire[:NAME]``, ``preview``, ``overlay``, ``ndi[:NAME]``, ``null``, the
            URL of a server (``rtmp://``, ``rtmps://``, ``srt://``, ``rtsp://``, ``whip:https://``), a video file by
            its suffix, or a folder/.
        width_px: width of the composites; sinks of a fixed size keep it.
        height_px: height of the composites.
        fps: nominal frame rate of the composites; 0 if they have none.
        live: True if composites may be dropped; sinks that encode then run in a separate thread.

    Raises:
        SinkError: no sink has this name, or it cannot be opened.
        MissingExtra: ``spec`` names NDI or WHIP, and its package is not installed.
    """
    fps = fps or DEFAULT_FPS
    kind, _, device = spec.partition(":")
    if kind == "pipewire":
        from realtime.sinks.pipewire import PipeWireCamera

        return PipeWireCamera(device or DEFAULT_NAME, width_px=width_px, height_px=height_px, fps=fps)
    if spec == "virtual-camera" and sys.platform == "linux":
        from realtime.sinks.every_camera import open_every_camera

        return open_every_camera(width_px=width_px, height_px=height_px, fps=fps)
    if kind == "virtual-camera":
        from realtime.sinks.virtual_camera import VirtualCamera

        return VirtualCamera(device or None, width_px=width_px, height_px=height_px, fps=fps)
    if spec == "preview":
        from realtime.sinks.preview import Preview

        return Preview()
    if spec == "overlay":
        return Overlay()
    if kind == "ndi":
        from realtime.sinks.ndi import Ndi

        return Ndi(device or DEFAULT_NAME, width_px=width_px, height_px=height_px, fps=fps)
    if spec == "null":
        return Null()
    if is_destination(spec):
        from realtime.sinks.streaming.stream import Stream

        return Stream(destination(spec), width_px=width_px, height_px=height_px, fps=fps)
    path = named(spec)
    if spec.endswith(("/", os.sep)) or (spec and os.path.isdir(path)):
        from realtime.sinks.image_folder import ImageFolder

        slow: Sink = ImageFolder(path)
    elif path.suffix.lower() in CODECS:
        from realtime.sinks.recorder import Recorder

        slow = Recorder(path, width_px=width_px, height_px=height_px, fps=fps)
    else:
        raise SinkError(
            f"there is no sink {shown(outline(spec) if _SERVER.match(spec) else spec)}",
            cure="Choose virtual-camera[:DEVICE], pipewire[:NAME], preview, overlay, ndi[:NAME], null, "
            f"{USAGE}, a file that ends in {', '.join(CODECS)}, or a folder/",
        )
    return Threaded(slow) if live else slow
