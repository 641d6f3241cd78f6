"""The outputs: virtual camera, preview window, overlay, NDI, video files, pictures.

Goes in: what a user calls a sink. Comes out: an open ``realtime.sinks.base.Sink``. What a sink needs is imported when
it is opened.
"""

import os

from models.files import named
from models.shown import shown
from realtime.errors import SinkError
from realtime.media.codecs import CODECS
from realtime.sinks.base import Sink

USUAL_FPS = 30.0
"""For sources that have no rate of their own, like a single picture."""


def open_sink(spec: str, *, width_px: int, height_px: int, fps: float, live: bool = False) -> Sink:
    """Open the sink that ``spec`` names.

    Args:
        spec: ``virtual-camera[:DEVICE]``, ``preview``, ``overlay``, ``ndi[:NAME]``, ``null``, a video file by its
            suffix, or a folder/.
        width_px: width of the composites that will come; sinks of a fixed size keep it.
        height_px: height of the composites that will come.
        fps: nominal rate of the composites; 0 where there is none.
        live: True where composites may be dropped: what encodes then works in a thread of its own.

    Raises:
        SinkError: no sink is called so, or it cannot be opened.
    """
    fps = fps or USUAL_FPS
    kind, _, device = spec.partition(":")
    if kind == "virtual-camera":
        from realtime.sinks.virtual_camera import VirtualCamera

        return VirtualCamera(device or None, width_px=width_px, height_px=height_px, fps=fps)
    if spec == "preview":
        from realtime.sinks.preview import Preview

        return Preview()
    if spec == "overlay":
        from realtime.sinks.overlay import Overlay

        return Overlay()
    if kind == "ndi":
        from realtime.sinks.ndi import USUAL_NAME, Ndi

        return Ndi(device or USUAL_NAME, width_px=width_px, height_px=height_px, fps=fps)
    if spec == "null":
        from realtime.sinks.null import Null

        return Null()
    path = named(spec)
    if spec.endswith(("/", os.sep)) or (spec and os.path.isdir(path)):
        from realtime.sinks.image_folder import ImageFolder

        pictures = ImageFolder(path)
        return _threaded(pictures) if live else pictures
    if path.suffix.lower() in CODECS:
        from realtime.sinks.recorder import Recorder

        recorder = Recorder(path, width_px=width_px, height_px=height_px, fps=fps)
        return _threaded(recorder) if live else recorder
    raise SinkError(
        f"no sink is called {shown(spec)}",
        cure="Choose virtual-camera[:DEVICE], preview, overlay, ndi[:NAME], null, "
        f"a file that ends in {', '.join(CODECS)}, or a folder/",
    )


def _threaded(sink: Sink) -> Sink:
    from realtime.sinks.threaded import Threaded

    return Threaded(sink)
